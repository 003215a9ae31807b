"""What is a picture that every network takes."""

from __future__ import annotations

import pytest

from majlis.errors import NotAPicture
from majlis.pictures import media_type_of


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b"GIF89a\x01", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(data: bytes, media_type: str) -> None:
    """A file's name may say anything."""
    assert media_type_of(data) == media_type


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"BM\x36", b"RIFF\x24\0\0\0WAVEfmt ", b"%PDF-1.7", b"<svg>"])
def test_what_not_every_network_takes_is_no_picture(data: bytes) -> None:
    """Refused before it is kept, so that no post waits with something that cannot go out."""
    with pytest.raises(NotAPicture):
        media_type_of(data)
