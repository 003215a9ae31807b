"""The verbs: name, one line about each, and the module that knows the rest.

Modules are loaded when their verb is asked for, so that `majlis list` does not wait for what `majlis run` needs.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from majlis.policy import PEOPLE, Role
from tui.language import N_

if TYPE_CHECKING:
    import argparse

    from majlis.policy import Roles
    from tui.cli.call import Call
    from tui.cli.parser import Parser


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """How one verb is read and carried out."""

    run: Callable[[Call, argparse.Namespace], int]
    """Does it and returns the exit code."""
    arguments: Callable[[Parser], None] = lambda _parser: None
    """Adds what it takes beyond the common options."""
    about: str = ""
    """Catalogue id of what is to be known beyond the one line."""
    examples: tuple[str, ...] = ()


SUMMARIES: Final[dict[str, dict[str, str]]] = {
    "opening": {
        "run": N_("open the inbox (this is what majlis alone does)"),
        "demo": N_("open a practice inbox: a built-in day, no network, no setup"),
    },
    "replaying": {
        "replay": N_("play a scenario, on the screen or without one"),
    },
    "training": {
        "train": N_("practise with a scenario: a goal, an inbox, and what came of it"),
    },
    "service": {
        "poll": N_("read the networks into the inbox, without a screen"),
        "send": N_("send what is due, without a screen"),
    },
    "login": {
        "login": N_("sign in to a network, with a browser here or elsewhere"),
    },
    "reading": {
        "list": N_("list messages, most urgent first"),
        "show": N_("show a message in its thread"),
    },
    "answering": {
        "reply": N_("answer a message, or comment below a post of ours"),
        "edit": N_("put another text in the place of an answer of ours"),
    },
    "acting": {
        "claim": N_("take a message, so that nobody else answers it"),
        "release": N_("give a message back to the queue"),
        "escalate": N_("hand a message to customer service"),
        "urgent": N_("somebody may be in danger: hand it over at once"),
        "done": N_("close a message without a reply"),
        "snooze": N_("put a message away until the next service hour"),
        "memo": N_("put an internal note beside a message"),
        "tag": N_("add or remove tags"),
        "hide": N_("hide a message on its network, or show it again"),
        "reject": N_("take a message off its network for good"),
        "delete": N_("delete an answer of ours on its network"),
        "undo": N_("take back the last action, or call back a held reply"),
    },
    "publishing": {
        "post list": N_("list posts that are coming, by their time"),
        "post show": N_("show a post as each network will show it, and what became of it"),
        "post write": N_("begin a post, or change one"),
        "post submit": N_("say that a post is ready"),
        "post approve": N_("approve somebody else's post as it stands"),
        "post reject": N_("give a post back, with a reason"),
        "post schedule": N_("let a post go out, now or at a time inside service hours"),
        "post withdraw": N_("call a scheduled post back"),
        "post discard": N_("put a post away for good"),
    },
    "casework": {
        "case list": N_("list customer service's cases, most urgent first"),
        "case show": N_("show a case: packet, what happened, what is owed"),
        "case ack": N_("take a case"),
        "case ask": N_("ask the operator something about a case"),
        "case answer": N_("say what was done; the operator decides on a public line"),
        "case return": N_("give a case back that is not yours, and say why"),
        "case close": N_("close an answered case that needs no public line"),
    },
    "noting": {
        "sort": N_("correct what triage thinks of a message"),
        "pledge": N_("read the pledge, and record that you have"),
        "snippet list": N_("list saved replies"),
        "snippet add": N_("keep a saved reply"),
        "snippet remove": N_("remove a saved reply"),
        "official list": N_("list the official contacts that were added"),
        "official add": N_("add an official contact"),
        "official remove": N_("take an added contact off the list"),
    },
    "keeping": {
        "export": N_("write the inbox as a plain TinyDB JSON file"),
        "import": N_("read a plain TinyDB JSON file into an empty inbox"),
        "store check": N_("look for damage in the inbox, and verify its history"),
        "store backup": N_("write a verified backup while the inbox is in use"),
        "store restore": N_("put a backup back"),
        "store move": N_("carry the inbox to another store, such as PostgreSQL"),
        "store grants": N_("print what gives each role its rights on a PostgreSQL server"),
    },
    "auditing": {
        "audit verify": N_("verify the history, its seals, and every row by it"),
        "audit show": N_("list what happened: who did what to which, and when"),
        "audit export": N_("write the history as JSON lines that other tools can verify"),
        "erase": N_("erase a person: what they wrote, who they are, what was written about them"),
        "audit key": N_("make the key with which the service seals the history"),
    },
    "recording": {
        "record": N_("make a scenario of what happened, with invented people"),
    },
    "checking": {
        "check text": N_("judge texts by the conduct rules, JSON lines in and out"),
        "check hours": N_("answer questions about service hours, JSON lines in and out"),
        "check triage": N_("suggest category, reason and urgency, JSON lines in and out"),
        "check layout": N_("lay out bidirectional text, JSON lines in and out"),
    },
    "figures": {
        "report": N_("count what came, what was answered and when, and what the rules said"),
    },
    "setup": {
        "init": N_("set an inbox up for a Unix group on a shared server"),
    },
    "settings": {
        "config init": N_("write commented settings files to fill in"),
        "config show": N_("show every setting in force and where it comes from"),
        "config path": N_("show where the settings files are"),
        "doctor": N_("look whether all is well: program, settings, inbox, accounts"),
        "keys": N_("list the keys of the screen"),
    },
}
"""Module → verb → one line, in the order of the help page."""

UNSETTLED: Final = frozenset({"replay", "train"})
"""Verbs for which no settings are read, not even looked for."""

FAMILY: Final[dict[str, str]] = {verb: family for family, verbs in SUMMARIES.items() for verb in verbs}
"""Verb → module."""

ABOUT: Final[dict[str, str]] = {verb: about for verbs in SUMMARIES.values() for verb, about in verbs.items()}
"""Verb → one line."""

_ANYBODY: Final = None
"""It opens no inbox of anybody's."""
_SERVES: Final[Roles] = (Role.SERVICE,)
"""The service where the site file names one; else whoever has the tokens."""
_LEADS: Final[Roles] = (Role.SUPERVISOR,)
_AUDITS: Final[Roles] = (Role.SUPERVISOR, Role.AUDITOR)
_KEEPS: Final[Roles] = (Role.SUPERVISOR, Role.SERVICE)
_LOOKS: Final[Roles] = (Role.AUDITOR, Role.SUPERVISOR, Role.SERVICE)

