"""Invented values for tests: a message, a page, an event, with only what matters spelled out."""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import majlis.conduct
from connectors.clock import SeededIds
from majlis.audit import EventDraft
from majlis.conduct import contacts_from, rules_from
from majlis.desk import Desk
from majlis.dispatch import Dispatch
from majlis.hours import DEFAULT_CALENDAR, ServiceHours
from majlis.message import Author, Message, MessageKey, Network, ObjectKind
from majlis.policy import Operator, Policy, Role
from majlis.ports import Decision, Mark, Page, Stream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from majlis.outbox import Entry
    from majlis.ports import Store

CONDUCT = Path(majlis.conduct.__file__).parent

AUTHOR = Author(id="u-maha", handle="maha_sample", name="مها")

AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""A Monday, 08:00 in Dubai: inside service hours."""


def key(native_id: str = "1", kind: ObjectKind = ObjectKind.COMMENT, network: Network = Network.X) -> MessageKey:
    """Return a key on the account `moh`."""
    return MessageKey(network=network, account="moh", object=kind, native_id=native_id)


def message(native_id: str = "1", text: str = "متى يفتح المركز؟", **fields: Any) -> Message:
    """Return a comment by Maha in the thread `t`; the text asks when the centre opens."""
    known: dict[str, Any] = {
        "key": key(native_id, fields.pop("kind", ObjectKind.COMMENT), fields.pop("network", Network.X)),
        "thread": "t",
        "author": AUTHOR,
        "text": text,
        "created_at": AT,
        "received_at": AT,
    }
    return Message(**{**known, **fields})


def stream(name: str = "mentions", network: Network = Network.X) -> Stream:
    """Return a stream of the account `moh`."""
    return Stream(network=network, account="moh", name=name, interval=timedelta(seconds=60))


def page(*messages: Message, high: str | None = "1", **fields: Any) -> Page:
    """Return a whole walk of one page."""
    known: dict[str, Any] = {
        "stream": stream(),
        "messages": messages,
        "mark": Mark(high=high),
        "more": False,
        "read_at": AT,
    }
    return Page(**{**known, **fields})


def event(action: str = "done", subject: str = "", actor: str = "salem", **payload: Any) -> EventDraft:
    """Return an event without a place yet."""
    return EventDraft(
        at=AT,
        actor=actor,
        terminal="test",
        action=action,
        subject=subject or str(key()),
        profile_version="1",
        payload=payload,
        salt="5a" * 16,
    )


def decision(*puts: Any, **fields: Any) -> Decision:
    """Return a decision that writes these values."""
    return Decision(puts=puts, event=fields.pop("event", None) or event(), **fields)


CONTACTS = {
    "organisation": {"ar": "وزارة الصحة النموذجية", "en": "Sample Ministry of Health"},
    "domains": ["moh-sample.example"],
    "emails": ["info@moh-sample.example"],
    "phones": ["80090014", "+97125559000"],
    "emergency_numbers": ["998", "999", "997"],
    "po_boxes": ["514"],
    "handles": ["@moh_sample"],
    "default_region": "AE",
}
"""Invented official contacts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calm:
    """A triage that sees nothing special."""

    category: str | None = None
    reason: str | None = None
    urgency: str | None = None
    why: tuple[str, ...] = ()


def calm(text: str, thread: Sequence[str], network: str) -> Calm:
    """Suggest nothing, whatever the text."""
    del text, thread, network
    return Calm()


def policy(**fields: Any) -> Policy:
    """Return the shipped rules with invented contacts and the default calendar."""
    tables = [tomllib.loads(path.read_text("utf-8")) for path in sorted(CONDUCT.glob("*.toml"))]
    known: dict[str, Any] = {
        "id": "test",
        "version": "1",
        "contacts": contacts_from(CONTACTS),
        "rules": rules_from(*tables),
        "hours": ServiceHours((DEFAULT_CALENDAR,)),
        "triage": calm,
    }
    return Policy(**{**known, **fields})


class HandClock:
    """A clock that is set by hand; sleeping sets it."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return what it was set to."""
        return self.at

    async def sleep_until(self, at: datetime) -> None:
        """Be there at once."""
        self.at = max(self.at, at)


def settled(store: Store) -> Callable[[], Awaitable[None]]:
    """Return what lets everybody run on, the store's thread included, until all of them wait."""

    async def settle() -> None:
        for _ in range(40):  # more than anybody has to ask the store in one go
            await store.revision()
            await asyncio.sleep(0)

    return settle


class Bench:
    """A store with a desk and the sender's dispatch, at 08:00 on a Monday, as Salem."""

    def __init__(self, store: Store, **fields: Any) -> None:
        self.store = store
        self.clock = HandClock()
        self.ids = SeededIds(7)
        self.policy = self.in_force(**fields)
        self.desk = self.as_("salem")
        self.dispatch = Dispatch(store=store, clock=self.clock, ids=self.ids, policy=self.policy)

    def in_force(self, **fields: Any) -> Policy:
        """Return its policy."""
        return policy(**fields)

    def as_(self, name: str, *roles: Role) -> Desk:
        """Return the desk of somebody else, by default an operator."""
        operator = Operator(name=name, roles=frozenset(roles or (Role.OPERATOR,)), terminal="test")
        return Desk(store=self.store, clock=self.clock, ids=self.ids, policy=self.policy, operator=operator)

    async def message(self, native_id: str = "1") -> Message:
        """Return a message that is there."""
        found = await self.store.message(key(native_id))
        assert found is not None
        return found

    async def entry(self, made: Entry | None) -> Entry:
        """Return an entry as it is stored now."""
        assert made is not None
        found = await self.store.entry(made.id)
        assert found is not None
        return found

    async def apply(self, *puts: Any) -> None:
        """Write values as somebody else would."""
        await self.store.apply(decision(*puts))
