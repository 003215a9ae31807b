"""How the accounts are doing: one word and one figure each for the strip, and the whole of it for whoever asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from majlis.errors import Busy
from majlis.gap import GapState
from majlis.message import Network
from majlis.ports import Budget, Capability, Counted
from tui.language import N_, _, ngettext, say
from tui.session import Health, HealthState
from tui.times import short, when
from tui.widgets.rows import FULL_NAMES, NETWORKS

if TYPE_CHECKING:
    from majlis.hours import ServiceHours

SCARCE = 4
"""Below one part in so many an allowance takes the place of the time since the last reading. A guess."""

_WORDS: Final = {
    HealthState.WELL: N_("ok"),
    HealthState.WAITING: N_("waits"),
    HealthState.DOWN: N_("down"),
    HealthState.SIGNED_OUT: N_("signed out"),
    HealthState.OFF: N_("not read"),
}
_FINE: Final = frozenset({HealthState.WELL, HealthState.OFF})

ABILITIES: Final = {
    Capability.READ_PUBLIC: N_("reading what is public"),
    Capability.READ_PRIVATE: N_("reading private messages"),
    Capability.REPLY: N_("answering"),
    Capability.MESSAGE: N_("private messages"),
    Capability.PRIVATE_REPLY: N_("a private answer to a comment"),
    Capability.POST: N_("posts"),
    Capability.PICTURE: N_("pictures"),
    Capability.SCHEDULE: N_("posts at a set time"),
    Capability.HIDE: N_("hiding"),
    Capability.MODERATE: N_("turning a comment down"),
    Capability.EDIT: N_("editing our own"),
    Capability.DELETE: N_("deleting our own"),
}
_NEVER: Final = {
    (Network.YOUTUBE, Capability.READ_PRIVATE): N_("YouTube has none"),
    (Network.YOUTUBE, Capability.MESSAGE): N_("YouTube has none"),
    (Network.YOUTUBE, Capability.PRIVATE_REPLY): N_("YouTube has none"),
    (Network.YOUTUBE, Capability.POST): N_("videos are uploaded on YouTube itself"),
    (Network.YOUTUBE, Capability.PICTURE): N_("YouTube has none"),
    (Network.YOUTUBE, Capability.SCHEDULE): N_("videos are uploaded on YouTube itself"),
    (Network.X, Capability.PRIVATE_REPLY): N_("X has none; a private message is there"),
    (Network.X, Capability.EDIT): N_("X does not offer it to programs"),
    (Network.X, Capability.SCHEDULE): N_("X has none; Majlis keeps the time itself"),
    (Network.X, Capability.MODERATE): N_("X has none; hiding is there"),
    (Network.FACEBOOK, Capability.MODERATE): N_("Facebook has none; hiding and deleting are there"),
}
"""What a network offers to nobody. Source: API facts, sections 1 to 3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """One account in the strip, in words of four lengths."""

    texts: tuple[str, str, str, str]
    """The longest first: name, word and figure; label, word and figure; label and the one that matters; a sign."""
    look: str

    @property
    def is_fine(self) -> bool:
        """Whether nobody has to do anything."""
        return self.look == "well"


def lamps(healths: Sequence[Health], now: datetime) -> tuple[Lamp, ...]:
    """Return the accounts as the strip shows them."""
    return tuple(_lamp(health, label, now) for health, label in zip(healths, labels(healths), strict=True))


def labels(healths: Iterable[Health]) -> list[str]:
    """Return two or three letters for each account: its network, with a number where it has several."""
    networks = [health.network for health in healths]
    seen: Counter[Network] = Counter()
    named = []
    for network in networks:
        seen[network] += 1
        named.append(_(NETWORKS[network]) + (str(seen[network]) if networks.count(network) > 1 else ""))
    return named


def _lamp(health: Health, label: str, now: datetime) -> Lamp:
    word, figure = _word(health, now)
    odd = _is_catching_up(health) or _is_scarce(health.budget) or health.set_back is not None
    fine = health.state in _FINE and not odd
    last = f"{label} {figure}" if fine and figure else f"{label} {word}"
    sign = "\N{CHECK MARK}" if fine and health.state is HealthState.WELL else "-" if fine else "!"
    texts = (f"{health.account} {word} {figure}".strip(), f"{label} {word} {figure}".strip(), last, f"{label}{sign}")
    return Lamp(texts=texts, look="well" if fine else "ill")


def _word(health: Health, now: datetime) -> tuple[str, str]:  # noqa: PLR0911  one line per word
    """Return the one word and the one figure that matter most."""
    if health.state is HealthState.WELL:
        if health.importing is not None:
            return _("imports"), str(health.importing)
        if health.set_back is not None:
            return _("clock back"), short(health.set_back)
        if _is_catching_up(health) and health.gap is not None:
            return _("gap"), short((health.gap.until or now) - health.gap.since)
        if _is_scarce(health.budget) and health.budget is not None:
            return _("left"), f"{100 * health.budget.left // max(health.budget.limit, 1)}%"
        return _(_WORDS[health.state]), short(now - health.last_success) if health.last_success else ""
    if health.next_attempt is not None and health.next_attempt > now and health.state is not HealthState.SIGNED_OUT:
        return _(_WORDS[health.state]), short(health.next_attempt - now)
    return _(_WORDS[health.state]), ""


def _is_catching_up(health: Health) -> bool:
    return health.gap is not None and health.gap.state is GapState.OPEN


