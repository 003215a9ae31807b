"""Where words lie that the store could not take: files of this machine, of this person alone, until it can."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from majlis.commands import WritePost
from majlis.ports import Draft

if TYPE_CHECKING:
    from pathlib import Path

_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


Kept = TypeVar("Kept", "Draft", "KeptPost")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPost:
    """A post of ours as it was being written."""

    name: str
    """Tells it from the others that are kept: its id, or for one that no store has seen another name of its own."""
    author: str
    command: WritePost
    """What writes it."""
    before: tuple[str, str] | None = None
    """The words that these take the place of, in Arabic and English; None: it is a new post."""
    saved_at: datetime


class Shelf:
    """Drafts for one store and posts, a file each."""

    def __init__(self, folder: Path, store: str) -> None:
        """Take where this person's state is kept, and which store it is for, by its address as it may be shown."""
        self._folder = folder / "drafts" / hashlib.sha256(store.encode()).hexdigest()[:16]

    def keep(self, draft: Draft | KeptPost) -> None:
        """Keep what somebody writes in place of what was kept of it before, on the disk when this returns.

        Raises:
            OSError: It cannot be written.
        """
        self._folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        path = self._path(draft)
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE), "wb") as file:
                file.write(msgspec.json.encode(draft))
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def drop(self, draft: Draft | KeptPost) -> None:
        """Forget what is kept of it, if anything is."""
        self._path(draft).unlink(missing_ok=True)

    def drafts(self, author: str) -> tuple[Draft, ...]:
        """Return what is kept of an author's answers, oldest first; what cannot be read is left where it is."""
        return self._kept("*.json", Draft, author)

    def posts(self, author: str) -> tuple[KeptPost, ...]:
        """Return what is kept of an author's posts, as `drafts`."""
        return self._kept("*.post", KeptPost, author)

    def _kept(self, pattern: str, kind: type[Kept], author: str) -> tuple[Kept, ...]:
        found: list[Kept] = []
        for path in sorted(self._folder.glob(pattern)):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=kind))
            except (OSError, msgspec.DecodeError):
                continue
        return tuple(sorted((each for each in found if each.author == author), key=lambda each: each.saved_at))

    def _path(self, draft: Draft | KeptPost) -> Path:
        what, ending = (draft.name, "post") if isinstance(draft, KeptPost) else (draft.message, "json")
        name = hashlib.sha256(f"{what}\n{draft.author}".encode()).hexdigest()[:32]
        return self._folder / f"{name}.{ending}"


def joined(kept: Draft, stored: Draft | None) -> Draft:
    """Return one draft of what lay here and what the store has; no words are lost, the newer ones come first."""
    if stored is None or stored.text in kept.text:
        return kept
    if kept.text in stored.text:
        return stored
    newer, older = (kept, stored) if kept.saved_at >= stored.saved_at else (stored, kept)
    return replace(newer, text=f"{newer.text}\n\n{older.text}", acknowledged=())
