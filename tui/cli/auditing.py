"""The verbs about the history: audit verify, show, export, key."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.clock import SystemClock
from majlis.audit import Fault
from majlis.erasing import Person
from majlis.errors import Ask, NotFound
from store.chronicle import Wanted
from tui import auditing, wiring
from tui.cli.keeping import CannotWrite
from tui.cli.output import PIPE_WIDTH
from tui.cli.verbs import Verb
from tui.language import N_, _, ngettext, word

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from majlis.audit import AuditReport, Discrepancy, Event
    from store.erasing import Erased
    from store.verifying import Progress
    from tui.cli.call import Call
    from tui.cli.output import Printer
    from tui.cli.parser import Parser

ALTERED, UNSEALED = 9, 10
LIMIT = 50
_INDENT = 4
_WRITTEN = frozenset({"text", "note", "reason", "why", "answer"})
"""What people wrote, among what an event says."""
_ACTIONS = {
    "accept": N_("goes on without what is lost"),
    "add_official": N_("official contact added"),
    "audit_export": N_("history exported"),
    "audit_reveal": N_("history looked at uncovered"),
    "backup": N_("backup written"),
    "drop_snippet": N_("saved reply removed"),
    "erase": N_("person erased"),
    "export": N_("inbox exported"),
    "gap": N_("time not read"),
    "import": N_("inbox imported"),
    "ingest": N_("messages read in"),
    "keep_snippet": N_("saved reply kept"),
    "login": N_("account signed in"),
    "move": N_("inbox moved"),
    "open_contact": N_("contact data opened"),
    "remove_official": N_("official contact removed"),
    "restore": N_("backup put back"),
    "seal_key": N_("key for seals made"),
    "uncovered": N_("entry without a history, not sent"),
    "upgrade": N_("inbox brought up to this version"),
}
"""Events that have no word in the vocabulary of the screens."""
LONG = 5000
"""Rows or events from which it is said how far a look has come."""

FAULTS = {
    Fault.EVENT: N_("From event {n} on the history is not as it was written, or in another order."),
    Fault.END: N_("The history stops short: event {n} should be there."),
    Fault.PINS: N_("What event {n} says of the rows it wrote was changed or taken away."),
    Fault.PAYLOAD: N_("What belongs to event {n} was changed, or taken away without an erasure."),
    Fault.ALTERED: N_("{subject} is not what was written last."),
    Fault.ADDED: N_("{subject} was not written by this program."),
    Fault.REMOVED: N_("{subject} was taken away, and not by this program."),
    Fault.MISPLACED: N_("{subject} stands in lists, or is found, otherwise than by what it says."),
    Fault.PICTURE: N_("{subject} is not the picture that was kept."),
    Fault.FOREIGN: N_("{subject} in the file is not of this program's making: it may change rows, or keep them."),
    Fault.SEAL: N_("Seal {n} does not fit: another key, another history, or the seal before it is missing."),
    Fault.CUT: N_("Seal {n} was made and is gone: the history was cut back, put back from a copy, or written anew."),
}


class BadTime(Ask):
    """A time that cannot be read. Facts: word."""

    happened = "“{word}” is no time."
    safe = "Nothing was done."
    advice = "Write 2026-11-23 or 2026-11-23T08:00."
    exit_code = 2


class KeyIsThere(Ask):
    """There is a key already. Facts: path."""

    happened = "{path} is there already."
    safe = "It is left as it is: what was sealed with it can only be checked by its public half."
    advice = (
        "To begin with another key, move it and its .log away, and keep both; add the new public key behind the old."
    )


class NoSuchEvent(NotFound):
    """No event of that number, or none that this user may see. Facts: subject."""

    happened = "There is no event {subject} in the history that you may see."
    advice = "What there is: majlis audit show"


class NotAPerson(Ask):
    """A word that names nobody. Facts: word."""

    happened = "“{word}” names nobody."
    safe = "Nothing was done."
    advice = "Write network:id, network:@handle, or the name of a message as majlis list shows it."
    exit_code = 2


class NotSureToErase(Ask):
    """Erasing has to be meant."""

    happened = "This cannot be taken back."
    safe = "Nothing was erased."
    advice = "To erase it, do it again with --yes and --reason."


# -------------------------------------------------------------------------------------------------------------- verify


def _verify(call: Call, _arguments: Namespace) -> int:
    report = asyncio.run(auditing.verify(call.settings, _progress(call)))
    late = auditing.is_late(report, SystemClock().now()) if auditing.keys(call.settings) else None
    code = ALTERED if not report.is_whole else UNSEALED if late is not None else 0
    if call.printer.json:
        call.printer.value(_report_value(call, report, code))
    else:
        _tell(call, report, late)
    return code


def _progress(call: Call) -> Progress:
    """Return what says on a terminal how far a long look has come: figures alone, on a line that goes away."""
    err = call.printer.err

    def told(_what: str, done: int, total: int) -> None:
        if total > LONG and err.isatty():
            err.write(f"\r{done} / {total}" if done < total else "\r\x1b[K")
            err.flush()

    return told


def _report_value(call: Call, report: AuditReport, code: int) -> dict[str, Any]:
    return {
        "ok": code == 0,
        "events": report.events,
        "rows": report.rows,
        "erased": report.erased,
        "refused": report.refused,
        "seals": report.seals,
        "keys": list(auditing.keys(call.settings)),
        "sealed_rev": report.sealed_rev,
        "sealed_at": report.sealed_at,
        "unsealed_since": report.unsealed_since,
        "discrepancies": [
            {
                "fault": each.fault,
                "subject": each.subject,
                "rev": each.rev,
                "action": each.action or None,
                "actor": each.actor or None,
                "at": each.at,
            }
            for each in report.discrepancies
        ],
        "more": report.more,
    }


def _tell(call: Call, report: AuditReport, late: timedelta | None) -> None:
    line = call.printer.paragraph
    line(
        ngettext(
            "{n} event, {rows} rows looked at.", "{n} events, {rows} rows looked at.", report.events, rows=report.rows
        )
    )
    if report.erased:
        line(
            ngettext(
                "{n} event's words were erased on purpose.", "{n} events' words were erased on purpose.", report.erased
            )
        )
    if report.refused:
        line(
            ngettext(
                "{n} entry was not sent, this program had not written it: majlis audit show --action uncovered",
                "{n} entries were not sent, this program had not written them: majlis audit show --action uncovered",
                report.refused,
            )
        )
    for each in report.discrepancies:
        line(_fault(each))
    if report.more:
        line(_("And {n} more.", n=report.more))
    known = list(auditing.keys(call.settings))
    if not known:
        line(_("Not sealed: whoever can write the inbox can write its history anew. majlis audit key makes a key."))
    for name in known:
        line(_("Seals are checked by the key {key}.", key=name))
    if known and report.sealed_at is not None:
        at = f"{report.sealed_at:%Y-%m-%d %H:%M} UTC"
        line(_("Sealed up to revision {rev}, {at}.", rev=report.sealed_rev, at=at))
    if late is not None and report.unsealed_since is not None:
        since = f"{report.unsealed_since:%Y-%m-%d %H:%M} UTC"
        line(_("Not sealed since {at}: does the service run, and is the key there?", at=since))
    line(_("All of it fits.") if report.is_whole else _("It does NOT fit. Nothing was changed by looking."))


def _fault(found: Discrepancy) -> str:
    said = _(FAULTS[found.fault], subject=found.subject, n=found.subject.rpartition(":")[2])
    if found.at is None:
        return said
    at = f"{found.at:%Y-%m-%d %H:%M:%S} UTC"
    who = _(
        "The last event about it: {rev}, {action} by {actor}, {at}.",
        rev=found.rev,
        action=found.action,
        actor=found.actor,
        at=at,
    )
    return f"{said} {who}"


# ---------------------------------------------------------------------------------------------------------------- show


def _show_arguments(parser: Parser) -> None:
    parser.take("event", _("one of them alone, by its number, and in full"), nargs="?", type=int)
    parser.option("--since", metavar="TIME", about=_("not before this time: 2026-11-23 or 2026-11-23T08:00"))
    parser.option("--until", metavar="TIME", about=_("before this time"))
    parser.option("--actor", about=_("only what this user did"))
    parser.option("--subject", about=_("only about this: a part of a message's, entry's or case's name"))
    parser.option("--action", about=_("only this action, such as reply, reveal, erase"))
    parser.option("--limit", type=int, default=LIMIT, metavar="N", about=_("events at most, the newest; default: 50"))
    parser.option("--long", action="store_true", about=_("all that was written down of each"))
    parser.option("--reveal", action="store_true", about=_("leave contact data uncovered; this look is logged"))


def _show(call: Call, arguments: Namespace) -> int:
    wanted = Wanted(
        since=_time(arguments.since),
        until=_time(arguments.until),
        actor=arguments.actor,
        subject=arguments.subject,
        action=arguments.action,
        rev=arguments.event,
    )
    found = asyncio.run(auditing.told(call.settings, wanted, arguments.limit, reveal=arguments.reveal))
    is_long = arguments.long or arguments.event is not None
    for event, payload in found:
        if call.printer.json:
            call.printer.value(_event_value(event, payload))
        elif is_long or call.printer.is_terminal:
            _print_event(call.printer, event, payload, is_long=is_long)
        else:
            at = f"{event.at:%Y-%m-%d %H:%M:%S}Z"
            who, short = (event.actor, event.terminal), _in_short(payload)[:PIPE_WIDTH]
            call.printer.table([(str(event.rev), at, *who, event.action, event.subject, short)])
    if arguments.event is not None and not found:
        raise NoSuchEvent(subject=arguments.event)
    if call.printer.is_terminal and not call.printer.json and not (found and is_long):
        call.printer.paragraph(_("One of them in full: majlis audit show EVENT") if found else _("Nothing here."))
    return 0


def _print_event(printer: Printer, event: Event, payload: Any, *, is_long: bool) -> None:
    """Print when, who, where and what; below it to what, and what was written down, on one row or in full."""
    at = f"{event.at:%Y-%m-%d %H:%M:%S} UTC"
    where = _("no terminal") if event.terminal == "none" else event.terminal
    facts = {"rev": event.rev, "at": at, "actor": event.actor, "terminal": where, "action": _action(event)}
    printer.paragraph(_("{rev}  {at}  by {actor}, {terminal}: {action}", **facts))
    printer.paragraph(_("about {subject}", subject=event.subject), indent=_INDENT)
    if not is_long:
        short = _said(payload)
        for line in [short] if short else []:
            printer.row(f"{' ' * _INDENT}{line}")
        return
    if payload is None:
        printer.paragraph(_("(erased)"), indent=_INDENT)
    rows = [*_parts(payload or {}), ("profile_version", event.profile_version), ("hash", event.hash)]
    printer.rows([row for row in rows if row[1]], indent=_INDENT)
    printer.line()


def _action(event: Event) -> str:
    """Return what was done, and the code that --action takes where that is another word."""
    known = _ACTIONS.get(event.action)
    said = word(event.action) if known is None else _(known)
    return said if said == event.action else f"{said} ({event.action})"


def _said(payload: Any) -> str:
    """Return what people wrote, in the order in which it is read; else what the program noted."""
    if payload is None:
        return _("(erased)")
    words = [word(part) for name, part in _parts(payload) if name in _WRITTEN]
    return "  ".join(words) if words else _in_short(payload)


def _parts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield what a payload says, each with its dotted name; what says nothing is left out."""
    if value in (None, "", [], {}):
        return
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _parts(part, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for number, part in enumerate(value, 1):
            yield from _parts(part, f"{name}.{number}")
    else:
        yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _in_short(payload: Any) -> str:
    """Return what was written down on one row, what people wrote before what the program noted."""
    if payload is None:
        return _("(erased)")
    parts = sorted(_parts(payload), key=lambda part: part[0].rpartition(".")[2] not in _WRITTEN)
    return "  ".join(f"{name}={' '.join(part.split())}" for name, part in parts)


def _event_value(event: Event, payload: Any) -> dict[str, Any]:
    return {
        "rev": event.rev,
        "at": event.at,
        "actor": event.actor,
        "terminal": event.terminal,
        "action": event.action,
        "subject": event.subject,
        "profile_version": event.profile_version,
        "payload": payload,
        "hash": event.hash,
    }


def _time(text: str | None) -> datetime | None:
    """Read a time as the machine's zone has it, unless it brings its own.

    Raises:
        BadTime: It is none.
    """
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError) as error:
        raise BadTime(word=text) from error


