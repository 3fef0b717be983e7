"""Checks by simulation that the statistics keep what they promise: coverage, false alarms, power, corrected rates."""
