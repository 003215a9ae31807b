"""Values of the domain as documents: the value, beside the few fields by which it is found and sorted."""

from __future__ import annotations

from dataclasses import MISSING, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from majlis.escalation import CASE_OPEN, Case, case_order
from majlis.message import Message, ObjectKind, Standing, newest_order, queue_order, sortable
from majlis.outbox import Entry
from majlis.ports import Kept, Memo, Undo
from majlis.publishing import Post, calendar_order
from majlis.records import Official, Pledge, Snippet
from majlis.states import OPEN, CaseState, MessageState, PostState
from store.search import FIELD, of_case, of_entry, of_message, of_post

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

T = TypeVar("T")
Value = Kept

TABLES: Final[dict[type, str]] = {
    Message: "message",
    Entry: "entry",
    Case: "case",
    Post: "post",
    Memo: "memo",
    Undo: "undo",
    Pledge: "pledge",
    Snippet: "snippet",
    Official: "official",
}
"""Where each kind of value is kept."""

INDEXES: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "message": (
        ("list", "order"),
        ("list", "newest"),
        ("holder", "order"),
        ("newest",),
        ("account", "thread"),
        ("rev",),
        ("wake_at",),
        ("lease_until",),
    ),
    "entry": (("state", "due_at"), ("newest",), ("rev",)),
    "case": (("list", "order"), ("account", "thread"), ("rev",)),
    "post": (("list", "order"), ("rev",)),
    "memo": (("account", "thread"), ("rev",)),
    "undo": (("actor", "used", "rev"),),
    "draft": (("author", "saved_at"),),
    "gap": (("account", "since"), ("since",)),
    "tally": (("day",),),
}
"""Fields that lists, threads and loops ask by, for each table; `key` is unique in all of them."""

SPARSE: Final = frozenset({"list", "holder", "wake_at", "lease_until"})
"""Fields that most messages lack, which keeps their indexes small; whoever asks by one says that it exists."""


def document(value: Value, rev: int) -> dict[str, Any]:
    """Return a value, as written at a revision, as a document with the fields it is found by."""
    found_by: dict[str, Any]
    match value:
        case Message():
            found_by = _of_message(value, value.queued or rev)
        case Entry():
            found_by = {
                "key": value.id,
                "account": value.account,
                "state": value.state,
                "due_at": sortable(value.due_at),
                "newest": f"{sortable(value.created_at)}|{value.id}",
                "queued": rev,
                FIELD: of_entry(value),
            }
        case Case():
            found_by = _of_case(value, value.queued or rev)
        case Post():
            found_by = _of_post(value, value.queued or rev)
        case Memo():
            found_by = {"key": value.id, "account": value.account, "thread": value.thread}
        case Undo():
            found_by = {
                "key": value.id,
                "actor": value.actor,
                "message": str(value.message.key),
                "used": value.used,
            }
        case Pledge() | Snippet() | Official():
            found_by = {"key": value.id}
    made = plain(value)
    made["rev"] = rev
    if isinstance(value, Message | Case | Post):
        made["queued"] = found_by["queued"]
    return {**found_by, "rev": rev, "value": made}


def _of_message(message: Message, queued: int) -> dict[str, Any]:
    standing = message.standing
    held = standing.state in {MessageState.CLAIMED, MessageState.WAITING} and standing.claim is not None
    claimed = standing.state is MessageState.CLAIMED and standing.claim is not None
    snoozed = standing.state is MessageState.SNOOZED and standing.snoozed_until is not None
    found_by = {
        "key": str(message.key),
        "account": message.key.account,
        "thread": message.thread,
        "list": _list_of(message),
        "order": queue_order(message),
        "newest": newest_order(message),
        "queued": queued,
        "holder": standing.claim.holder if held and standing.claim else None,
        "lease_until": sortable(standing.claim.until) if claimed and standing.claim else None,
        "wake_at": sortable(standing.snoozed_until) if snoozed and standing.snoozed_until else None,
        FIELD: of_message(message),
    }
    return {name: field for name, field in found_by.items() if field is not None}


def _of_case(case: Case, queued: int) -> dict[str, Any]:
    found_by = {"key": case.id, "account": case.account, "thread": case.thread, "queued": queued}
    found_by[FIELD] = of_case(case)
    # What was answered stays in sight until the operator has closed it.
    listed = case.state in CASE_OPEN or case.state is CaseState.ANSWERED
    return found_by | ({"list": "cases", "order": case_order(case)} if listed else {})


def _of_post(post: Post, queued: int) -> dict[str, Any]:
    found_by: dict[str, Any] = {"key": post.id, "account": "", "queued": queued, FIELD: of_post(post)}
    listed = post.state not in {PostState.RELEASED, PostState.DISCARDED}
    return found_by | ({"list": "calendar", "order": calendar_order(post)} if listed else {})


def _list_of(message: Message) -> str | None:
    """Name the one list, besides mine and all, in which a message stands."""
    if message.ours:
        return "posts" if message.key.object is ObjectKind.POST else None
    state = message.standing.state
    if state in OPEN:
        return None if message.history else "queue"
    if state in {MessageState.WAITING, MessageState.SNOOZED}:
        return "waiting"
    return "escalated" if state is MessageState.ESCALATED else None


def plain(value: object) -> dict[str, Any]:
    """Return a value as JSON values, leaving out what it has by default."""
    return _lean(msgspec.to_builtins(value), type(value))


def _lean(made: dict[str, Any], kind: type) -> dict[str, Any]:
    defaults = _defaults(kind)
    lean = {name: part for name, part in made.items() if name not in defaults or part != defaults[name]}
    if kind is Message and "standing" in lean:
        lean["standing"] = _lean(lean["standing"], Standing)
    return lean


@cache
def _defaults(kind: type) -> dict[str, Any]:
    return {each.name: msgspec.to_builtins(each.default) for each in fields(kind) if each.default is not MISSING}


def value_of(found: Mapping[str, Any], kind: type[T]) -> T:
    """Return the value of a document."""
    return msgspec.convert(found["value"], kind)


NONSENSE: Final = (msgspec.ValidationError, KeyError, TypeError, AttributeError)
"""What comes of reading a row as something that nobody of ours has written there."""


def becoming(new: dict[str, Any]) -> Callable[[MutableMapping[Any, Any]], None]:
    """Return an update that leaves nothing of the old document: fields that are not there mean something."""

    def change(found: MutableMapping[Any, Any]) -> None:
        found.clear()
        found.update(new)

    return change
