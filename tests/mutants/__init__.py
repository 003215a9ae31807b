"""Deliberate bugs: each patch says what is wrong then, and which scenario notices."""
