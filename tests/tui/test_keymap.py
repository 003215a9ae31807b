"""The key table: no key does two things in one place, twins reach what their key reaches, people remap by id."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.keys import _character_to_key

from majlis.commands import (
    AddOfficial,
    DropSnippet,
    KeepSnippet,
    Note,
    Release,
    RemoveOfficial,
    Tag,
    TakePledge,
)
from majlis.policy import Role
from majlis.roles import MAY
from tests.tui.conftest import OpenSitting
from tui import language
from tui.keymap import TABLE, TWINS, Keymap, Place, bindings, shown
from tui.powers import _GIVES
from tui.screens.dialogs import AskScreen, LineScreen, PaletteScreen, PickScreen, ReadScreen
from tui.screens.inbox import InboxScreen
from tui.screens.review import ReviewScreen
from tui.screens.thread import ThreadScreen
from tui.screens.welcome import WelcomeScreen

SCREENS: dict[Place, list[type]] = {
    Place.LIST: [InboxScreen],
    Place.THREAD: [ThreadScreen],
    Place.REVIEW: [ReviewScreen],
    Place.ASK: [AskScreen],
    Place.PICK: [PickScreen],
    Place.LINE: [LineScreen, PaletteScreen],
    Place.READ: [ReadScreen],
    Place.WELCOME: [WelcomeScreen],
}


@pytest.mark.parametrize("place", list(Place))
def test_a_key_does_one_thing_in_a_place(place: Place) -> None:
    """No two rows of the table share a stroke, twins included."""
    strokes = [stroke for key in Keymap().of(place) for stroke in key.bound()]

    assert len(strokes) == len(set(strokes))


@pytest.mark.parametrize(("place", "screen"), [(p, s) for p, screens in SCREENS.items() for s in screens])
def test_every_key_of_a_place_has_its_action(place: Place, screen: type) -> None:
    """A binding without a method would be a key that does nothing."""
    names = {binding.action.partition("(")[0] for binding in bindings(place)}
    missing = {name for name in names if not hasattr(screen, f"action_{name}")}

    assert missing == (set() if place is not Place.PICK else {n for n in missing if n.startswith("move_")})


def test_ids_are_unique() -> None:
    """People remap by them."""
    ids = [key.id for key in TABLE]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("key", "twin"), TWINS.items())
def test_a_twin_is_named_as_textual_names_it(key: str, twin: str) -> None:
    """What the terminal sends for the Arabic letter arrives under this name."""
    char = shown(twin)

    assert _character_to_key(char) == twin
    assert key


def test_the_letters_of_one_physical_key_stay_together() -> None:
    """The Arabic (101) layout, as far as the list uses it."""
    pairs = {
        "j": "ت",
        "k": "ن",
        "r": "ق",
        "e": "ث",
        "d": "ي",
        "c": "ؤ",
        "u": "ع",
        "m": "ة",
        "z": "ئ",
        "h": "ا",
        "g": "ل",
    }

    assert {key: TWINS[key] for key in pairs} == pairs


def test_b_and_its_two_letters() -> None:
    """It stays unbound: on the Arabic layout it sends the twins of g and h."""
    assert all("b" not in key.bound() for key in TABLE)
    with pytest.raises(ValueError, match="b is not free"):
        Keymap({"reply": ("b",)})


def test_critical_actions_are_on_no_capital() -> None:
    """A capital has no safe twin; those there are move and copy."""
    capitals = {key.id for key in TABLE for stroke in key.keys if len(stroke) == 1 and stroke.isupper()}

    assert capitals == {"move.last", "find.previous", "text.copy"}


def test_yes_is_neither_enter_nor_a_key_that_asks() -> None:
    """And no comes first."""
    keymap = Keymap()
    yes = set(keymap.by_id("yes").bound())
    asking = {stroke for name in ("back", "hide", "quit", "discard") for stroke in keymap.by_id(name).bound()}

    assert not yes & (asking | {"enter"})
    assert [key.id for key in keymap.footer(Place.ASK)] == ["no", "yes"]


def test_a_remap_takes_its_twin_along() -> None:
    """Whoever moves reply to a gets its Arabic letter too."""
    keymap = Keymap({"reply": ("a",)})

    assert keymap.strokes() == {"reply": "a,ش"}


def test_a_wrong_remap_is_refused_by_name() -> None:
    """Unknown ids name their neighbour; a taken key names its owner."""
    with pytest.raises(ValueError, match=r"reply$"):
        Keymap({"replyy": ("a",)})
    with pytest.raises(ValueError, match="e is taken by reply"):
        Keymap({"reply": ("e",)})
    with pytest.raises(ValueError, match="taken"):
        Keymap({"reply": ("g",)})


def test_the_key_page_is_the_table() -> None:
    """docs/keys.md is made from it and says every row."""
    language.use("en")
    made = Keymap().markdown()

    assert all(f"`{key.id}`" in made for key in TABLE)
    assert (Path(__file__).parents[2] / "docs" / "keys.md").read_text("utf-8") == made


LOOKS = {"move.next", "open", "search", "filter", "link.show", "raw", "palette", "help", "language", "view.cases"}
DOES = {
    Role.OPERATOR: {"reply", "claim", "drafts", "memo", "escalate", "done", "undo", "write"},
    Role.PUBLISHER: {"reply", "claim", "drafts", "memo", "escalate", "done", "undo", "write"},
    Role.SUPERVISOR: {"reply", "claim", "drafts", "memo", "escalate", "done", "undo", "write"},
    Role.AUDITOR: set(),
    Role.APPROVER: set(),
    Role.CUSTOMER_SERVICE: set(),
}
"""What a role does in the lists, besides looking."""


@pytest.mark.parametrize("role", DOES)
async def test_footer_help_and_palette_offer_what_the_role_may_do(sitting: OpenSitting, role: Role) -> None:
    """And no more: whoever only looks is offered what can be looked at."""
    async with sitting(roles=(role,)) as s:
        ids = {key.id for key in s.inbox().offered()}
        assert ids >= LOOKS
        assert {each for each in ids if each in DOES[Role.OPERATOR]} == DOES[role]
        footer = s.lines()[-1]
        assert ("r reply" in footer) is bool(DOES[role])
        assert "? help" in footer
        if not DOES[role]:
            assert "\\ filter" in footer

        await s.press(":")
        await s.write("memo")
        assert ("Write a memo" in s.text()) is bool(DOES[role])
        await s.press("escape", "?", "G")
        assert f"salem: {role.value.replace('_', ' ')}." in s.text()


async def test_an_empty_list_names_no_key_of_another_role(sitting: OpenSitting) -> None:
    """Whoever only looks is not told what claims, snoozes or calls back."""
    async with sitting([], roles=(Role.AUDITOR,)) as s:
        await s.press("2")
        assert "You hold nothing; you look on here." in s.text()
        await s.press("6")
        assert "u calls back" not in s.text()
    async with sitting([]) as s:
        await s.press("2")
        assert "r on a message of the queue (1) claims it" in s.text()


@pytest.mark.parametrize("code", language.LANGUAGES)
async def test_the_help_is_whole_on_a_narrow_screen(sitting: OpenSitting, code: str) -> None:
    """A long line goes on in the next one."""
    async with sitting(code=code) as s:
        await s.press("?")
        for _page in range(8):
            assert "…" not in s.text()
            await s.press("pagedown")


@pytest.mark.parametrize("stroke", ["r", "c", "m", "d", "w", "h", "p"])
async def test_a_key_of_another_role_is_refused_before_anything_is_asked(sitting: OpenSitting, stroke: str) -> None:
    """With all the roles that may."""
    async with sitting(roles=(Role.AUDITOR,)) as s:
        await s.press(stroke)

        assert s.on(InboxScreen)
        said = " ".join(s.text().split())
        assert "Your role does not allow this" in said
        assert "It needs the role: operator or publisher or supervisor." in said


def test_every_command_of_the_screen_is_among_the_powers() -> None:
    """A key that asks the desk for something is offered to those who may alone."""
    asked = {command for command in MAY if command not in {Release, Note, Tag, TakePledge, KeepSnippet, DropSnippet}}
    asked -= {AddOfficial, RemoveOfficial}

    assert {_GIVES[key.id] for key in TABLE if key.id in _GIVES} == asked
    assert _GIVES.keys() <= {key.id for key in TABLE}
