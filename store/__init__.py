"""Keeping: a TinyDB whose tables are rows."""
