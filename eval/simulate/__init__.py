"""Simulated customers: who they are, how they talk, and whether they got what they came for."""