# ---------------------------------------------------------------------------------------------------------- export, key


def _export_arguments(parser: Parser) -> None:
    parser.take("file", _("where to write it; a file that is there is replaced"))
    parser.option("--whole", action="store_true", about=_("with what people wrote; a supervisor's to ask for"))


def _export(call: Call, arguments: Namespace) -> int:
    path = Path(arguments.file)
    try:
        count = asyncio.run(auditing.export(call.settings, path, is_whole=arguments.whole))
    except OSError as error:
        raise CannotWrite(path=str(path), reason=error.strerror or str(error)) from error
    if call.printer.json:
        call.printer.value({"path": str(path), "events": count})
    else:
        call.printer.line(ngettext("{n} event, {path}", "{n} events, {path}", count, path=str(path)))
    return 0


def _key(call: Call, _arguments: Namespace) -> int:
    from connectors import sealing  # noqa: PLC0415  a library of ciphers, for seals alone

    path = call.settings.seal_key
    try:
        public = sealing.make_key(path)
    except FileExistsError as error:
        raise KeyIsThere(path=str(path)) from error
    except OSError as error:
        raise CannotWrite(path=str(path), reason=error.strerror or str(error)) from error
    name = sealing.fingerprint(public)
    if call.printer.json:
        call.printer.value({"path": str(path), "public": public, "fingerprint": name})
    else:
        _tell_key(call, path, public, name)
    asyncio.run(wiring.write_down(call.settings, "seal_key", name, {}))
    return 0


