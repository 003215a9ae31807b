"""Load and faults: processes that are killed, a network that loses answers; scripts, and the tests that run them."""
