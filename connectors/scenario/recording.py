"""A recording: a scenario made of what really happened, with invented people, and what has to be said about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from majlis.outbox import BATCHED
from majlis.policy import Policy

from .disguise import Disguise
from .expecting import Expecting
from .history import Story
from .numbering import Numbering
from .retelling import Retold, Teller
from .rows import AccountRow, Header, OperatorRow, PolicyRow, Row
from .writing import line

NAME: Final = "Recording"
SEED: Final = 1
"""Of ids in the replay; that of the names is in no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """One of our accounts, as the settings say it; name and handle are public."""

    name: str = ""
    handle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What of the real inbox a recording takes along."""

    policy: Policy
    accounts: Mapping[str, Ours]
    """By their names in the settings."""
    profile: Mapping[str, Any]
    """Official contacts, in the form of a conduct profile."""
    calendar: dict[str, Any] | None = None
    """By id; None: the one that comes with the program."""
    language: Literal["ar", "en"] = "ar"
    key: bytes
    """Which invented person stands for which real one; must not be told."""

    def disguise(self) -> Disguise:
        """Return what takes people out."""
        policy = self.policy
        ours = [each for account in self.accounts.values() for each in (account.name, account.handle)]
        return Disguise(self.key, policy.contacts, policy.rules, ours=ours)

    def header(self, names: Numbering, **fields: Any) -> Header:
        """Return the first line; `fields` are what differs between kinds of recordings."""
        policy = self.policy
        wanted = PolicyRow(
            hold_s=_seconds(policy.hold),
            claim_minutes=_seconds(policy.claim_lease) // 60,
            first_response_wm=policy.first_response_wm,
            grace_minutes=_seconds(policy.grace) // 60,
            own_data="warn" if policy.own_data_warns else "block",
            approval=policy.approval,
            backlog_open_h=fields.pop("backlog_open_h", PolicyRow().backlog_open_h),
        )
        return Header(
            scenario=1,
            name=NAME,
            seed=SEED,
            language=self.language,
            calendar=self.calendar or "default",
            profile=dict(self.profile) or None,
            policy=wanted,
            accounts=tuple(self._account(names, real) for real in names.accounts),
            **fields,
        )

    def _account(self, names: Numbering, real: str) -> AccountRow:
        name, network = names.accounts[real], names.networks[real]
        ours = self.accounts.get(real, Ours())
        return AccountRow(id=name, network=network, name=ours.name or name, handle=ours.handle)


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What `majlis record` writes, and what it says about that."""

    rows: tuple[Row, ...]
    replaced: Mapping[str, int]
    """How many different things, by kind."""
    doubts: Mapping[str, int]
    """What a replay may do otherwise, or what was left out, by kind."""

    def lines(self) -> Iterator[str]:
        """Yield the lines of the file."""
        return (line(row) for row in self.rows)


def recorded(story: Story, setting: Setting) -> Recording:
    """Make a scenario of a piece of the history, with expectations that a replay leads to the same."""
    disguise, names = setting.disguise(), Numbering()
    for message in story.messages.values():
        names.account(message.key.account, message.key.network)
    names.name_all(story.messages.values())
    retold = Teller(story, disguise, names, setting.policy).tell()
    expected = tuple(Expecting(story, retold, disguise, names).all())
    header = setting.header(
        names,
        start=retold.start,
        reads="only_then",
        operators=_operators(retold),
        **({"backlog_open_h": 0} if retold.has_history else {}),
    )
    moderated = {entry.target for entry in story.entries.values() if entry.action in BATCHED}
    doubts = {
        **retold.doubts,
        "changed_later": len(story.later),
        "erased": story.erased,
        "disordered": names.disordered,
        "moderated": sum(m.moderation is not None and m.key not in moderated for m in story.messages.values()),
        "barred": sum(m.standing.barred for m in story.messages.values()),
    }
    return Recording(
        rows=(header, *retold.steps, *expected),
        replaced=disguise.counts(),
        doubts={name: count for name, count in doubts.items() if count},
    )


def _operators(retold: Retold) -> tuple[OperatorRow, ...]:
    ordered = sorted(retold.roles.items(), key=lambda each: (not each[0].startswith("operator-"), each[0]))
    return tuple(OperatorRow(id=name, roles=tuple(sorted(roles))) for name, roles in ordered)
