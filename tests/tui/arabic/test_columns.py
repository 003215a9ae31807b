import tracemalloc

import pytest
from rich.cells import cell_len

from tui.arabic.columns import Field, compose, line, measure_row, styled, table
from tui.arabic.layout import row


def test_a_field_cannot_disturb_its_neighbours() -> None:
    """Arabic, Latin and hostile text each stay in their own columns."""
    fields = [
        Field(text="محمد", width=8),
        Field(text="x\u202eyz", width=10),
        Field(text="hello (مرحبا) world"),
        Field(text="12:30", width=5),
    ]

    shown = compose(fields, 60)

    assert cell_len(shown) == 60
    assert shown[:8].strip() == line("محمد")
    assert shown.startswith("x⟪RLO⟫yz", 9)
    assert shown.endswith(" 12:30")


@pytest.mark.parametrize("width", range(41))
@pytest.mark.parametrize("from_right", [False, True])
def test_rows_are_exact_at_every_width(width: int, from_right: bool) -> None:
    """However little room there is, the row has its width."""
    fields = [Field(text="اسم", width=6), Field(text="نص طويل جدا here"), Field(text="🙏", width=3), Field(text="b")]

    assert cell_len(compose(fields, width, gap="│", from_right=from_right)) == width


def test_fields_can_stand_from_the_right() -> None:
    """In an Arabic table the first field is at the right edge."""
    fields = [Field(text="a", width=2), Field(text="b", width=3)]

    assert compose(fields, 6) == "a  b  "
    assert compose(fields, 6, from_right=True) == "b   a "
    assert compose(fields, 8, from_right=True) == "  b   a "


def test_alignment_overrides_direction() -> None:
    """A column of figures may be flush right, one of names flush left."""
    assert (
        compose([Field(text="7", width=3, align="right"), Field(text="ا", width=3, align="left")], 7) == "  7 \ufe8d  "
    )


def test_styles_reach_the_runs() -> None:
    """A field's style covers its padding; spans light what they touch."""
    fields = [Field(text="abcd", width=6, style="name", spans=((1, 3, "hit"),)), Field(text="x", width=1)]

    assert styled(fields, 8) == [
        ("a", frozenset({"name"})),
        ("bc", frozenset({"name", "hit"})),
        ("d  ", frozenset({"name"})),
        (" ", frozenset()),
        ("x", frozenset()),
    ]


def test_a_line_is_as_wide_as_its_text_unless_told() -> None:
    """The convenience for footers and the command line."""
    assert line("hello\nworld") == "hello ¶ world"
    assert line("hello", 8) == "hello   "
    assert line("hello", 3) == "he…"
    assert measure_row("السلام") == 5


def test_measuring_a_row_keeps_no_row_of_every_width() -> None:
    """A status line measures each of its words; laid out in a row wide enough for any, a word would take a megabyte."""
    texts = [f"رسالة {number}\nrow" for number in range(20)]
    tracemalloc.start()
    try:
        widths = [measure_row(text) for text in texts]
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert widths == [sum(cell.width for cell in row(text, 80).cells) for text in texts]
    assert kept <= most < 1_000_000


def test_tables_line_up() -> None:
    """Columns take the width of their widest cell and shrink to the room there is."""
    rows = [["id", "name"], ["1", "محمد"], ["22", "Alexander"]]

    assert table(rows)[0].rstrip() == "id  name"
    assert {cell_len(shown) for shown in table(rows)} == {13}
    assert {cell_len(shown) for shown in table(rows, 9)} == {9}
    assert table(rows, 9)[2] == "22  Alex…"
    assert table([]) == []
