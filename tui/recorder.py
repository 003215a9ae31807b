"""Recordings: what of the settings goes along with one, and the file it is written to."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.scenario.history import Wanted, told_of
from connectors.scenario.live import Live
from connectors.scenario.recording import Ours, Recording, Setting, recorded
from store.rows.portable import replacing, require_plain
from tui import language, profile, wiring

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from majlis.conduct import Contacts
    from majlis.ports import Store
    from tui.config import Settings
    from tui.wiring import Desktop, Loops


async def setting(settings: Settings, desktop: Desktop, key: bytes | None = None) -> Setting:
    """Return what a recording takes along of an inbox.

    Args:
        settings: What the site file says.
        desktop: The inbox.
        key: Which invented person stands for which; None: one that nobody knows.
    """
    policy = desktop.desk.policy.extended(await desktop.store.officials())
    accounts = {name: Ours(name=each.name, handle=each.handle) for name, each in settings.site.accounts.items()}
    return Setting(
        policy=policy,
        accounts=accounts,
        profile=_profile(policy.contacts),
        calendar=dict(profile.read(settings).calendars) or None,
        language="en" if language.code() == "en" else "ar",
        key=key or bytes.fromhex(desktop.ids.salt()),
    )


def _profile(contacts: Contacts) -> dict[str, Any]:
    """Return official contacts in the form of a conduct profile, those that were added among them."""
    plain = asdict(contacts)
    organisation = {"ar": plain.pop("name_ar"), "en": plain.pop("name_en")}
    filled = {name: value if isinstance(value, str) else list(value) for name, value in plain.items() if value}
    return filled | ({"organisation": organisation} if any(organisation.values()) else {})


async def record(store: Store, wanted: Wanted, setting: Setting, path: Path) -> Recording:
    """Write a piece of the stored history as a scenario.

    Raises:
        NotFound: There is nothing of that kind.
        OSError: The file cannot be written; what was there is as it was.
    """
    made = recorded(await told_of(store, wanted), setting)
    await asyncio.to_thread(_write, path, "".join(f"{line}\n" for line in made.lines()))
    return made


@asynccontextmanager
async def listen(
    settings: Settings, desktop: Desktop, env: Mapping[str, str], path: Path, key: bytes | None, *, on_wire: bool
) -> AsyncIterator[tuple[Live, Loops]]:
    """Begin a recording of what the accounts that are here read from now on; at the end its file is whole.

    Raises:
        OSError: The file cannot be written.
    """
    from tui import accounts  # noqa: PLC0415  it loads three networks

    require_plain(path)
    names = accounts.have_token(settings, env)
    live = Live(await setting(settings, desktop, key), desktop.clock, path, on_wire=on_wire)
    live.begin([(name, settings.site.accounts[name].network, settings.site.accounts[name].id) for name in names])
    async with wiring.loops(desktop, settings, env, ears=live) as loops:
        yield live, loops


def _write(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text.encode())
