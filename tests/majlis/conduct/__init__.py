"""The conduct rules."""
