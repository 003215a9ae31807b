"""Keys, stamps and orders of messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.masking import mask
from majlis.message import (
    Author,
    Edition,
    Message,
    MessageKey,
    Network,
    ObjectKind,
    Span,
    Standing,
    Urgency,
    queue_order,
    stamp,
)

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)


def message(native_id: str = "1", author: str = "maha", **fields: object) -> Message:
    known: dict[str, object] = {
        "key": MessageKey(network=Network.X, account="moh", object=ObjectKind.COMMENT, native_id=native_id),
        "thread": "t",
        "author": Author(id=author),
        "text": "hello",
        "created_at": AT,
        "received_at": AT,
    }
    return Message(**{**known, **fields})  # type: ignore[arg-type]  # a test's shorthand


@given(
    st.sampled_from(Network),
    st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True),
    st.sampled_from(ObjectKind),
    st.text(min_size=1),
)
def test_a_key_reads_back_what_it_wrote(network: Network, account: str, kind: ObjectKind, native_id: str) -> None:
    """Native ids may hold colons, dots and anything else."""
    key = MessageKey(network=network, account=account, object=kind, native_id=native_id)

    assert MessageKey.parse(str(key)) == key


@pytest.mark.parametrize("text", ["", "x:moh:comment", "x:moh:comment:", "telegram:moh:comment:1", "x::comment:1"])
def test_what_is_no_key_is_refused(text: str) -> None:
    """A mistyped key is an error, not another message."""
    with pytest.raises(ValueError, match=r".*"):
        MessageKey.parse(text)


def test_the_old_name_of_the_third_network_is_understood() -> None:
    """People still type twitter."""
    assert MessageKey.parse("twitter:moh:post:1").network is Network.X


def test_times_without_a_zone_are_refused() -> None:
    """A naive time would be somebody's local time, nobody knows whose."""
    with pytest.raises(ValueError, match="zone"):
        message(created_at=AT.replace(tzinfo=None))


def test_the_stamp_changes_when_the_person_writes_again_or_edits() -> None:
    """Both make an answer that was being written doubtful."""
    first = message()
    before = stamp((first,), first.key)

    again = stamp((first, message("2")), first.key)
    edited = stamp((replace(first, editions=(Edition(text="helo", until=AT),)),), first.key)

    assert len({before, again, edited}) == 3


def test_the_stamp_ignores_what_others_write_below() -> None:
    """A popular post must not make every answer doubtful."""
    first = message()

    assert stamp((first,), first.key) == stamp((first, message("2", "omar")), first.key)


def test_the_stamp_changes_when_we_answered() -> None:
    """A colleague's answer, also one made outside the program, counts."""
    first = message()
    answer = message("9", "moh", ours=True, parent="1")

    assert stamp((first,), first.key) != stamp((first, answer), first.key)


def test_the_queue_puts_danger_before_dues_and_history_last() -> None:
    """The order is by rank, then by whichever time comes first."""
    late = message("1", standing=Standing(due_at=AT + timedelta(hours=5)))
    soon = message("2", standing=Standing(due_at=AT + timedelta(hours=9), platform_due_at=AT + timedelta(hours=1)))
    danger = message("3", standing=Standing(due_at=AT + timedelta(days=9), urgency=Urgency.IMMEDIATE))
    back = message("4", standing=Standing(returned=True, due_at=AT + timedelta(days=9)))
    old = message("5", standing=Standing(historic=True, due_at=AT - timedelta(days=9)))
    raised = message("6", standing=Standing(priority=5, due_at=AT + timedelta(days=2)))

    ordered = sorted([late, soon, danger, back, old, raised], key=queue_order)

    assert [m.key.native_id for m in ordered] == ["4", "3", "6", "2", "1", "5"]


@given(st.text(), st.integers(0, 20), st.integers(0, 20))
def test_masking_keeps_length_and_everything_outside(text: str, start: int, size: int) -> None:
    """Covered text has the same code points everywhere else, so spans stay right."""
    span = Span(start=start, end=start + size, category="phone")

    covered = mask(text, (span,))

    assert len(covered) == len(text)
    assert covered[:start] == text[:start]
    assert covered[start + size :] == text[start + size :]


def test_masking_covers_digits_of_every_script() -> None:
    """An Arabic-Indic number is a number."""
    text = "رقمي ٠٥٠ 000 9101"

    assert mask(text, (Span(start=5, end=17, category="phone"),)) == "رقمي ••• ••• ••••"
