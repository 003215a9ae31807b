"""Runs inside a terminal: writes to it what comes through a socket, and says when the terminal has taken it in.

Run: `painter.py SOCKET`. Each request is a length in four bytes and so many bytes; each answer is one byte.
"""

import os
import socket
import struct
import sys
import termios
import tty

ASK, ANSWER = b"\x1b[5n", b"\x1b[0n"


def main(path: str) -> None:
    """Serve until the other side has gone."""
    tty.setraw(0, termios.TCSANOW)
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        while head := line.recv(4, socket.MSG_WAITALL):
            (length,) = struct.unpack(">I", head)
            data = line.recv(length, socket.MSG_WAITALL) + ASK
            while data:
                data = data[os.write(1, data) :]
            heard = b""
            while ANSWER not in heard:
                heard += os.read(0, 256)
            line.sendall(b"+")


if __name__ == "__main__":
    main(sys.argv[1])
