"""Which findings are shown at once, and what became of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from majlis.conduct import Finding, Severity, in_sight, outcomes


def finding(rule: str, severity: Severity) -> Finding:
    return Finding(rule=rule, severity=severity)


FOUND = st.lists(
    st.builds(finding, st.sampled_from([f"R-{n}" for n in range(9)]), st.sampled_from(list(Severity))), max_size=12
).map(lambda found: sorted(found, key=lambda each: each.severity.rank))
SOME = st.frozensets(st.sampled_from([f"R-{n}" for n in range(9)]))


@given(FOUND, SOME, SOME)
def test_three_wait_at_most_and_no_block_is_hidden(
    found: list[Finding], acknowledged: frozenset[str], read: frozenset[str]
) -> None:
    """The most severe come first, no rule speaks twice, and what was read reminds no more."""
    shown = in_sight(found, acknowledged, read)

    waiting = [each for each in shown if each.severity is not Severity.BLOCK and each.rule not in acknowledged]
    assert len(waiting) <= 3
    assert {each.rule for each in found if each.severity is Severity.BLOCK} <= {each.rule for each in shown}
    assert [each.severity.rank for each in shown] == sorted(each.severity.rank for each in shown)
    assert len({each.rule for each in shown}) == len(shown)
    assert not any(each.severity is Severity.REMIND and each.rule in read for each in shown)


def test_a_confirmed_warning_makes_room_for_the_next() -> None:
    found = [finding(f"R-{n}", Severity.WARN) for n in range(5)]

    assert [each.rule for each in in_sight(found)] == ["R-0", "R-1", "R-2"]
    assert [each.rule for each in in_sight(found, {"R-0"})] == ["R-0", "R-1", "R-2", "R-3"]


def test_what_is_gone_was_heeded_and_what_stays_dismissed() -> None:
    assert outcomes(["R-1", "R-2", "R-1"], {"R-2"}) == [("R-1", "heeded"), ("R-2", "dismissed")]
