"""Tests of what a person at a terminal touches."""
