"""The verb that makes a scenario of what really happened: record."""

from __future__ import annotations

import asyncio
import hashlib
import signal
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from connectors.scenario.history import Wanted
from majlis.errors import Ask
from tui import people, recorder, wiring
from tui.cli.keeping import CannotWrite
from tui.cli.parser import Usage
from tui.cli.reading import key_of
from tui.cli.service import NoAccounts
from tui.cli.verbs import Verb
from tui.language import N_, _, ngettext, problem

if TYPE_CHECKING:
    from argparse import Namespace

    from connectors.scenario.recording import Recording
    from majlis.hours import ServiceHours
    from tui.cli.call import Call
    from tui.cli.parser import Parser
    from tui.wiring import Loops


class NotTogether(Ask):
    """Options that say different things. Facts: one, other."""

    happened = "{one} and {other} do not go together."
    safe = "Nothing was recorded."
    advice = "Leave one of them out."
    exit_code = 2


REPLACED: Final = {
    "name": N_("words of names"),
    "handle": N_("handles"),
    "email": N_("e-mail addresses"),
    "phone": N_("telephone numbers"),
    "national_id": N_("Emirates ID numbers"),
    "po_box": N_("post office boxes"),
    "passport": N_("passport numbers"),
    "medical_record": N_("numbers of medical files"),
    "number": N_("other long numbers"),
    "link": N_("links"),
    "operator": N_("colleagues"),
}
DOUBTS: Final = {
    "changed_later": N_("{n} changed after the end: of these nothing is expected, and of the lists neither"),
    "sorted": N_("{n} would be sorted otherwise now: the recording sorts them by hand"),
    "erased": N_("{n} events have lost their words by erasure"),
    "disordered": N_("{n} equally urgent ones may stand in another order"),
    "moderated": N_("{n} carry what the network decided about showing them: a replay knows nothing of that"),
    "barred": N_("{n} were refused an answer by the network: a replay refuses it in other words"),
    "own_gone": N_("{n} answers of ours were deleted on the network: a replay keeps them"),
    "not_said": N_("{n} things were done that a scenario cannot say"),
    "old": N_("{n} are older than a scenario can say: they are a year old there"),
}


def _arguments(parser: Parser) -> None:
    parser.take("file", _("where to write it; a file that is there is replaced"))
    parser.option("--thread", metavar="KEY", about=_("only the thread of this message"))
    parser.option("--message", metavar="KEY", about=_("only this message, what it answers and what answers it"))
    parser.option("--account", about=_("only messages of this account"))
    parser.option(
        "--since",
        metavar="TIME",
        about=_("only what came or was worked on since a day, or a time like 2026-11-23T08:00"),
    )
    parser.option("--until", metavar="TIME", about=_("nothing after this day, or from this time on; default: now"))
    parser.option(
        "--live", action="store_true", about=_("what is read from now on, in place of majlis poll; Ctrl+C ends it")
    )
    parser.option(
        "--minutes", type=float, metavar="N", about=_("with --live: end by itself after so long; 0: read once")
    )
    parser.option(
        "--wire", action="store_true", about=_("with --live: keep the services' own bodies, for the real clients")
    )
    parser.option(
        "--seed", type=int, metavar="N", about=_("the same invented people again; whoever knows N can try names")
    )


def _record(call: Call, options: Namespace) -> int:
    if options.thread and options.message:
        raise NotTogether(one="--thread", other="--message")
    _require_fitting(call, options)
    path = Path(options.file)
    key = None if options.seed is None else hashlib.blake2b(f"seed {options.seed}".encode(), digest_size=16).digest()
    try:
        made = asyncio.run((_heard if options.live else _recorded)(call, options, path, key))
    except OSError as error:
        raise CannotWrite(path=str(path), reason=error.strerror or str(error)) from error
    return _told(call, path, made)


def _require_fitting(call: Call, options: Namespace) -> None:
    """Refuse what says nothing together."""
    if options.live:
        for name in ("thread", "message", "account", "since", "until"):
            if getattr(options, name) is not None:
                raise NotTogether(one="--live", other=f"--{name}")
    elif options.wire or options.minutes is not None:
        missing = "--wire" if options.wire else "--minutes"
        raise Usage(detail=_("{option} needs --live", option=missing), verb=call.verb)


