"""Takes people out of what services answer: names, texts and ids in JSON, the same by the same, tokens never.

What a field is follows from its name; of a field that nobody knows nothing is kept as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from majlis.message import Author, Network

from .disguise import Disguise
from .invented import Inventor

_TEXTS: Final = frozenset(
    ("text", "message", "story", "textDisplay", "textOriginal", "title", "description", "detail", "reason_text")
)
_NAMES: Final = frozenset({"name", "authorDisplayName", "channelTitle"})
_HANDLES: Final = frozenset({"username", "handle", "customUrl"})
_CURSORS: Final = frozenset(
    (
        "after",
        "before",
        "next_token",
        "previous_token",
        "nextPageToken",
        "prevPageToken",
        "pageToken",
        "pagination_token",
    )
)
_AS_THEY_ARE: Final = frozenset(
    (
        *(
            "created_time",
            "updated_time",
            "created_at",
            "publishedAt",
            "updatedAt",
            "order",
            "sort_order",
            "kind",
            "type",
            "media_type",
        ),
        *("event_type", "moderationStatus", "resource_type", "code", "error_subcode", "reason", "domain", "status"),
        *("viewerRating", "canReply", "mime_type", "filter", "platform", "summary", "mine", "method", "relative_url"),
    )
)
"""Words and times of the services themselves."""
_WORDS: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9_#.:/+\- ]{0,99}|\d{4}-\d\d-\d\d[T ][0-9:.]+(?:Z|[+-]\d\d:?\d\d)?|\d{1,6}"
)
"""What is kept of them looks like this."""
_DROPPED: Final = frozenset({"etag", "access_token", "previous", "profileImageUrl", "authorProfileImageUrl", "picture"})
_PASSING: Final = frozenset(
    (
        *("access_token", "appsecret_proof", "fields", "limit", "since", "since_id", "until_id", "start_time", "until"),
        *(
            "expansions",
            "part",
            "maxResults",
            "max_results",
            "textFormat",
            "tweet.fields",
            "post.fields",
            "user.fields",
        ),
        *("media.fields", "dm_event.fields", "key", "summary", "input_token", "end_time", "event_types"),
    )
)
"""Parameters that do not say what is asked for, or by when; a replay asks at other moments."""
_ATOM: Final = re.compile(r"[A-Za-z0-9]+")
_SEGMENT: Final = re.compile(r"[a-z][A-Za-z_]*|v\d+(?:\.\d+)?|\d")
_HOSTS: Final = frozenset({"www.facebook.com", "x.com", "www.youtube.com"})
_LONG: Final = 10**9
_SNOWFLAKE_DIGITS, _SHIFT = 15, 22
_SHORT_DIGITS, _SHORT_LETTERS = 9, 8
_LETTERS: Final = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"


class Bodies:
    """Disguises what goes over the wire of one recording."""

    def __init__(self, disguise: Disguise, key: bytes) -> None:
        self._disguise = disguise
        self._inventor = Inventor(key)
        self._cursors: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self.asked_for: set[str] = set()
        """Continuations that were asked for, as they are written."""

    # ------------------------------------------------------------------------------------------------------- requests

    def path(self, network: Network, path: str) -> str:
        """Return a path with its ids replaced."""
        steps = (step if _SEGMENT.fullmatch(step) else self.ident(network, step) for step in path.split("/"))
        return "/".join(steps)

    def query(self, network: Network, query: Mapping[str, str]) -> dict[str, str]:
        """Return what of a query says what is asked for."""
        kept: dict[str, str] = {}
        for name, value in query.items():
            if name in _PASSING:
                continue
            if name in _CURSORS:
                kept[name] = self.cursor(value)
                self.asked_for.add(kept[name])
            elif name in _AS_THEY_ARE and _WORDS.fullmatch(value):
                kept[name] = value
            elif name == "query":
                kept[name] = re.sub(r"\d{6,}", lambda found: self.ident(network, found[0]), self._disguise.text(value))
            else:
                kept[name] = self.ident(network, value)
        return kept

    # -------------------------------------------------------------------------------------------------------- answers

    def answer(self, network: Network, value: Any) -> Any:
        """Return a JSON body without anybody in it."""
        return self._value(network, "", value)

    def text(self, text: str) -> str:
        """Return a body that is no JSON."""
        return self._disguise.text(text)

    def meet(self, value: Any) -> None:
        """Learn who is in it, before texts are looked at."""
        if isinstance(value, list):
            for each in value:
                self.meet(each)
        if not isinstance(value, dict):
            return
        for name, part in value.items():
            if isinstance(part, str) and name in _HANDLES:
                self._disguise.meet(Author(handle=part.removeprefix("@")))
            elif isinstance(part, str) and name in _NAMES:
                self._disguise.meet(Author(name=part))
            else:
                self.meet(part)

    def _value(self, network: Network, name: str, value: Any) -> Any:
        match value:
            case dict():
                return {
                    self._name(network, key): self._value(network, key, part)
                    for key, part in value.items()
                    if key not in _DROPPED
                }
            case list():
                return [self._value(network, name, each) for each in value]
            case str():
                return self._word(network, name, value)
            case int() if not isinstance(value, bool) and abs(value) >= _LONG and not name.endswith("time"):
                return int(self.ident(network, str(abs(value))))
            case _:
                return value

    def _name(self, network: Network, key: str) -> str:
        return self.ident(network, key) if any(char.isdigit() for char in key) else key

    def _word(self, network: Network, name: str, value: str) -> str:  # noqa: PLR0911  one line per kind of field
        if name in _TEXTS:  # as the first time, also where somebody is known by now: a replay would see an edit
            return self._texts.setdefault(value, self._disguise.text(value))
        if name in _NAMES:
            return self._disguise.name(value) or ""
        if name in _HANDLES:
            sign = "@" if value.startswith("@") else ""
            return sign + (self._disguise.handle(value.removeprefix("@")) or "")
        if name in _CURSORS:
            return self.cursor(value)
        if "://" in value:
            return self._address(network, name, value)
        if name in _AS_THEY_ARE and _WORDS.fullmatch(value):
            return value
        return self.ident(network, value)

    def _address(self, network: Network, name: str, value: str) -> str:
        """Return an address: a permalink with its ids replaced, of anything else that there was one."""
        try:
            parts = urlsplit(value)
        except ValueError:
            return "https://media.example/"
        if name == "next":
            asked = {key: self.cursor(each) for key, each in parse_qsl(parts.query) if key in _CURSORS}
            return f"https://next.example/?{urlencode(asked)}"
        if (parts.hostname or "") not in _HOSTS:
            return f"https://media.example/{self.ident(network, value)[:40]}"
        kept = {key: self.ident(network, each) for key, each in parse_qsl(parts.query) if key not in _PASSING}
        asked_for = f"?{urlencode(kept)}" if kept else ""
        return f"https://{parts.hostname}{self.path(network, parts.path)}{asked_for}"

    def cursor(self, real: str) -> str:
        """Return what stands for a continuation; nothing of it is kept."""
        return self._cursors.setdefault(real, f"cursor-{len(self._cursors) + 1}")

    # ------------------------------------------------------------------------------------------------------------ ids

    def ident(self, network: Network, real: str) -> str:
        """Return an id, part by part, so that one inside another stays inside the other's."""
        return _ATOM.sub(lambda found: self._atom(network, found[0]), real)

    def _atom(self, network: Network, real: str) -> str:
        if not real.isdigit():
            return self._inventor.once("id", real, lambda draw: self._letters(draw, real))
        if network is Network.X and len(real) >= _SNOWFLAKE_DIGITS:  # its time is told beside it, and orders it
            at = int(real) >> _SHIFT
            return self._inventor.once("id", real, lambda draw: str((at << _SHIFT) + draw(1 << _SHIFT)))
        count = max(len(real), _SHORT_DIGITS)
        low = 10 ** (count - 1)
        return self._inventor.once("id", real, lambda draw: str(low + draw(9 * low)))

    @staticmethod
    def _letters(draw: Any, real: str) -> str:
        return "".join(_LETTERS[draw(len(_LETTERS))] for _ in range(max(len(real), _SHORT_LETTERS)))