MAY_USE: Final[dict[str, Roles | None]] = {
    **dict.fromkeys(FAMILY, PEOPLE),
    "demo": _ANYBODY,
    "replay": _ANYBODY,
    "train": _ANYBODY,
    "poll": _SERVES,
    "send": _SERVES,
    "login": _SERVES,
    "export": _AUDITS,
    "import": _LEADS,
    "store check": (*PEOPLE, Role.SERVICE),
    "store backup": _KEEPS,
    "store restore": _KEEPS,
    "store move": _KEEPS,
    "audit verify": _LOOKS,
    "audit show": (*PEOPLE, Role.SERVICE),
    "audit export": _LOOKS,
    "audit key": _SERVES,
    "erase": _LEADS,
    "record": (*PEOPLE, Role.SERVICE),
    "check text": _ANYBODY,
    "check hours": _ANYBODY,
    "check triage": _ANYBODY,
    "check layout": _ANYBODY,
    "report": _AUDITS,
    "config init": _ANYBODY,
    "config show": _ANYBODY,
    "config path": _ANYBODY,
    "doctor": _ANYBODY,
    "keys": _ANYBODY,
    "init": _ANYBODY,
    "store grants": _ANYBODY,
}
"""Verb → roles of which its user needs one; what it does to the inbox, the desk decides besides."""


def load(name: str) -> Verb:
    """Return a verb, loading its module."""
    module = importlib.import_module(f"tui.cli.{FAMILY[name]}")
    return cast("Mapping[str, Verb]", module.VERBS)[name]
