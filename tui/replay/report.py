"""What came of a scenario, in JSON and in JUnit XML: always the same bytes.

No wall time, no path beyond the file's name, nothing of this machine.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from connectors.scenario.times import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui.replay.play import Check, Played

_UNSAFE = re.compile(
    "[^\t\n\r -\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]"
)
"""What XML does not take, or a terminal may obey."""


def as_json(played: Played, name: str) -> dict[str, Any]:
    """Return everything that came of it.

    Args:
        played: What came of it.
        name: Of the file, without its folder.
    """
    return {
        "scenario": played.name,
        "file": name,
        "outcome": "failed" if played.failed else "held",
        "seed": played.seed,
        "start": played.start.isoformat(),
        "end": written(played.end, played.start),
        "checked": len(played.checks),
        "failed": len(played.failed),
        "checks": [asdict(check) for check in played.checks],
        "messages": played.states,
        "outbox": played.entries,
        "accepted": played.posted,
        "audit": {"events": played.events, "head": played.head},
        "screen": None if played.screen is None else list(played.screen),
        **({} if played.debrief is None else {"debrief": played.debrief.as_json()}),
    }


def unarmed(text: str) -> str:
    """Return JSON with what a terminal may obey written as escapes; it says the same."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_junit(played: Played, name: str) -> str:
    """Return the checks as JUnit XML: a test case for each line that could fail."""
    head = f'tests="{len(played.checks)}" failures="{len(played.failed)}" errors="0" skipped="0" time="0"'
    cases = "".join(_case(check, name) for check in played.checks)
    suite = f"<testsuite name={_quoted(played.name)} {head}>\n{cases}</testsuite>\n"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {head}>\n{suite}</testsuites>\n'


def _case(check: Check, name: str) -> str:
    title = f"line {check.line}: {check.what} {check.subject}"
    begin = f'  <testcase classname={_quoted(name)} name={_quoted(title)} time="0"'
    if check.holds:
        return f"{begin}/>\n"
    told = f"{check.at}\nexpected: {_plain(check.expected)}\nactual: {_plain(check.actual)}"
    failure = f"<failure message={_quoted(f'{title} does not hold')}>{escape(_clean(told))}</failure>"
    return f"{begin}>\n    {failure}\n  </testcase>\n"


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _clean(text: str) -> str:
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _quoted(text: str) -> str:
    return quoteattr(_clean(text), {"\n": " ", "\t": " "})


def beside(expected: Any, actual: Any) -> Iterator[tuple[str, str, bool]]:
    """Yield rows of expected and actual, side by side, and whether they are the same."""
    left, right = list(_rows(expected)), list(_rows(actual))
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for n in range(max(i2 - i1, j2 - j1)):
            yield (
                left[i1 + n] if i1 + n < i2 else "",
                right[j1 + n] if j1 + n < j2 else "",
                tag == "equal",
            )


def _rows(value: Any) -> Iterator[str]:
    """Yield a value row by row, as people read it."""
    if not isinstance(value, dict):
        yield _word(value)
        return
    for name, part in value.items():
        if isinstance(part, list):
            yield f"{name}:"
            yield from (f"  {_word(each)}" for each in part)
        else:
            yield f"{name}: {_word(part)}"


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_word(each)}" for name, each in value.items())
    return json.dumps(value, ensure_ascii=False)
