"""Whose messages are erased."""

from __future__ import annotations

from majlis.erasing import Person
from majlis.message import Author, Network


def test_whoever_has_no_handle_is_not_everybody_without_one() -> None:
    """An empty name is nobody's, on either side; erasing cannot be taken back."""
    maha = Person(network=Network.FACEBOOK, id="u1", handle="")

    assert maha.is_(Author(id="u1", handle=""))
    assert not maha.is_(Author(id="u2", handle=""))
    assert not Person(network=Network.X, id="", handle="maha").is_(Author(id="", handle="sara"))
