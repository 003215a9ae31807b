"""The chain of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.audit import GENESIS, Event, EventDraft, canonical, chain, digest, first_break

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)


def draft(action: str = "done", payload: dict[str, Any] | None = None) -> EventDraft:
    return EventDraft(
        at=AT,
        actor="salem",
        terminal="pts/3",
        action=action,
        subject="x:moh:comment:1",
        profile_version="1",
        payload=payload or {"reason": "spam"},
        salt="00" * 16,
    )


def events(count: int) -> list[Event]:
    made: list[Event] = []
    for rev in range(1, count + 1):
        made.append(chain(draft(f"step {rev}"), rev, made[-1].hash if made else GENESIS))
    return made


def test_an_untouched_chain_holds() -> None:
    """Every event follows from the one before."""
    assert first_break(events(20)) is None


@pytest.mark.parametrize("field", ["actor", "terminal", "action", "subject", "profile_version", "digest", "hash"])
def test_any_change_breaks_the_chain_where_it_was_made(field: str) -> None:
    """Altering one field of one event is found at that event."""
    forged = events(9)
    change: dict[str, Any] = {field: "somebody else"}
    forged[4] = replace(forged[4], **change)

    assert first_break(forged) == 5


def test_a_missing_event_breaks_the_chain() -> None:
    """Leaving an event out is found."""
    made = events(9)

    assert first_break(made[:3] + made[4:]) == 4


def test_a_chain_can_be_checked_in_pieces() -> None:
    """Pages of events are checked with the hash before them."""
    made = events(9)

    assert first_break(made[4:], prev=made[3].hash, rev=4) is None


def test_erasing_a_payload_leaves_the_chain_whole() -> None:
    """The event holds only the digest; the payload lies elsewhere."""
    event = chain(draft(payload={"text": "a person's words"}), 1, GENESIS)

    assert "person" not in repr(event)
    assert event.digest == digest({"text": "a person's words"}, "00" * 16)


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none() | st.booleans()))
def test_canonical_text_does_not_depend_on_order(value: dict[str, Any]) -> None:
    """Two spellings of one value have one digest, surrogates included."""
    turned = dict(reversed(value.items()))

    assert canonical(value) == canonical(turned)
