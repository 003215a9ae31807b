"""TinyDB on rows."""
