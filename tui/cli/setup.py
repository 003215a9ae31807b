"""The verb that sets an inbox up for a Unix group: init."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from majlis.errors import Ask
from store.rows.modes import as_user, joining
from tui import config, setup, shared
from tui.cli.verbs import Verb
from tui.language import N_, _

if TYPE_CHECKING:
    from argparse import Namespace

    from tui.cli.call import Call
    from tui.cli.parser import Parser

_SERVICE: Final = "majlis"
_STORE: Final = "/srv/majlis/inbox.db"


class NeedsRoot(Ask):
    """Giving files to somebody else is root's. Facts: fix."""

    happened = "Only root can do what is left."
    advice = "Run: {fix}"
    exit_code = 77


def _arguments(parser: Parser) -> None:
    parser.option("--group", required=True, about=_("the Unix group whose members use the inbox"))
    parser.option(
        "--service-user",
        default=_SERVICE,
        metavar="USER",
        about=_("the user that alone holds tokens, reads and sends; default: majlis"),
    )
    parser.option("--systemd", metavar="DIR", about=_("write units for systemd there, such as /etc/systemd/system"))
    parser.option("--dry-run", action="store_true", about=_("show what would be done, and change nothing"))


def _init(call: Call, options: Namespace) -> int:
    wanted = setup.Wanted(
        group=setup.gid_of(options.group),
        service=setup.uid_of(options.service_user, options.group),
        store=Path(call.store_option or _STORE).expanduser().absolute(),
        site=Path(call.site_option or config.SITE_FILE).expanduser().absolute(),
        systemd=Path(options.systemd).expanduser().absolute() if options.systemd else None,
    )
    may = setup.may_carry_out(wanted) and not options.dry_run
    left = 0
    for step in setup.steps(wanted):
        if may:
            step.do()
        left += not may
        if call.printer.json:
            call.printer.value({"command": step.command, "done": may})
        else:
            call.printer.line(_("Done: {command}", command=step.command) if may else step.command)
    if left and not options.dry_run:
        raise NeedsRoot(fix=f"sudo {_again(call, options)}")
    return 0 if left else _verify(call, options, wanted)


def _again(call: Call, options: Namespace) -> str:
    """Return this command line, for root to copy."""
    given = {
        "--group": options.group,
        "--service-user": options.service_user,
        "--store": call.store_option,
        "--site": call.site_option,
        "--systemd": options.systemd,
    }
    return shlex.join(["majlis", "init", *(word for name, value in given.items() if value for word in (name, value))])


def _verify(call: Call, options: Namespace, wanted: setup.Wanted) -> int:
    """Look at all of it as every start does, and say what comes next."""
    settings = config.load(call.env, site=str(wanted.site), store=str(wanted.store))
    faults = list(shared.faults(settings))
    for fault in faults:
        call.printer.problem(fault)
    if faults:
        return faults[0].exit_code
    if not call.printer.json:
        call.printer.line(_("{path} is set up for its group.", path=str(wanted.store)))
        site = shlex.quote(str(wanted.site))
        start = "systemctl enable --now majlis-poll majlis-send"
        if not options.systemd:  # no units were asked for yet
            start = f"{_again(call, options)} --systemd /etc/systemd/system && {start}"
        call.printer.rows(
            [
                (_("roles and accounts"), str(wanted.site)),
                (_("a colleague"), joining(wanted.group, "NAME")),
                (_("sign in"), f"{as_user(wanted.service)} majlis --site {site} login NETWORK"),
                (_("read and send"), start),
            ]
        )
    return 0


VERBS = {
    "init": Verb(
        run=_init,
        arguments=_arguments,
        about=N_(
            "Folder, inbox, site file and token folder, each with the owner and mode it has to have; a second time "
            "changes nothing. --store and --site say where; what is there keeps what it says."
        ),
        examples=(
            "majlis init --group media --dry-run",
            "sudo majlis init --group media --systemd /etc/systemd/system",
        ),
    ),
}
