"""What colleagues do in a scenario, as commands for their desks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from connectors.scenario.book import OURS
from connectors.scenario.reading import acted
from connectors.scenario.rows import (
    About,
    ChangeRow,
    ClaimRow,
    DoneRow,
    HandOnRow,
    Operator,
    OverrideRow,
    RejectRow,
    ReplyRow,
    SnoozeRow,
    SortRow,
    TagRow,
    UrgentRow,
    WordsRow,
)
from connectors.scenario.times import moment
from majlis import commands
from majlis.errors import NotFound
from majlis.message import MessageKey, ObjectKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from connectors.scenario.rows import AccountRow
    from majlis.commands import Command
    from majlis.escalation import Case
    from majlis.message import Message
    from majlis.ports import Store


class Roll:
    """Finds the messages that a scenario names."""

    def __init__(self, store: Store, accounts: Iterable[AccountRow]) -> None:
        self._store = store
        self._accounts = {account.id: account.network for account in accounts}

    async def message(self, about: About) -> Message | None:
        """Return the message that is meant, as it is stored; None while it is not there."""
        found = await self._named(about.id.removeprefix(OURS), about.account)
        return await self.answer(found) if found is not None and about.id.startswith(OURS) else found

    async def _named(self, native_id: str, account: str | None) -> Message | None:
        for name, network in self._accounts.items():
            for kind in ObjectKind if account in (None, name) else ():
                key = MessageKey(network=network, account=name, object=kind, native_id=native_id)
                found = await self._store.message(key)
                if found is not None:
                    return found
        return None

    async def answer(self, message: Message) -> Message | None:
        """Return our latest answer to a message."""
        thread = await self._store.thread(message.key.account, message.thread)
        ours = [each for each in thread if each.ours and each.parent == message.key.native_id]
        return max(ours, key=lambda each: each.created_at, default=None)

    async def case(self, message: Message) -> Case | None:
        """Return the latest case of a message."""
        cases = await self._store.cases(message.key.account, message.thread)
        having = [case for case in cases if str(message.key) in case.messages]
        return having[-1] if having else None


async def command(step: Operator, roll: Roll, start: datetime) -> Command:
    """Return what a line asks the desk for.

    Raises:
        NotFound: The message, our answer to it, or its case is not there.
    """
    verb, about = acted(step)
    message = await roll.message(about)
    if message is not None and verb in {"change", "delete"} and not message.ours:
        message = await roll.answer(message)
    if message is None:
        raise NotFound(subject=about.id)
    if verb in {"ack", "ask", "answer", "return", "close"}:
        case = await roll.case(message)
        if case is None:
            raise NotFound(subject=about.id)
        return _of_case(verb, about, case.id)
    return _of_message(verb, about, message, start)


def _of_case(verb: str, about: About, case: str) -> Command:
    text = about.text if isinstance(about, WordsRow) else ""
    match verb:
        case "ack":
            return commands.Acknowledge(case=case)
        case "close":
            return commands.CloseCase(case=case)
        case "ask":
            return commands.AskBack(case=case, text=text)
        case "answer":
            return commands.AnswerCase(case=case, text=text)
        case _:
            return commands.ReturnCase(case=case, text=text)


def _of_message(verb: str, about: About, message: Message, start: datetime) -> Command:  # noqa: C901, PLR0911, PLR0912  one line per verb
    key = message.key
    match about:
        case ClaimRow(take_over=str(why)):
            return commands.Claim.taking_over(message, why)
        case ClaimRow():
            return commands.Claim(key=key)
        case ReplyRow():
            return commands.Reply(
                key=key,
                text=about.text,
                acknowledged=about.acknowledged,
                private=about.private,
                queue=about.queue,
                override=_override(about.override),
            )
        case ChangeRow():
            return commands.Edit(
                key=key,
                text=about.text,
                acknowledged=about.acknowledged,
                queue=about.queue,
                override=_override(about.override),
            )
        case HandOnRow():
            return commands.Escalate(key=key, reason=about.reason, note=about.note, tags=about.tags)
        case UrgentRow():
            return commands.Urgent(key=key, reason=about.reason, note=about.note)
        case DoneRow():
            return commands.Done(key=key, reason=about.reason)
        case SnoozeRow():
            return commands.Snooze(key=key, until=None if about.until is None else moment(about.until, start))
        case TagRow():
            return commands.Tag(key=key, add=about.add, remove=about.remove)
        case RejectRow():
            return commands.Reject(key=key, ban=about.ban)
        case SortRow():
            return commands.CorrectTriage(key=key, category=about.category, urgency=about.urgency, reason=about.reason)
        case WordsRow() if verb == "note":
            return commands.Note(key=key, text=about.text)
        case WordsRow():
            return commands.WriteMemo(key=key, text=about.text)
        case _:
            return _PLAIN[verb](key)


_PLAIN: Final[dict[str, Callable[[MessageKey], Command]]] = {
    "release": lambda key: commands.Release(key=key),
    "delete": lambda key: commands.Delete(key=key),
    "hide": lambda key: commands.Hide(key=key),
    "unhide": lambda key: commands.Hide(key=key, hidden=False),
    "reveal": lambda key: commands.Reveal(key=key),
    "undo": lambda key: commands.TakeBack(key=key),
}
"""Verbs that say no more than what they are about."""


def _override(row: OverrideRow | None) -> commands.Override | None:
    return None if row is None else commands.Override(reason=row.reason, note=row.note)
