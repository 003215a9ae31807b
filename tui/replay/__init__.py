"""A scenario played: the real program on a played world, and what came of it."""