def _tell_key(call: Call, path: Path, public: str, name: str) -> None:
    call.printer.paragraph(
        _("Made: {path}. Only its owner can read it, and only who polls and sends needs it.", path=str(path))
    )
    call.printer.paragraph(_("Put its public half into the site file, so that everybody checks seals by the same key:"))
    call.printer.line(f'seal_public = ["{public}"]')
    call.printer.line(_("Fingerprint: {key}", key=name))


# --------------------------------------------------------------------------------------------------------------- erase


def _erase_arguments(parser: Parser) -> None:
    parser.take("person", _("network:id or network:@handle, or the name of a message that they wrote"))
    parser.option(
        "--reason", default="", metavar="TEXT", about=_("why, without saying who it is; it stays in the history")
    )
    parser.option("--yes", action="store_true", about=_("erase without asking"))


def _erase(call: Call, arguments: Namespace) -> int:
    try:
        who = Person.parse(arguments.person)
    except ValueError as error:
        raise NotAPerson(word=arguments.person) from error
    found = auditing.to_erase(call.settings, who)
    if not arguments.yes:
        _list_counts(call, found)
        raise NotSureToErase
    done = auditing.erase(call.settings, who, arguments.reason)
    if call.printer.json:
        value = {"erased": dict(done.counts), "revision": done.revision, "purged": done.is_purged}
        call.printer.value(value)
        return 0
    _list_counts(call, done)
    call.printer.paragraph(_("Erased; the history says that, by whom and why. Backups and exports still hold it."))
    if not done.is_purged:
        call.printer.paragraph(
            _("Others have the inbox open: its file holds traces until they have closed it. Then do this again.")
        )
    return 0


