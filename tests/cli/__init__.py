"""The command line, verb by verb, in this process and as a process of its own."""
