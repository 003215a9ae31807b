"""Times that were not read: filled, lost, or one part each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from majlis.gap import Gap, GapCause, GapState
from majlis.message import Network
from tests.builders import AT

H = timedelta(hours=1)
GAP = Gap(
    network=Network.X,
    account="moh",
    stream="x:moh:mentions",
    since=AT,
    noticed_at=AT + H,
    cause=GapCause.SIGNED_OUT,
)


@pytest.mark.parametrize(
    ("lost_before", "parts"),
    [
        (None, [(0, 9, GapState.FILLED)]),
        (-1, [(0, 9, GapState.FILLED)]),
        (0, [(0, 9, GapState.FILLED)]),
        (4, [(0, 4, GapState.LOST), (4, 9, GapState.FILLED)]),
        (9, [(0, 9, GapState.LOST)]),
    ],
)
def test_the_parts_of_a_closed_gap_make_up_the_whole(
    lost_before: int | None, parts: list[tuple[int, int, GapState]]
) -> None:
    """What the service no longer lists is lost, the rest was read."""
    edge = None if lost_before is None else AT + lost_before * H

    closed = GAP.closed(AT + 9 * H, lost_before=edge)

    assert [(part.since, part.until, part.state) for part in closed] == [
        (AT + since * H, AT + until * H, state) for since, until, state in parts
    ]


def test_a_gap_keeps_its_name_when_it_is_closed() -> None:
    """So that the store changes it instead of adding one."""
    assert GAP.closed(AT + 9 * H)[0].id == GAP.id
    assert GAP.closed(AT + 9 * H, lost_before=AT + H)[0].id == GAP.id