def _list_counts(call: Call, found: Erased) -> None:
    if not call.printer.json:
        call.printer.table([(_(_TOUCHED[table]), str(number)) for table, number in found.counts.items()])


_TOUCHED = {
    "message": N_("messages"),
    "entry": N_("outbox entries"),
    "case": N_("cases"),
    "post": N_("posts"),
    "memo": N_("memos"),
    "undo": N_("undo records"),
    "pledge": N_("pledges"),
    "snippet": N_("saved replies"),
    "official": N_("official contacts"),
    "quarantine": N_("rows set aside"),
    "draft": N_("drafts"),
    "payload": N_("words of events"),
}

VERBS = {
    "erase": Verb(
        run=_erase,
        arguments=_erase_arguments,
        about=N_(
            "For supervisors. Says what it touches, and does it with --yes and a --reason. Nothing brings it back; a "
            "later poll does not either."
        ),
        examples=("majlis erase x:1858000000000000001", 'majlis erase x:@handle --reason "asked by letter 12" --yes'),
    ),
    "audit verify": Verb(
        run=_verify,
        about=N_(
            "Changes nothing. For auditors, supervisors and the service. Exit codes: 0 all of it fits, 9 something was "
            "altered, 10 it fits and has not been sealed for half an hour."
        ),
        examples=("majlis audit verify", "majlis audit verify --json"),
    ),
    "audit show": Verb(
        run=_show,
        arguments=_show_arguments,
        about=N_(
            "The newest events, oldest first. Operators see their own; contact data is covered. In a pipe: number, "
            "time, user, terminal, action, item and the beginning of what was written down, parted by tabs."
        ),
        examples=(
            "majlis audit show 12",
            "majlis audit show --since 2026-11-23 --action reply",
            "majlis audit show --actor salem --json",
        ),
    ),
    "audit export": Verb(
        run=_export,
        arguments=_export_arguments,
        about=N_("JSON lines; the first says how to verify the rest with jq, sha256sum and openssl. It is logged."),
        examples=("majlis audit export history.jsonl",),
    ),
    "audit key": Verb(
        run=_key,
        about=N_("For the user that polls and sends; an existing key is never overwritten."),
        examples=("majlis audit key",),
    ),
}
