"""Places of the program: each turns keys into commands for the desk and shows what came of them."""
