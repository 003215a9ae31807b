"""The policy as code: what a message is and what may be done with it. No files, sockets, clock or event loop."""

__version__ = "0.1.0"
