"""Everything a person at a terminal touches."""
