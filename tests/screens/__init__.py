"""Captures of the running program in real terminals."""
