"""A screen of our own, and pictures of it cut into cells.

Xvfb keeps its frame buffer in a file, in the format of `xwd`; reading that file needs no other program.
"""

from __future__ import annotations

import os
import struct
import subprocess
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import ExitStack

PATIENCE_S = 30.0
STILL_S = 0.3
"""A picture that has not changed for so long is done; terminals draw 25 times a second or more."""

SHADE = 64
"""Of 255; VTE blends the edges of letters another way where it draws them in several pieces."""

_HEADER = struct.Struct(">25I")
_SIZE, _WIDTH, _HEIGHT, _BITS, _PITCH, _COLOURS = 0, 4, 5, 11, 12, 19  # fields of XWDFile.h
_COLOUR_BYTES = 12
_PIXEL = 4


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the cells of a terminal are, in pixels."""

    left: int
    top: int
    cell_width: int
    cell_height: int


@dataclass(frozen=True, slots=True)
class Picture:
    """What was on the screen."""

    width: int
    height: int
    rows: tuple[bytes, ...]
    """Four bytes a pixel."""

    def looks_like(self, other: Picture, grid: Grid, row: int, column: int) -> bool:
        """Tell whether a cell looks the same in another picture, to the eye: shades of grey may differ a little."""
        mine, theirs = self.cell(grid, row, column), other.cell(grid, row, column)
        return mine == theirs or all(abs(one - another) <= SHADE for one, another in zip(mine, theirs, strict=True))

    def cell(self, grid: Grid, row: int, column: int, columns: int = 1) -> bytes:
        """Return the pixels of a cell, or of several side by side."""
        left = (grid.left + column * grid.cell_width) * _PIXEL
        right = left + columns * grid.cell_width * _PIXEL
        top = grid.top + row * grid.cell_height
        return b"".join(line[left:right] for line in self.rows[top : top + grid.cell_height])

    def grid(self, columns: int, rows: int) -> Grid:
        """Measure the cells of a terminal of which the first and the last cell alone are filled, with one colour.

        A filled cell may leave out its last line of pixels, so the distance of the two is measured, not their size.
        """
        paper = self.rows[self.height // 2][self.width // 2 * _PIXEL :][:_PIXEL]
        inked = [(y, _inked(line, paper)) for y, line in enumerate(self.rows) if line != paper * self.width]
        (top, first), (bottom, last) = inked[0], inked[-1]
        first_bottom = max(y for y, columns_of in inked if columns_of == first)
        return Grid(
            left=first[0],
            top=top,
            cell_width=(last[1] - first[1]) // (columns - 1),
            cell_height=(bottom - first_bottom) // (rows - 1),
        )

    def write_png(self, path: Path, width: int | None = None, height: int | None = None) -> None:
        """Write the upper left part of the picture, or all of it."""
        width, height = width or self.width, height or self.height
        rgb = b"".join(
            b"\0" + b"".join(line[x + 2 : x - 1 if x else None : -1] for x in range(0, width * _PIXEL, _PIXEL))
            for line in self.rows[:height]
        )
        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rgb)), (b"IEND", b""))
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + b"".join(
                struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
                for name, data in chunks
            )
        )


def _inked(line: bytes, paper: bytes) -> tuple[int, int]:
    """Return the first and the last pixel of a line that is not paper."""
    places = [at // _PIXEL for at in range(0, len(line), _PIXEL) if line[at : at + _PIXEL] != paper]
    return places[0], places[-1]


class Display:
    """An X server without a screen; ends with the stack."""

    def __init__(self, stack: ExitStack, folder: Path, width: int, height: int) -> None:
        reading, writing = os.pipe()
        size = ["-screen", "0", f"{width}x{height}x24"]
        command = ["Xvfb", "-displayfd", str(writing), *size, "-nocursor", "-nolisten", "tcp", "-fbdir", str(folder)]
        process = stack.enter_context(
            subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        stack.callback(process.terminate)
        os.close(writing)
        with os.fdopen(reading, encoding="ascii") as told:
            number = told.readline().strip()
        assert number, "Xvfb does not start"
        self.name = f":{number}"
        self._file = folder / "Xvfb_screen0"

    def picture(self) -> Picture:
        """Return what is on the screen now."""
        return _read(self._file.read_bytes())

    def still(self) -> Picture:
        """Wait until nothing has moved for a moment; return the picture.

        Raises:
            AssertionError: It goes on moving.
        """
        end = time.monotonic() + PATIENCE_S
        before, since = self._file.read_bytes(), time.monotonic()
        while time.monotonic() - since < STILL_S:
            assert time.monotonic() < end, "the picture does not stand still"
            time.sleep(0.05)
            now = self._file.read_bytes()
            if now != before:
                before, since = now, time.monotonic()
        return _read(before)


def _read(data: bytes) -> Picture:
    """Read a picture in the format of `xwd`, and blank the byte of each pixel that is no colour."""
    header = _HEADER.unpack_from(data)
    width, height, pitch = header[_WIDTH], header[_HEIGHT], header[_PITCH]
    assert header[_BITS] == 8 * _PIXEL
    start = header[_SIZE] + header[_COLOURS] * _COLOUR_BYTES
    pixels = bytearray(data[start : start + height * pitch])
    pixels[3::_PIXEL] = bytes(len(pixels) // _PIXEL)
    rows = (bytes(pixels[y * pitch : y * pitch + width * _PIXEL]) for y in range(height))
    return Picture(width, height, tuple(rows))
