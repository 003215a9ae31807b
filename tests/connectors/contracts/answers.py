"""Answers made from a service's own description, with everything a description cannot promise.

Every part that may be absent is now and then absent, null, or of another type; every text may be hostile.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from hypothesis import strategies as st

from .document import Document

ODD: tuple[Any, ...] = (5, -1, 2**70, 1e300, True, "text", "", [], [None], {}, {"id": 5})
"""In place of what the description says."""

HOSTILE = (
    "شكراً",  # Arabic: thanks
    "&amp;lt;b&amp;gt;",
    "\x1b[31mred\x1b[0m\x07",
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe\N{POP DIRECTIONAL FORMATTING}",
    "👩🏽\N{ZERO WIDTH JOINER}⚕️",
    "\ud83d",  # half an emoji
    "\x00",
    "x" * 5000,
)
_TIMES = (
    "2026-11-20T08:00:00.000Z",
    "2026-11-20T08:00:00+0000",
    "20 Nov",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
)
_DEEPEST = 6
_ROWS = 4
_ODD_SHARE = 0.04


def answer(document: Document, verb: str, path: str) -> st.SearchStrategy[Any]:
    """Return bodies that a call may be answered with; each is made from one number, which is quick."""
    said = document.whole["paths"][path][verb]["responses"]["200"]
    (content,) = document.resolved(said)["content"].values()
    return st.integers(0, 2**32).map(lambda seed: _Maker(document, Random(seed)).value(content["schema"], _DEEPEST))  # noqa: S311  # no secret


class _Maker:
    """Makes one answer."""

    def __init__(self, document: Document, chance: Random) -> None:
        self._document = document
        self._chance = chance

    def value(self, schema: Any, depth: int) -> Any:
        """Return something that fits a schema, now and then only nearly."""
        schema = self._document.resolved(schema)
        if depth == 0:
            return None
        if choices := [*schema.get("oneOf", []), *schema.get("anyOf", [])]:
            return self.value(self._chance.choice(choices), depth)
        if "properties" in schema or "allOf" in schema:
            return self._object(schema, depth)
        if schema.get("type") == "array":
            return [self._row(schema["items"], depth) for _ in range(self._chance.randint(0, _ROWS))]
        return self._plain(schema)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        parts = list(self._document.parts(schema))
        required = {name for part in parts for name in part.get("required", [])}
        whole: dict[str, Any] = {}
        for name, inside in ((name, inside) for part in parts for name, inside in part.get("properties", {}).items()):
            # Required parts are mostly there: else nearly every row would be set aside, and little learnt.
            fate = self._chance.random() * (2 if name in required else 1)
            if fate < _ODD_SHARE:
                whole[name] = self._chance.choice(ODD)
            elif fate < 2 * _ODD_SHARE:
                whole[name] = None
            elif name in required or fate > 0.5:  # half of the optional parts are there
                whole[name] = self.value(inside, depth - 1)
        return whole

    def _row(self, schema: Any, depth: int) -> Any:
        return self._chance.choice((None, *ODD)) if self._chance.random() < _ODD_SHARE else self.value(schema, depth)

    def _plain(self, schema: Mapping[str, Any]) -> Any:
        match schema.get("type"):
            case "integer":
                return self._chance.randint(0, 2**53)
            case "number":
                return self._chance.random() * 1e9
            case "boolean":
                return self._chance.random() < 0.5  # a coin
            case "string":
                return self._string(schema)
            case _:
                return self._chance.choice(ODD)

    def _string(self, schema: Mapping[str, Any]) -> str:
        if "enum" in schema:
            return str(self._chance.choice([*schema["enum"], "something new"]))
        if schema.get("format") == "date-time":
            return self._chance.choice(_TIMES)
        if "pattern" in schema:  # all patterns of these documents are those of ids
            return str(self._chance.randint(1, 2**61))
        return self._chance.choice(HOSTILE)
