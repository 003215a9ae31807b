"""docs/connectors.md says of each of Facebook's codes what the connector does with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.facebook.answers import verdict_of
from connectors.http import Answer
from connectors.verdict import Says

from .conftest import error

PAGE = Path(__file__).resolve().parents[3] / "docs" / "connectors.md"
SAID = {
    Says.FAULT: ("later", "unknown"),
    Says.WAIT: ("the account waits", "again then"),
    Says.SIGN_IN: ("stops", "stops"),
    Says.NO_RIGHT: ("set aside", "refused"),
    Says.NO: ("set aside", "refused"),
    Says.GONE: ("gone", "refused"),
    Says.DUPLICATE: ("later", "unknown"),
}
"""How each meaning is told of reads and of sends; `-` is where it does not come up."""


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield code or range, and what is said of reads and sends."""
    table = PAGE.read_text("utf-8").partition("| code | reads | sends |\n| --- | --- | --- |\n")[2].partition("\n\n")[0]
    for line in table.splitlines():
        codes, reads, sends = (cell.strip() for cell in line.strip("|").split(" | "))
        for code in re.findall(r"\d+(?:[/-]\d+)?", codes.partition("“")[0].partition(" that speaks")[0]):
            if not code.startswith("100") or "that speaks" not in codes:
                yield code, reads, sends


def _some(code: str) -> Iterator[tuple[int, int | None]]:
    """Yield a code with its subcode, or both ends and the middle of a range."""
    if "/" in code:
        number, subcode = code.split("/")
        yield int(number), int(subcode)
        return
    first, _, last = code.partition("-")
    low, high = int(first), int(last or first)
    yield from ((number, None) for number in {low, (low + high) // 2, high})


CASES = [
    (number, subcode, reads, sends)
    for code, reads, sends in rows()
    for number, subcode in _some(code)
    if number != 5  # "5xx" is a status
]


@pytest.mark.parametrize(("code", "subcode", "reads", "sends"), CASES)
def test_what_is_said_of_a_code_is_what_is_done(code: int, subcode: int | None, reads: str, sends: str) -> None:
    """The words of the page begin like those of the verdict."""
    reply = error(code, subcode)
    says = verdict_of(Answer(status=reply.status, body=json.dumps(reply.body).encode())).says
    read, sent = SAID[says]

    assert reads == "-" or reads.startswith((read, "half as many")), says
    assert sends == "-" or sends.startswith((sent, "once more")), says


def test_no_code_that_the_connector_knows_is_left_out() -> None:
    """Every code of the table in the API facts, section 1, is on the page."""
    told = {code for code, *_ in CASES}

    assert told >= {1, 2, 3, 4, 10, 17, 32, 100, 102, 104, 190, 200, 299, 341, 368, 506, 551, 613, 803, 2500}
    assert told >= {10900, 10903, 80000, 80014, 1545041, 1609005}
