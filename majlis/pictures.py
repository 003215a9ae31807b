"""Pictures that go out with a post: named by their bytes, and taken only in forms that every network takes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from .errors import NotAPicture, PictureTooBig

MOST_BYTES: Final = 5_000_000
"""X takes images up to 5 MB, the others more. Which megabyte is not said, so the smaller one. Source: API facts, 2."""

_BEGINNINGS: Final[dict[str, tuple[tuple[int, bytes], ...]]] = {
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/gif": ((0, b"GIF8"),),
    "image/webp": ((0, b"RIFF"), (8, b"WEBP")),
}
"""Media types, and what stands where in a file of that type. Source: the formats' own specifications."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a post; its bytes lie in the store."""

    digest: str
    """SHA-256 of the bytes, in hex: the name under which the store keeps them."""
    media_type: str
    """image/jpeg, image/png, image/gif or image/webp."""
    alt: str = ""
    """What it shows, for those who cannot see it."""


def media_type_of(data: bytes) -> str:
    """Return what a file is by its first bytes, whatever its name says.

    Raises:
        NotAPicture: Not a form that every network takes.
    """
    for media_type, marks in _BEGINNINGS.items():
        if all(data[at : at + len(mark)] == mark for at, mark in marks):
            return media_type
    raise NotAPicture


def digest_of(data: bytes, media_type: str) -> str:
    """Return the name of a picture that can be kept.

    Raises:
        PictureTooBig: More bytes than every network takes.
        NotAPicture: The bytes are not of that type.
    """
    if len(data) > MOST_BYTES:
        raise PictureTooBig(size_mb=f"{len(data) / 1e6:.1f}", most_mb=f"{MOST_BYTES / 1e6:.0f}")
    if media_type_of(data) != media_type:
        raise NotAPicture
    return hashlib.sha256(data).hexdigest()
