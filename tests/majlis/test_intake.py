"""What a message gets on its way in."""

from __future__ import annotations

from dataclasses import replace

from majlis.intake import Intake
from majlis.message import Standing
from tests.builders import message, page, policy


def test_history_gets_no_due_time_but_its_contact_data_is_known() -> None:
    """Nobody owes an answer to what came before the first connection; masking covers it all the same."""
    old = message(text="رقمي 0500009101", standing=Standing(historic=True))  # Arabic: my number is …

    (prepared,) = Intake(policy())(page(old)).messages

    assert prepared.standing == replace(old.standing, unseen=False)
    assert [span.category for span in prepared.personal] == ["phone"]
