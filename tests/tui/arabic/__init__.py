"""Tests of the Arabic layout."""
