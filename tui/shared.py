"""Whether a site file may speak for a group's inbox: nobody who is judged by it may have written it."""

from __future__ import annotations

import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from majlis.errors import WrongModes
from store.rows.modes import group_name, is_shared, require_modes, user_name
from tui import config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui.config import Settings


def require(settings: Settings) -> None:
    """Refuse a group's inbox to whoever brings settings of their own; one person's inbox is theirs.

    Raises:
        WrongModes: It says which command puts it right.
    """
    for error in faults(settings):
        raise error


def faults(settings: Settings) -> Iterator[WrongModes]:
    """Yield what is wrong with the inbox and with what it stands on, the foundations first."""
    store = store_path(settings)
    if store is None or not store.parent.is_dir():
        return
    try:
        require_modes(store)
    except WrongModes as error:
        yield error
    if is_shared(store.parent):
        yield from _site(settings, store)
        yield from _tokens(settings, store.parent.stat().st_uid)


def store_path(settings: Settings) -> Path | None:
    """Return where the inbox's file is; None where it is no file."""
    scheme, found, rest = settings.store.partition("://")
    if found and scheme != "sqlite":
        return None
    return Path(rest.removeprefix("/") if found else settings.store).expanduser().resolve()


def _site(settings: Settings, store: Path) -> Iterator[WrongModes]:
    site, folder = settings.site_path, store.parent.stat()
    if not settings.site_found:
        group = shlex.quote(group_name(folder.st_gid))
        fix = f"majlis init --group {group} --store {shlex.quote(str(store))} --site {shlex.quote(str(site))}"
        yield WrongModes(path=str(site), detail="there is no site file", fix=fix)
        return
    read = [site, *(settings.beside(name) for name in (settings.site.profile, settings.site.rules) if name)]
    for each in dict.fromkeys(path for file in read if file.exists() for path in (file, file.parent)):
        yield from _owned(each, folder.st_uid)
    named = settings.site.store and settings.beside(settings.site.store).resolve()
    if named != store:
        yield WrongModes(path=str(site), detail="it names another inbox", fix=f"store = {config.toml_text(str(store))}")
    if not settings.site.roles:
        name = group_name(folder.st_gid)
        fix = f"[roles] operator = [{config.toml_text('NAME' if name.isdigit() else f'@{name}')}]"
        yield WrongModes(path=str(site), detail="it gives nobody a role", fix=fix)


def _owned(path: Path, service: int) -> Iterator[WrongModes]:
    """Yield what lets somebody else than root and the service write a file or folder."""
    found = path.stat()
    name = shlex.quote(str(path))
    if found.st_uid not in {0, service}:
        yield WrongModes(path=str(path), detail="it belongs to another user", fix=f"chown root {name}")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not found.st_mode & stat.S_ISVTX:
        yield WrongModes(path=str(path), detail="operators may write it", fix=f"chmod go-w {name}")


def _tokens(settings: Settings, service: int) -> Iterator[WrongModes]:
    """Yield what lets somebody else than the service read tokens; what cannot be looked at is closed."""
    tokens = [settings.beside(each.token_file) for each in settings.site.accounts.values() if each.token_file]
    keys = [settings.seal_key] if settings.site.seal_key else []
    for path in dict.fromkeys([*(token.parent for token in tokens), *tokens, *keys]):
        try:
            found = [path.stat()] if path.exists() else []
        except PermissionError:
            continue
        for at in found:
            name = shlex.quote(str(path))
            if at.st_mode & 0o077:
                mode = 700 if path.is_dir() else 600
                yield WrongModes(
                    path=str(path), detail="others than the service may read it", fix=f"chmod {mode} {name}"
                )
            if at.st_uid != service:
                yield WrongModes(
                    path=str(path),
                    detail="it belongs to another user",
                    fix=f"chown {shlex.quote(user_name(service))} {name}",
                )
