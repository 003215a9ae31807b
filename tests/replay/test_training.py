"""Scenarios to learn by: what counts in them is counted from the store, and the model operator reaches it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.scenario import TRAINING, BadScenario, load, training
from connectors.scenario.rows import Key, Operator
from tests.replay.conftest import ANSWER, ARRIVE, Rows, Run, Write, act
from tui.replay.debrief import told
from tui.replay.play import Played, play

DANGER: Rows = {**ARRIVE, "at": "+00:00:20", "id": "d", "text": "ابوي مغمى عليه وما يتنفس!! شو أسوي"}
COMPLAINT: Rows = {**ARRIVE, "at": "+00:00:30", "id": "c", "text": "قدمت طلب تقرير طبي من ثلاثة أسابيع وما حد رد علي"}
END: Rows = {"at": "+00:30:00", "do": "expect", "posted": {"account": "x", "texts": []}}
COUNTS: Rows = {"title": {"ar": "سيناريو", "en": "Test"}, "answer": ["a"], "escalate": ["c"], "urgent": ["d"]}


def counted(played: Played) -> dict[str, Any]:
    """Return what is not as it should be, with the ids for which it is not."""
    assert played.debrief is not None
    return {name: line["missed"] for name, line in played.debrief.as_json().items() if not line["good"]}


@pytest.fixture
def trained(run: Run) -> Run:
    """Play three messages: a question, danger, and a complaint."""

    def played(*rows: Rows) -> Played:
        lines = sorted((ARRIVE, DANGER, COMPLAINT, *rows, END), key=lambda row: str(row["at"]))
        return run(*lines, training=COUNTS)

    return played


def test_all_is_well_when_everything_was_done(trained: Run) -> None:
    """The question answered, danger on the urgent path at once, the complaint with customer service."""
    played = trained(
        act("+00:01:00", "salem", urgent={"id": "d"}),
        act("+00:02:00", "salem", escalate={"id": "c"}),
        act("+00:03:00", "salem", reply={"id": "a", "text": ANSWER}),
    )

    assert counted(played) == {}


def test_what_nobody_did_is_named(trained: Run) -> None:
    """By the ids of its messages."""
    assert counted(trained()) == {"answered": ["a"], "escalated": ["c"], "urgent": ["d"]}


def test_danger_that_waited_too_long_is_missed(trained: Run) -> None:
    """More than five minutes after it came."""
    played = trained(act("+00:06:00", "salem", urgent={"id": "d"}), act("+00:07:00", "salem", escalate={"id": "c"}))

    assert counted(played) == {"answered": ["a"], "urgent": ["d"]}


def test_what_was_handed_on_as_usual_is_not_on_the_urgent_path(trained: Run) -> None:
    """A reason without danger: customer service would read it in hours."""
    played = trained(act("+00:01:00", "salem", escalate={"id": "d", "reason": "personal_case"}))

    assert counted(played)["urgent"] == ["d"]


def test_handing_on_without_need_and_taking_it_back_are_told_apart(trained: Run) -> None:
    """Only what stays with customer service counts."""
    kept = trained(act("+00:01:00", "salem", escalate={"id": "a"}))
    back = trained(act("+00:01:00", "salem", escalate={"id": "a"}), act("+00:02:00", "salem", undo={"id": "a"}))

    assert counted(kept)["kept"] == ["a"]
    assert "kept" not in counted(back)


def test_a_second_answer_is_seen(trained: Run) -> None:
    """What is with customer service can be answered more than once."""
    again = {"id": "c", "text": f"{ANSWER} أهلاً.", "acknowledged": ["R-DIR-DOUBLE"]}
    played = trained(
        act("+00:01:00", "salem", escalate={"id": "c"}),
        act("+00:02:00", "salem", reply={"id": "c", "text": ANSWER}),
        act("+00:04:00", "salem", reply=again),
    )

    assert played.failed == ()
    assert counted(played)["twice"] == ["c"]


def test_a_text_that_a_rule_stopped_counts(trained: Run) -> None:
    """Nothing of it went out, and it is said that it was tried."""
    phone = {"id": "a", "text": "اتصل على 0501234567"}
    played = trained(act("+00:01:00", "salem", reply=phone, refused="Blocked"))

    assert counted(played)["blocks"] == []
    assert played.posted["fb"] == 0


def test_contact_data_in_what_went_out_are_found_again(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when desk and sender have let them pass."""
    monkeypatch.setattr("majlis.desk.refuse", lambda *_: None)
    monkeypatch.setattr("majlis.dispatch._objections", lambda *_: None)
    played = trained(act("+00:01:00", "salem", reply={"id": "a", "text": "اتصل على 0501234567"}))

    assert counted(played)["contacts"] == ["a"]


def test_a_reminder_that_was_heeded_is_told() -> None:
    """On the first day the model operator is reminded of the language somebody wrote in, and answers in it."""
    played = play(training("first-day"), "first-day")

    assert played.debrief is not None
    assert [(line.n, line.all, line.good) for line in played.debrief.lines if line.what == "reminders"] == [
        (1, 1, True)
    ]
    assert played.failed == ()


@pytest.mark.parametrize("name", TRAINING)
def test_by_hand_the_model_operator_does_nothing(name: str) -> None:
    """Whoever plays is the only one at the screen, and messages still come."""
    scenario = training(name)
    by_hand = scenario.by_hand()

    assert scenario.is_solved
    assert not by_hand.is_solved
    assert not any(isinstance(step.what, Key) for step in by_hand.steps)
    assert all(step.what.operator != "operator" for step in by_hand.steps if isinstance(step.what, Operator))
    assert by_hand.end <= scenario.end
    assert len(by_hand.steps) >= 5


def test_what_counts_has_to_be_there(write: Write) -> None:
    """The nearest id is named."""
    path = write(ARRIVE, training={**COUNTS, "answer": ["b"], "escalate": [], "urgent": []})

    with pytest.raises(BadScenario) as caught:
        load(path)

    assert (caught.value.facts["line"], caught.value.facts["field"]) == (1, "training.answer[0]")


def test_what_a_model_operator_misses_is_a_check_that_does_not_hold(run: Run) -> None:
    """A shipped scenario cannot ask for what cannot be reached."""
    played = run(
        ARRIVE,
        act("+00:01:00", "salem", claim={"id": "a"}, solution=True),
        END,
        training={**COUNTS, "escalate": [], "urgent": []},
    )

    assert [(check.what, check.subject) for check in played.failed] == [("debrief", "answered")]


def test_what_is_masked_on_the_screen_is_masked_in_the_debrief(run: Run) -> None:
    """A phone number in what was missed is not shown there either."""
    shown = {**ARRIVE, "text": "موعدي ما طلع، رقمي 0501234567 دقوا علي"}
    played = run(shown, END, training={**COUNTS, "escalate": [], "urgent": []})

    assert played.debrief is not None
    ((_, _, (missed,)),) = [line for line in told(played.debrief) if not line[1]]
    assert "0501234567" not in missed
    assert "موعدي ما طلع" in missed
