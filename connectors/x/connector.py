"""The connector port for an X account: its rights, its money, and which part does what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from connectors.budget import DayLedger
from connectors.http import Limits, Line
from connectors.rights import Rights
from connectors.skew import Skew
from connectors.tokens import TokenSource
from connectors.verdict import Failed, Says, reading, writing
from majlis.errors import MajlisError, Refused
from majlis.message import Network
from majlis.outbox import Action, Entry, Receipt
from majlis.ports import Budget, Capability, Clock, Counted, Mark, Page, Pictures, Probe, Stream

from .client import MOST_IDS, XClient
from .doing import Deeds, is_private
from .finding import Finder
from .media import Uploads
from .purse import PRICES, Purse
from .reading import Reader
from .settings import XSettings

_NEEDS = {
    "mentions": Capability.READ_PUBLIC,
    "replies": Capability.READ_PUBLIC,
    "posts": Capability.READ_PUBLIC,
    "messages": Capability.READ_PRIVATE,
}
_MESSAGES = frozenset({Capability.MESSAGE, Capability.PRIVATE_REPLY})
"""A message to whoever wrote in public is a direct message like any other."""
_DOES = {
    Action.REPLY: frozenset({Capability.REPLY}),
    Action.MESSAGE: _MESSAGES,
    Action.POST: frozenset({Capability.POST}),
    Action.DELETE: frozenset({Capability.DELETE}),
    Action.HIDE: frozenset({Capability.HIDE}),
    Action.UNHIDE: frozenset({Capability.HIDE}),
}

_BRINGS = {"mentions": "mention", "replies": "post", "posts": "post", "messages": "event"}
"""What a listing's rows are in the price list."""

_OFFERED = frozenset(_NEEDS.values()).union(*_DOES.values(), {Capability.PICTURE})
"""X has no editing, no scheduling and no moderation for everybody."""

_REACH = {"replies": timedelta(days=7), "messages": timedelta(days=30)}
"""How far back listings go. Source: API facts, section 2."""
MENTIONS_LISTED = 800
"""How many mentions are listed at most. Source: API facts, section 2."""


class XConnector:
    """One account."""

    def __init__(
        self,
        settings: XSettings,
        clock: Clock,
        tokens: TokenSource,
        ledger: DayLedger | None = None,
        *,
        pictures: Pictures | None = None,
        limits: Limits | None = None,
        line: Line | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._tokens = tokens
        self._skew = Skew(clock)
        self.ledger = ledger or DayLedger(clock, limit=settings.budget_mills, reserve=settings.reserve_mills)
        """What was spent today, in thousandths of a dollar."""
        self._client = XClient(settings, clock, tokens, Purse(self.ledger, clock), limits, line=line)
        self._reader = Reader(settings, clock, self._client, self.ledger)
        self._deeds = Deeds(settings, clock, self._client, Uploads(self._client, clock, pictures))
        self._finder = Finder(settings, clock, self._client)
        self._rights = Rights(clock)

    @property
    def network(self) -> Network:
        """X."""
        return Network.X

    @property
    def account(self) -> str:
        """The account's id in the settings."""
        return self._settings.account

    def streams(self) -> tuple[Stream, ...]:
        """Return the listings, no faster than the day's budget lasts at ten new rows a poll."""
        settings, left = self._settings, self.ledger.left
        listings = (
            ("mentions", settings.poll_s),
            ("messages", settings.messages_s),
            ("replies", settings.poll_s),
            ("posts", settings.own_s),
        )
        return tuple(
            Stream(
                network=self.network,
                account=self.account,
                name=name,
                interval=max(timedelta(seconds=floor_s), self._paced(name, left)),
                reach=_REACH.get(name),
                reach_rows=MENTIONS_LISTED if name == "mentions" else None,
            )
            for name, floor_s in listings
        )

    def _paced(self, name: str, left: int | None) -> timedelta:
        limit = self._settings.budget_mills
        if left is None or limit is None or left > limit / 2:
            return timedelta()  # quiet polls cost nothing, so a full purse needs no sparing
        return self.ledger.pace(10 * PRICES[_BRINGS[name]], left)

    def capabilities(self) -> frozenset[Capability]:
        """Return what X offers, less what a missing right has shut within the hour."""
        return _OFFERED - self._rights.off()

    def budget(self) -> Budget | None:
        """Return what is left of the day's money."""
        return self.ledger.budget(Counted.MONEY)

    async def read(self, stream: Stream, mark: Mark | None) -> Page:
        """Fetch the next page of a stream."""
        mark = mark or Mark()
        with reading(self.account, self.network), self._rights.minding({_NEEDS[stream.name]}):
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

    async def find(self, entry: Entry) -> Receipt | None:
        """Look among our own items for what this entry made."""
        with reading(self.account, self.network):
            return await self._finder.find(self._skew.corrected(entry))

    async def look(self, ids: Sequence[str]) -> frozenset[str]:
        """Return those ids that X no longer shows."""
        gone: frozenset[str] = frozenset()
        for start in range(0, len(ids), MOST_IDS):
            with reading(self.account, self.network):
                gone |= await self._finder.gone(list(ids[start : start + MOST_IDS]))
        return gone

    async def is_signed_in(self) -> bool:
        """Whether there is a token that was not refused yet."""
        return await self._tokens.is_alive()

    async def probe(self) -> Probe:
        """Ask X who we are."""
        try:
            with reading(self.account, self.network):
                person = await self._client.me()
        except MajlisError as error:
            return Probe(account=self.account, ok=False, problem=error)
        if person is None or person.id != self._settings.user:
            problem = Refused(account=self.account, reason="signed in as another account", code="user")
            return Probe(account=self.account, ok=False, problem=problem)
        skew, last = self._skew.seen(self._client.last), self._client.last
        level = last.headers.get("x-access-level") if last else None
        return Probe(account=self.account, ok=True, name=person.name, clock_skew=skew, level=level)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _needs(entry: Entry) -> frozenset[Capability]:
    """Return what an entry takes: an answer to a direct message is one; pictures have a right of their own."""
    if entry.pictures:
        return frozenset({Capability.PICTURE})
    if entry.action is Action.REPLY and is_private(entry):
        return _MESSAGES
    return _DOES.get(entry.action, frozenset())
