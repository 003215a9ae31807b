"""What a message gets on its way in."""

from __future__ import annotations

from dataclasses import replace

from majlis.intake import Intake
from majlis.message import Standing, queue_order
from majlis.records import Official
from majlis.sorting import MAY_BE_DANGER
from majlis.triage import Suggestion
from tests.builders import AT, message, page, policy


def test_history_gets_no_due_time_but_its_contact_data_is_known() -> None:
    """Nobody owes an answer to what came before the first connection; masking covers it all the same."""
    old = message(text="رقمي 0500009101", standing=Standing(historic=True))  # Arabic: my number is …

    (prepared,) = Intake(policy())(page(old), ()).messages

    assert prepared.standing == replace(old.standing, unseen=False)
    assert [span.category for span in prepared.personal] == ["phone"]


def test_what_a_supervisor_made_official_is_nobodys_own() -> None:
    """It shows in lists as what it is, from the next page on, and is covered again when it is taken off."""
    intake, asked = Intake(policy()), page(message(text="هل هذا رقمكم 0500009101؟"))  # Arabic: is this your number …?
    added = Official(id="phones:0500009101", kind="phones", value="0500009101", note="campaign", by="huda", at=AT)

    assert [span.category for span in intake(asked, ()).messages[0].personal] == ["phone"]
    assert intake(asked, (added,)).messages[0].personal == ()
    assert [span.category for span in intake(asked, ()).messages[0].personal] == ["phone"]


def test_what_may_be_danger_comes_before_what_is_only_due() -> None:
    """Behind danger itself, before everything that waits for its turn, older or not."""
    calm = Suggestion(category="other", should_escalate=False, reason=None, urgency="normal", route="operator", why=())

    def triage(text: str, _thread: object, _network: str) -> Suggestion:
        if text == "danger":
            return replace(calm, urgency="immediate")
        return replace(calm, urgency="high", why=(MAY_BE_DANGER, "pale")) if text == "pale" else calm

    rows = [message("1", text="hello"), message("2", text="pale"), message("3", text="danger")]
    prepared = Intake(policy(triage=triage))(page(*rows), ()).messages

    assert [each.text for each in sorted(prepared, key=queue_order)] == ["danger", "pale", "hello"]
