"""The outside world: the three networks, the two loops, the clocks."""
