"""The verbs about settings and health: config, doctor, keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui import config, health
from tui.cli.verbs import Verb
from tui.keymap import PLACES, Group, Keymap, Place
from tui.language import N_, _, bare, listed

if TYPE_CHECKING:
    from argparse import Namespace

    from tui.cli.call import Call
    from tui.cli.parser import Parser

_PERSONAL_MODE, _SITE_MODE = 0o600, 0o644


def _init(call: Call, _options: Namespace) -> int:
    """Write what is missing; what is there is left alone."""
    folders = config.Folders.of(call.env)
    site = call.site_option or folders.config / "site.toml"
    files = (
        (folders.config / "config.toml", config.template(config.Personal, _), _PERSONAL_MODE),
        (Path(site).expanduser().absolute(), config.template(config.Site, _), _SITE_MODE),
    )
    for path, text, mode in files:
        is_new = config.write_new(path, text, mode)
        if call.printer.json:
            call.printer.value({"path": str(path), "written": is_new})
        else:
            template = N_("Written: {path}") if is_new else N_("There already, left as it is: {path}")
            call.printer.line(_(template, path=str(path)))
    return 0


def _show(call: Call, _options: Namespace) -> int:
    settings = call.settings
    rows = list(settings.explain())
    if call.printer.json:
        for key, value, origin in rows:
            call.printer.value({"key": key, "value": value, "from": origin})
        return 0
    shown = [(key, _shown(value), _("default") if origin == "default" else origin) for key, value, origin in rows]
    call.printer.table(shown)
    return 0


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    return "-" if value in (None, "", {}) else str(value).lower() if isinstance(value, bool) else str(value)


def _path(call: Call, _options: Namespace) -> int:
    folders = config.Folders.of(call.env)
    site = Path(call.site_option).absolute() if call.site_option else config.site_path(folders)
    for name, path in (("site", site), ("personal", folders.config / "config.toml")):
        if call.printer.json:
            call.printer.value({"file": name, "path": str(path), "exists": path.exists()})
        else:
            call.printer.table([(name, str(path), _("there") if path.exists() else _("not there"))])
    return 0


# -------------------------------------------------------------------------------------------------------------- doctor


def _doctor_arguments(parser: Parser) -> None:
    parser.option("--offline", action="store_true", about=_("ask no network"))


def _doctor(call: Call, options: Namespace) -> int:
    findings = health.examine(call.read, call.env, offline=options.offline)
    worst = 0
    for finding in findings:
        worst = worst or (0 if finding.ok else finding.exit_code)
        if call.printer.json:
            call.printer.value({"about": finding.about, "ok": finding.ok, "detail": bare(finding.told())})
        else:
            sign = _("well") if finding.ok else _("LOOK")
            call.printer.rows([(f"{sign}  {_(finding.about)}", finding.told())], indent=0)
    return worst


# ---------------------------------------------------------------------------------------------------------------- keys


def _keys(call: Call, _options: Namespace) -> int:
    own = call.settings.personal.keys if isinstance(call.read, config.Settings) else {}
    keymap = Keymap(own)
    if call.printer.json:
        for key in keymap.table:
            places = [str(place) for place in Place if place in key.where]
            call.printer.value({"id": key.id, "keys": list(key.bound()), "does": _(key.help), "in": places})
        return 0
    for group in Group:
        rows = [
            (f"{key.all_shown()}", f"{_(key.help)} ({_where(key.where)})") for key in keymap.table if key.group is group
        ]
        call.printer.line(_(group.value))
        call.printer.rows(rows)
        call.printer.line()
    return 0


def _where(places: frozenset[Place]) -> str:
    return listed(_(PLACES[place]) for place in Place if place in places)


VERBS = {
    "config init": Verb(
        run=_init,
        about=N_("An existing file is never overwritten."),
        examples=("majlis config init", "majlis config init --site /etc/majlis/site.toml"),
    ),
    "config show": Verb(run=_show, examples=("majlis config show", "majlis config show --json")),
    "config path": Verb(run=_path, examples=("majlis config path",)),
    "doctor": Verb(
        run=_doctor,
        arguments=_doctor_arguments,
        about=N_(
            "Its exit code is that of the first thing that needs a look: 1 the clock, 3 a sign-in has ended, 7 the "
            "network says no or a right is missing, 75 the network cannot be reached, 77 the role, 78 settings."
        ),
        examples=("majlis doctor", "majlis doctor --offline"),
    ),
    "keys": Verb(run=_keys, about=N_("Each key with its twin on the Arabic layout."), examples=("majlis keys",)),
}
