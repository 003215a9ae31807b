"""The verbs that work without a screen: poll, send."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from majlis.errors import BadSettings
from tui import wiring
from tui.cli.verbs import Verb
from tui.language import N_, _, ngettext, problem
from tui.mishaps import MishapFormatter

if TYPE_CHECKING:
    from argparse import Namespace

    from connectors.sealing import Sealer
    from majlis.errors import MajlisError
    from tui.cli.call import Call
    from tui.cli.parser import Parser
    from tui.wiring import Loops


class NoAccounts(BadSettings):
    """There is nothing to read or send for. Facts: path."""

    happened = "There is no account whose token is here."
    safe = "Nothing was asked of any network."
    advice = "Name accounts in {path}, and give this user their tokens; majlis doctor shows what is missing."


def _arguments(parser: Parser) -> None:
    parser.option("--once", action="store_true", about=_("do what is due now, and end"))
    parser.option("--verbose", action="store_true", about=_("say more on standard error"))


def _poll(call: Call, options: Namespace) -> int:
    return asyncio.run(_served(call, options, lambda loops: loops.poller.run(), lambda loops: _poll_once(call, loops)))


def _send(call: Call, options: Namespace) -> int:
    return asyncio.run(_served(call, options, lambda loops: loops.sender.run(), lambda loops: _send_once(call, loops)))


async def _served(
    call: Call,
    options: Namespace,
    forever: Callable[[Loops], Awaitable[None]],
    once: Callable[[Loops], Awaitable[int]],
) -> int:
    """Run a loop until a signal ends it, or once."""
    handler = logging.StreamHandler(call.printer.err)
    handler.setFormatter(MishapFormatter("%(asctime)s %(levelname)s %(message)s"))
    level = logging.INFO if options.verbose else logging.WARNING
    logging.basicConfig(level=level, handlers=[handler], force=True)
    settings = call.settings
    async with wiring.desktop(settings) as desktop, wiring.loops(desktop, settings, call.env) as loops:
        if not loops.has_work:
            raise NoAccounts(path=str(settings.site_path))
        if options.once:
            return await once(loops)
        task = asyncio.ensure_future(_beside(forever(loops), loops.sealer))
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with suppress(asyncio.CancelledError):  # a service that was told to stop has done well
            await task
    return 0


async def _beside(work: Awaitable[None], sealer: Sealer | None) -> None:
    """Do the work, and seal what it writes where the key is."""
    sealing = asyncio.ensure_future(sealer.run()) if sealer is not None else None
    try:
        await work
    finally:
        if sealing is not None:
            sealing.cancel()


async def _poll_once(call: Call, loops: Loops) -> int:
    new = await loops.poller.run_once()
    worst: MajlisError | None = None
    for account in loops.poller.health():
        worst = worst or account.problem
        if call.printer.json:
            call.printer.value(
                {
                    "account": account.account,
                    "read_at": account.last_success,
                    "problem": str(account.problem) if account.problem else None,
                }
            )
        elif account.problem is not None:
            call.printer.line(problem(account.problem))
        elif account.last_success is None:
            call.printer.line(_("{account}: not read here; another process does it.", account=account.account))
    if call.printer.json:
        call.printer.value({"new": new})
    else:
        call.printer.line(ngettext("{n} new message", "{n} new messages", new))
    return worst.exit_code if worst else 0


async def _send_once(call: Call, loops: Loops) -> int:
    sent = await loops.sender.run_once()
    if call.printer.json:
        call.printer.value({"sent": sent})
    else:
        call.printer.line(ngettext("{n} item sent", "{n} items sent", sent))
    return 0


VERBS = {
    "poll": Verb(
        run=_poll,
        arguments=_arguments,
        about=N_("For a service, under the user that holds the tokens; ends in good order on SIGTERM."),
        examples=("majlis poll", "majlis poll --once"),
    ),
    "send": Verb(
        run=_send,
        arguments=_arguments,
        about=N_("For a service, under the user that holds the tokens; ends in good order on SIGTERM."),
        examples=("majlis send", "majlis send --once"),
    ),
}
