"""Whole answers: the techniques that can go live, as chains before simulated customers."""