def _is_scarce(budget: Budget | None) -> bool:
    return budget is not None and budget.left * SCARCE < budget.limit


# --------------------------------------------------------------------------------------------------------- in full


def told(healths: Sequence[Health], now: datetime, hours: ServiceHours) -> Iterator[tuple[str, str, str | None]]:
    """Yield everything that is known, line by line: label (of an account's first line), text and style."""
    for health, label in zip(healths, labels(healths), strict=True):
        fine = health.state in _FINE
        head = _("{account}, {network}: {word}", account=health.account, network=_(FULL_NAMES[health.network]),
                 word=_(_WORDS[health.state]))  # fmt: skip
        yield label, head, None if fine else "problem"
        for line in _lines(health, now, hours):
            yield "", line, None
        yield "", "", None


def _lines(health: Health, now: datetime, hours: ServiceHours) -> Iterator[str]:
    if health.problem is not None:
        # The time of the next attempt stands below, and counts down.
        told = [part for part in health.problem.templates if part != Busy.advice]
        yield from (say(template, health.problem.facts) for template in told)
    if health.state is HealthState.OFF:
        here = health.capabilities is not None
        yield (
            _("Another process reads it.") if here else _("Its token is not here: another process reads it, or nobody.")
        )
        return
    if health.last_success is not None:
        yield _("Last read at {at}, {span} ago.", at=when(health.last_success, now, hours),
                span=short(now - health.last_success))  # fmt: skip
    if health.next_attempt is not None and health.next_attempt > now and health.state is not HealthState.SIGNED_OUT:
        yield _("Next attempt at {at}.", at=when(health.next_attempt, now, hours))
    if health.state is HealthState.SIGNED_OUT:
        yield _("Reading and sending go on by themselves, seconds after somebody has signed in.")
    if health.importing is not None:
        yield ngettext("{n} message of the backlog is here, marked as historic.",
                       "{n} messages of the backlog are here, marked as historic.", health.importing)  # fmt: skip
    yield from _gap(health, now, hours)
    if health.set_back is not None:
        yield _("This machine's clock was set back by {span}; what was planned is planned anew.",
                span=short(health.set_back))  # fmt: skip
    if health.budget is not None:
        yield _left(health.budget, now, hours)
    yield from missing(health)


def _gap(health: Health, now: datetime, hours: ServiceHours) -> Iterator[str]:
    gap = health.gap
    if gap is None:
        return
    since, until = when(gap.since, now, hours), when(gap.until, now, hours) if gap.until else _("now")
    if gap.state is GapState.LOST:
        text = _("Not read from {since} to {until}, and the network no longer lists it: look there.",
                 since=since, until=until)  # fmt: skip
    else:
        text = _("Not read from {since} to {until}; it is read afterwards.", since=since, until=until)
    yield text


def _left(budget: Budget, now: datetime, hours: ServiceHours) -> str:
    """Return what is left, and when all of it is there again, in local time."""
    match budget.what:
        case Counted.MONEY:
            left, limit = (f"{part / 1000:.2f}" for part in (budget.left, budget.limit))
            text = _("Left today: {left} of {limit} US dollars.", left=left, limit=limit)
        case Counted.UNITS:
            text = _("Left today: {left} of {limit} units, {reserve} of them kept for answers.",
                     left=budget.left, limit=budget.limit, reserve=budget.reserve)  # fmt: skip
        case Counted.PERCENT:
            text = _("Left of the network's own limits: {left} %.", left=100 * budget.left // max(budget.limit, 1))
    if budget.resets_at is None:
        return text
    return f"{text} " + _("All of it is there again at {at}.", at=when(budget.resets_at, now, hours))


def not_available(healths: Iterable[Health], account: str, ability: Capability) -> str | None:
    """Say that an account cannot do something, and why; None: it can, or another process knows."""
    for health in healths:
        if health.account == account and health.capabilities is not None and ability not in health.capabilities:
            return _not_available(health, ability)
    return None


def not_offered(network: Network, ability: Capability) -> str | None:
    """Say that a network offers something to nobody, and what there is in its place; None: it is not known to."""
    never = _NEVER.get((network, ability))
    return _("Not available: {what} ({why}).", what=_(ABILITIES[ability]), why=_(never)) if never else None


def _not_available(health: Health, ability: Capability) -> str:
    never = _NEVER.get((health.network, ability))
    reason = _(never) if never else _("the right for it is missing; majlis doctor asks which")
    return _("Not available: {what} ({why}).", what=_(ABILITIES[ability]), why=reason)


def missing(health: Health) -> Iterator[str]:
    """Yield what this account cannot do, each with the reason."""
    if health.capabilities is None:
        return
    yield from (_not_available(health, each) for each in ABILITIES if each not in health.capabilities)


def unread(healths: Iterable[Health]) -> Iterator[str]:
    """Yield what an empty list must not hide: accounts that are not read, and kinds of messages that are not."""
    for health in healths:
        if health.state in {HealthState.SIGNED_OUT, HealthState.DOWN}:
            yield _("{account} is not read at present: {word}.", account=health.account,
                    word=_(_WORDS[health.state]))  # fmt: skip
            continue
        gone = health.capabilities
        for ability in (Capability.READ_PUBLIC, Capability.READ_PRIVATE):
            if gone is not None and ability not in gone and (health.network, ability) not in _NEVER:
                yield _("{account}: {what} is not available; the right for it is missing.", account=health.account,
                        what=_(ABILITIES[ability]))  # fmt: skip
