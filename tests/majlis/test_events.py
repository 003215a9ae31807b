"""Whatever is done at the desk is one event that says who, where, when and under which policy."""

from __future__ import annotations

import pytest

from tests.majlis.test_roles import TRIED, Stage


@pytest.mark.parametrize("kind", TRIED, ids=lambda kind: kind.__name__)
async def test_each_command_is_one_event_with_all_its_fields(kind: type) -> None:
    """Looks included: what is opened is written down like what is changed."""
    stage = await Stage().begun()
    command = await TRIED[kind](stage)
    before = await stage.store.revision()

    await stage.salem.do(command)

    (event,) = await stage.store.events(before)
    assert (event.actor, event.terminal, event.profile_version) == ("salem", "test", stage.policy.version)
    assert event.at == stage.clock.at
    assert event.action
    assert event.subject
    assert event.digest


async def test_what_is_logged_beside_the_store_is_an_event_too() -> None:
    """An export, say."""
    stage = await Stage().begun()
    before = await stage.store.revision()

    await stage.salem.log("export", "copy.json", {"whole": False})

    (event,) = await stage.store.events(before)
    assert (event.action, event.subject, event.actor) == ("export", "copy.json", "salem")
