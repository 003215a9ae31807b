"""The connector port for a YouTube channel: its rights, its quota, and which part does what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from connectors.budget import PACIFIC, DayLedger
from connectors.http import Limits, Line
from connectors.rights import Rights
from connectors.skew import Skew
from connectors.tokens import TokenSource
from connectors.verdict import Failed, Says, reading, writing
from majlis.errors import MajlisError, Refused
from majlis.message import Network
from majlis.outbox import Action, Entry, Receipt
from majlis.ports import Budget, Capability, Clock, Counted, Mark, Page, Probe, Stream

from .client import MOST_IDS, READ_UNITS, YouTubeClient
from .doing import Deeds
from .reading import Reader
from .settings import YouTubeSettings

PAGE_AND_REPLIES = 1.5 * READ_UNITS
"""What a page of threads costs with the replies of those that moved. Source: API facts, section 3, the budget of a
channel (1440 polls, about 600 reads of replies)."""

_C = Capability
_MODERATES = frozenset({_C.HIDE, _C.MODERATE})
"""Holding a comment back, showing it again and turning it down are one call, which asks for one right."""
_DOES = {
    Action.REPLY: frozenset({_C.REPLY}),
    Action.EDIT: frozenset({_C.EDIT}),
    Action.DELETE: frozenset({_C.DELETE}),
    Action.HIDE: _MODERATES,
    Action.UNHIDE: _MODERATES,
    Action.MODERATE: _MODERATES,
}
_OFFERED = frozenset({_C.READ_PUBLIC}).union(*_DOES.values())
"""YouTube's interface has no private messages, and no posts but videos."""


class YouTubeConnector:
    """One channel."""

    def __init__(
        self,
        settings: YouTubeSettings,
        clock: Clock,
        tokens: TokenSource,
        ledger: DayLedger | None = None,
        *,
        limits: Limits | None = None,
        line: Line | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._tokens = tokens
        self._skew = Skew(clock)
        self.ledger = ledger or DayLedger(
            clock, limit=settings.units_per_day, reserve=settings.reserve_units, zone=PACIFIC
        )
        """What was spent today, in units."""
        self._client = YouTubeClient(settings, tokens, self.ledger, limits, line=line)
        self._reader = Reader(settings, clock, self._client)
        self._deeds = Deeds(settings, clock, self._client)
        self._rights = Rights(clock)

    @property
    def network(self) -> Network:
        """YouTube."""
        return Network.YOUTUBE

    @property
    def account(self) -> str:
        """The account's id in the settings."""
        return self._settings.account

    def streams(self) -> tuple[Stream, ...]:
        """Return the listings, stretched so that the day's units last until midnight Pacific."""
        settings = self._settings
        listings = (
            ("threads", settings.poll_s, PAGE_AND_REPLIES),
            ("held", settings.held_s, READ_UNITS),
            ("spam", settings.held_s, READ_UNITS),
            ("sweep", settings.sweep_s, settings.sweep_pages * PAGE_AND_REPLIES),
            ("uploads", settings.uploads_s, READ_UNITS),
        )
        factor = self.ledger.stretch(sum(units / floor_s for _, floor_s, units in listings))
        longest_s = self.ledger.until_reset_s()
        return tuple(
            Stream(
                network=self.network,
                account=self.account,
                name=name,
                interval=timedelta(seconds=max(floor_s, min(floor_s * factor, longest_s))),
            )
            for name, floor_s, _ in listings
        )

    def capabilities(self) -> frozenset[Capability]:
        """Return what YouTube offers, less what a missing right has shut within the hour."""
        return _OFFERED - self._rights.off()

    def budget(self) -> Budget | None:
        """Return what is left of the day's units."""
        return self.ledger.budget(Counted.UNITS)

    async def read(self, stream: Stream, mark: Mark | None) -> Page:
        """Fetch the next page of a stream."""
        mark = mark or Mark()
        # Others may be closed to us without the channel being so.
        need = frozenset({_C.READ_PUBLIC} if stream.name == "threads" else ())
        with reading(self.account, self.network), self._rights.minding(need):
            try:
                page = await self._reader.page(stream, mark)
            except Failed as error:
                if error.verdict.says is not Says.STALE or mark.walk is None:
                    raise
                page = await self._reader.page(stream, Mark(high=mark.high))
        self._skew.seen(self._client.last)
        return page

    async def perform(self, entry: Entry) -> Receipt:
        """Do what the entry says, once."""
        with writing(self.account, self.network, entry.id), self._rights.minding(_needs(entry)):
            return await self._deeds.perform(entry)

    @property
    def batch(self) -> int:
        """Comments that one call moderates."""
        return MOST_IDS

    async def perform_many(self, entries: Sequence[Entry]) -> tuple[Receipt | MajlisError, ...]:
        """Moderate comments in one call; where one of them is refused, in halves, so that the others are done."""
        came: Receipt | MajlisError
        try:
            if len(entries) == 1:
                came = await self.perform(entries[0])
            else:
                came = await self._moderated(entries)
        except Refused as error:
            if len(entries) > 1 and not _is_missing_right(error):
                middle = len(entries) // 2
                return await self.perform_many(entries[:middle]) + await self.perform_many(entries[middle:])
            came = error
        except MajlisError as error:
            came = error
        return (came,) * len(entries)

    async def _moderated(self, entries: Sequence[Entry]) -> Receipt:
        with writing(self.account, self.network, entries[0].id), self._rights.minding(_needs(entries[0])):
            await self._deeds.moderate(entries)
        return Receipt(native_id=None, at=self._clock.now())

    async def find(self, entry: Entry) -> Receipt | None:
        """Look among our own items for what this entry made."""
        with reading(self.account, self.network):
            return await self._deeds.find(self._skew.corrected(entry))

    async def look(self, ids: Sequence[str]) -> frozenset[str]:
        """Return those ids that YouTube no longer shows."""
        with reading(self.account, self.network):
            return await self._deeds.gone(list(ids))

    async def is_signed_in(self) -> bool:
        """Whether there is a token that was not refused yet."""
        return await self._tokens.is_alive()

    async def probe(self) -> Probe:
        """Ask YouTube whose token this is."""
        try:
            with reading(self.account, self.network):
                channel = await self._client.channel()
        except MajlisError as error:
            return Probe(account=self.account, ok=False, problem=error)
        if channel is None or channel.id != self._settings.channel:
            problem = Refused(account=self.account, reason="signed in as another channel", code="channel")
            return Probe(account=self.account, ok=False, problem=problem)
        skew = self._skew.seen(self._client.last)
        name = channel.snippet.title if channel.snippet else None
        rights = await self._client.rights()
        return Probe(account=self.account, ok=True, name=name, clock_skew=skew, rights=rights)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _needs(entry: Entry) -> frozenset[Capability]:
    return _DOES.get(entry.action, frozenset())


def _is_missing_right(error: Refused) -> bool:
    """Whether a refusal is about us and not about what was asked: a smaller call would be refused too, at its price."""
    cause = error.__cause__
    return isinstance(cause, Failed) and cause.verdict.says is Says.NO_RIGHT
