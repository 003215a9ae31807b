"""Benchmarks: scripts that print medians; none is a timed test."""