async def _heard(call: Call, options: Namespace, path: Path, key: bytes | None) -> Recording:
    """Read in place of majlis poll, and write down what comes, until it is enough."""
    from tui.accounts import have_token  # noqa: PLC0415  it loads three networks

    settings = call.settings
    if not have_token(settings, call.env) or not people.serves(settings):
        raise NoAccounts(path=str(settings.site_path))
    async with (
        wiring.desktop(settings) as desktop,
        recorder.listen(settings, desktop, call.env, path, key, on_wire=options.wire) as (live, loops),
    ):
        await _until_enough(loops, options.minutes)
        unread = [each.account for each in loops.poller.health() if each.last_success is None]
        problems = [each.problem for each in loops.poller.health() if each.problem is not None]
    for account in unread if not call.printer.json and not problems else ():
        call.printer.line(_("{account}: not read here; another process does it.", account=account))
    for error in problems if not call.printer.json else ():
        call.printer.line(problem(error))
    return live.ended()


async def _until_enough(loops: Loops, minutes: float | None) -> None:
    """Read for so long, or until a signal; zero minutes are one reading."""
    if minutes is not None and minutes <= 0:
        await loops.poller.run_once()
        return
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(loops.poller.run())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    if minutes is not None:
        loop.call_later(minutes * 60, task.cancel)
    with suppress(asyncio.CancelledError):  # that is how it ends
        await task


async def _recorded(call: Call, options: Namespace, path: Path, key: bytes | None) -> Recording:
    async with wiring.desktop(call.settings) as desktop:
        hours, now = desktop.desk.policy.hours, desktop.clock.now()
        named = options.thread or options.message
        wanted = Wanted(
            account=options.account,
            message=key_of(named) if named else None,
            whole_thread=options.message is None,
            since=_time(call, options.since, hours, now),
            until=min(_time(call, options.until, hours, now, is_end=True) or now, now),
        )
        setting = await recorder.setting(call.settings, desktop, key)
        return await recorder.record(desktop.store, wanted, setting, path)


def _time(call: Call, text: str | None, hours: ServiceHours, now: datetime, *, is_end: bool = False) -> datetime | None:
    """Return a moment that somebody names, in the service's own time; a day ends with its last moment."""
    if not text:
        return None
    zone = hours.local(now).tzinfo
    try:
        day = date.fromisoformat(text)
        return datetime.combine(day + timedelta(days=is_end), time(), zone)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Usage(detail=_("{word} is no day like 2026-11-23 and no time", word=text), verb=call.verb) from error
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _told(call: Call, path: Path, made: Recording) -> int:
    if call.printer.json:
        call.printer.value(
            {"path": str(path), "lines": len(made.rows), "replaced": made.replaced, "doubts": made.doubts}
        )
        return 0
    count = len(made.rows)
    call.printer.line(ngettext("{n} line, {path}", "{n} lines, {path}", count, path=str(path)))
    if made.replaced:
        call.printer.line(_("Replaced by invented ones:"))
        call.printer.rows([(_(REPLACED.get(kind, kind)), str(number)) for kind, number in made.replaced.items()])
    for kind, number in made.doubts.items():
        call.printer.paragraph(_(DOUBTS[kind], n=number))
    call.printer.paragraph(_("What no rule knows as somebody's is still there: read the file before you pass it on."))
    return 0


VERBS = {
    "record": Verb(
        run=_record,
        arguments=_arguments,
        about=N_(
            "Replayed, it leads to the same queue. Names, numbers, addresses and ids are replaced by invented ones of "
            "the same form, the same by the same; there is no way to keep the real ones. Official contacts stay, and "
            "tokens are never written."
        ),
        examples=(
            "majlis record bug.jsonl --thread x:moh:post:1",
            "majlis record tuesday.jsonl --since 2026-11-24 --until 2026-11-24",
            "majlis record wire.jsonl --live --wire --minutes 10",
        ),
    ),
}
