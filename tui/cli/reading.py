"""The verbs that look: list, show."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from majlis.commands import Reveal
from majlis.errors import Ask, NotFound, UnknownAccount
from majlis.escalation import case_document
from majlis.masking import cover, mask
from majlis.message import Message, MessageKey
from majlis.ports import Row, View, ViewName
from tui import wiring
from tui.cli.verbs import Verb
from tui.language import N_, _, word
from tui.times import short, when

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import datetime

    from majlis.outbox import Entry
    from majlis.ports import Memo
    from majlis.publishing import Post
    from tui.cli.call import Call
    from tui.cli.output import Printer
    from tui.cli.parser import Parser
    from tui.wiring import Desktop

LIMIT = 50
"""Rows that `list` shows unless told otherwise."""


class NotAMessage(Ask):
    """A word that names no message. Facts: word."""

    happened = "“{word}” is not the name of a message."
    safe = "Nothing was done."
    advice = "majlis list shows them: network:account:kind:id"
    exit_code = 2


def key_of(text: str) -> MessageKey:
    """Read a message's name as `list` prints it.

    Raises:
        NotAMessage: It is none.
    """
    try:
        return MessageKey.parse(text)
    except ValueError as error:
        raise NotAMessage(word=text) from error


# ---------------------------------------------------------------------------------------------------------------- list


def _list_arguments(parser: Parser) -> None:
    parser.option(
        "--view", choices=[str(view) for view in ViewName], default="queue", about=_("which list; default: queue")
    )
    narrowing(parser)


def narrowing(parser: Parser) -> None:
    """Add what narrows a list."""
    parser.option("--account", about=_("only messages of this account"))
    parser.option(
        "--search",
        default="",
        metavar="TEXT",
        about=_("only messages that hold these words, in any spelling, or whose author's name does"),
    )
    parser.option("--limit", type=int, default=LIMIT, metavar="N", about=_("rows at most; default: 50"))


def _list(call: Call, arguments: Namespace) -> int:
    return asyncio.run(listed(call, arguments, ViewName(arguments.view)))


async def listed(call: Call, arguments: Namespace, name: ViewName) -> int:
    """Print the rows of a list, as `account`, `search` and `limit` of the arguments ask."""
    async with wiring.desktop(call.settings) as desktop:
        view = View(name=name, operator=desktop.desk.operator.name, account=arguments.account, search=arguments.search)
        window = await desktop.store.window(view, limit=max(arguments.limit, 0))
        if not window.rows and view.account and view.account not in desktop.desk.policy.accounts:
            raise UnknownAccount(subject=view.account)  # one that is no longer ours may have left messages
    rows = window.rows
    if call.printer.json:
        for row in rows:
            call.printer.value(_row_value(row))
        return 0
    if not rows and call.printer.is_terminal:
        call.printer.line(_("Nothing here."))
    for row in rows:
        _print_row(call.printer, row, desktop)
    return 0


def _row_value(row: Row) -> dict[str, Any]:
    if row.entry is not None:
        return entry_value(row.entry)
    if row.case is not None:
        return case_document(row.case, contact=False)
    if row.post is not None:
        return post_value(row.post)
    return message_value(row.message) if row.message else {}


def _print_row(printer: Printer, row: Row, desktop: Desktop) -> None:
    if row.entry is not None:
        due = when(row.entry.due_at, desktop.clock.now(), desktop.desk.policy.hours)
        head = (row.entry.id, word(row.entry.state), due)
        body = row.entry.text or word(row.entry.action)
    elif row.message is not None:
        message = masked(row.message)
        head = (str(message.key), _state(message, desktop.clock.now()), _due(message, desktop))
        body = _said_by(message)
    elif row.case is not None:
        case, packet = row.case, row.case.packet
        due = when(case.due_at, desktop.clock.now(), desktop.desk.policy.hours)
        head = (case.id, word(case.state), f"{word(case.reason)}  {due}")
        body = f"{packet.name or packet.handle or _('somebody')}: {cover(packet.text, packet.contact)}"
    elif row.post is not None:
        post = row.post
        at = post.publish_at
        head = (post.id, word(post.state), when(at, desktop.clock.now(), desktop.desk.policy.hours) if at else "")
        body = post.arabic or post.english
    else:
        return
    if printer.is_terminal:
        printer.line("  ".join(part for part in head if part))
        printer.row(f"   {body}")
    else:
        printer.table([(*head, body)])


def _state(message: Message, now: datetime) -> str:
    """Return where a message stands, who holds it, and for how long."""
    claim = message.standing.claim
    state = word(message.standing.state)
    return f"{state} ({claim.holder}, {short(now - claim.since)})" if claim and claim.holds(now) else state


def _due(message: Message, desktop: Desktop) -> str:
    dues = [at for at in (message.standing.due_at, message.standing.platform_due_at) if at is not None]
    return when(min(dues), desktop.clock.now(), desktop.desk.policy.hours) if dues else ""


def _said_by(message: Message) -> str:
    author = _("us") if message.ours else message.author.shown()
    return f"{author}: {message.text}" if author else message.text


# ---------------------------------------------------------------------------------------------------------------- show


def _show_arguments(parser: Parser) -> None:
    parser.take("message", _("its name, as list shows it"))
    parser.option("--reveal", action="store_true", about=_("show personal contact data in full; this look is logged"))


def _show(call: Call, arguments: Namespace) -> int:
    return asyncio.run(_shown(call, arguments))


async def _shown(call: Call, arguments: Namespace) -> int:
    key = key_of(arguments.message)
    async with wiring.desktop(call.settings) as desktop:
        message = await desktop.store.message(key)
        if message is None:
            raise NotFound(subject=str(key))
        if arguments.reveal:
            await desktop.desk.do(Reveal(key=key))
        thread = await desktop.store.thread(key.account, message.thread)
        memos = await desktop.store.memos(key.account, message.thread)
        entry = await desktop.store.entry(message.standing.entry) if message.standing.entry else None
    shown = tuple(each if arguments.reveal and each.key == key else masked(each) for each in thread)
    if call.printer.json:
        call.printer.value(
            {
                "message": message_value(message, is_whole=arguments.reveal),
                "thread": [message_value(each, is_whole=each.key == key and arguments.reveal) for each in thread],
                "memos": [{"author": memo.author, "at": memo.at, "text": memo.text} for memo in memos],
                "entry": entry_value(entry) if entry else None,
            }
        )
        return 0
    for each in shown:
        _print_message(call.printer, each, desktop, is_asked=each.key == key)
    _print_rest(call.printer, memos, entry)
    return 0


def _print_message(printer: Printer, message: Message, desktop: Desktop, *, is_asked: bool) -> None:
    now = desktop.clock.now()
    at = when(message.created_at, now, desktop.desk.policy.hours)
    author = _("us") if message.ours else message.author.shown() or _("somebody")
    head = [author, at] if message.ours else [author, at, _state(message, now), _due(message, desktop)]
    printer.line(f"{'>' if is_asked else ' '} {'  '.join(part for part in head if part)}")
    printer.paragraph(message.text, indent=4)
    if message.standing.barred:
        printer.paragraph(word("ways_out"), indent=4)
    printer.line()


def _print_rest(printer: Printer, memos: tuple[Memo, ...], entry: Entry | None) -> None:
    for memo in memos:
        printer.line(_("memo by {author}", author=memo.author))
        printer.paragraph(memo.text, indent=4)
    if entry is not None and entry.text:
        printer.line(_("our answer: {state}", state=entry.state))
        printer.paragraph(entry.text, indent=4)


# --------------------------------------------------------------------------------------------------- values for others


def masked(message: Message) -> Message:
    """Return a message whose personal contact data is covered."""
    return replace(message, text=mask(message.text, message.personal)) if message.personal else message


def message_value(message: Message, *, is_whole: bool = False) -> dict[str, Any]:
    """Return a message as the command line gives it to programs.

    Args:
        message: Any message.
        is_whole: Leave personal contact data uncovered.
    """
    standing = message.standing
    shown = message if is_whole else masked(message)
    return {
        "key": str(message.key),
        "network": message.key.network,
        "account": message.key.account,
        "kind": message.key.object,
        "thread": message.thread,
        "parent": message.parent,
        "author": {"id": message.author.id, "handle": message.author.handle, "name": message.author.name},
        "ours": message.ours,
        "text": shown.text,
        "covered": not is_whole and bool(message.personal),
        "created_at": message.created_at,
        "link": message.link,
        "state": standing.state,
        "holder": standing.claim.holder if standing.claim else None,
        "held_since": standing.claim.since if standing.claim else None,
        "held_until": standing.claim.until if standing.claim else None,
        "reason": standing.reason,
        "due_at": standing.due_at,
        "platform_due_at": standing.platform_due_at,
        "urgency": standing.urgency,
        "category": standing.category,
        "tags": list(standing.tags),
        "case": standing.case,
        "entry": standing.entry,
        "barred": standing.barred,
    }


def post_value(post: Post) -> dict[str, Any]:
    """Return a post as the command line gives it to programs."""
    return {
        "post": post.id,
        "kind": post.kind,
        "state": post.state,
        "arabic": post.arabic,
        "english": post.english,
        "link": post.link,
        "pictures": [{"digest": each.digest, "type": each.media_type, "alt": each.alt} for each in post.pictures],
        "targets": [str(target) for target in post.targets],
        "author": post.author,
        "publish_at": post.publish_at,
        "approved": post.is_approved(),
        "steps": [{"step": each.step, "at": each.at, "by": each.by, "text": each.text} for each in post.steps],
    }


def entry_value(entry: Entry) -> dict[str, Any]:
    """Return an outbox entry as the command line gives it to programs."""
    return {
        "entry": entry.id,
        "action": entry.action,
        "account": entry.account,
        "message": str(entry.target) if entry.target else None,
        "state": entry.state,
        "author": entry.author,
        "text": entry.text,
        "created_at": entry.created_at,
        "due_at": entry.due_at,
        "link": entry.receipt.link if entry.receipt else None,
        "problem": entry.problem,
    }


VERBS = {
    "list": Verb(
        run=_list,
        arguments=_list_arguments,
        about=N_("Personal contact data is covered. In a pipe: name, state, due time, text, parted by tabs."),
        examples=("majlis list", "majlis list --view all --search اللقاح", "majlis list --json | head -n 3"),
    ),
    "show": Verb(
        run=_show,
        arguments=_show_arguments,
        about=N_("The thread, oldest first; the message asked for is marked. Personal contact data is covered."),
        examples=("majlis show x:ministry-x:post:1858000000000000001",),
    ),
}
