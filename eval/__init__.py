"""Evaluation: reports, simulation, comparison and benchmarks."""
