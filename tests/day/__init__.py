"""Whole days at high speed."""
