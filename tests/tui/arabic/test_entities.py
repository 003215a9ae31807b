import pytest

from tui.arabic.entities import Kind, find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@CARE_DEMO متى", [("@CARE_DEMO", Kind.HANDLE)]),
        ("RT @user: مرحبا", [("RT", Kind.REPOST), ("@user", Kind.HANDLE)]),
        ("الموعد 2026-11-23 صباحا", [("2026-11-23", Kind.NUMBER)]),
        ("اتصل على 050-000-4567 الآن", [("050-000-4567", Kind.NUMBER)]),
        (
            "هاتف +971 50 000 4567، أو (04) 555 1000.",
            [("+971 50 000 4567", Kind.NUMBER), ("(04) 555 1000", Kind.NUMBER)],
        ),
        ("(050-000-4567)", [("050-000-4567", Kind.NUMBER)]),
        ("٠٥٠-٠٠٠-٤٥٦٧", [("٠٥٠-٠٠٠-٤٥٦٧", Kind.NUMBER)]),
        ("انظر (https://health.example/ar).", [("https://health.example/ar", Kind.LINK)]),
        ("www.health.example/a_(b)، شكرا", [("www.health.example/a_(b)", Kind.LINK)]),
        ("health.example/صحة؟", [("health.example/صحة", Kind.LINK)]),
        ("care@health.example.", [("care@health.example", Kind.ADDRESS)]),
        ("#صحة_المجتمع و #WorldHealthDay!", [("#صحة_المجتمع", Kind.HASHTAG), ("#WorldHealthDay", Kind.HASHTAG)]),
    ],
)
def test_entities_are_found_whole(text: str, expected: list[tuple[str, Kind]]) -> None:
    """Each entity is one span, without the punctuation of the sentence."""
    assert [(text[found.start : found.end], found.kind) for found in find(text)] == expected


@pytest.mark.parametrize(
    "text", ["عمره 5 سنوات", "3.5 و 10:30 و 23/11/2026", "1 2 3 4 5 6 7 8", "user@", "a - b", "", "أ.ب"]
)
def test_what_needs_no_help_is_left_alone(text: str) -> None:
    """Numbers that the algorithm keeps together, lists and loose signs are no entities."""
    assert find(text) == ()


def test_a_direction_control_ends_a_link() -> None:
    """An override cannot hide inside a link."""
    text = "https://health.example/\u202egpj.exe"

    assert [text[found.start : found.end] for found in find(text)] == ["https://health.example/"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["1,", "1,1/", "0 ", "a.", "@a-", "(0", "+1", "a@", "1", "a%", "www.", "https://)"])
def test_hostile_repetition_costs_linear_time(piece: str) -> None:
    """A flood of almost-entities ends in reasonable time."""
    assert find(piece * 20_000 + " @x")[-1].kind is Kind.HANDLE
