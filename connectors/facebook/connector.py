"""The connector port for a Facebook page: its limits, its rights, and which part does what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors.http import Limits, Line
from connectors.rights import Rights
from connectors.skew import Skew
from connectors.tokens import TokenSource
from connectors.verdict import Failed, Says, Unreachable, reading, writing
from majlis.errors import Busy, MajlisError
from majlis.message import Network, ObjectKind
from majlis.outbox import Action, Entry, Receipt
from majlis.ports import Budget, Capability, Clock, Counted, Mark, Page, Pictures, Probe, Stream

from .answers import THROTTLED_S, Usage
from .client import GraphClient
from .doing import Deeds
from .finding import Finder
from .reading import Reader
from .settings import FacebookSettings

SLOW_AT, STOP_AT, REPLY_UNTIL = 60, 90, 98
"""Percent of the limits used: poll half as often, stop polling, stop everything. Source: API facts, section 1."""

_LONGEST_S = 3600.0
"""Longest wait after repeated limits. Source: API facts, section 1."""

_C = Capability
_OFFERED = frozenset(_C) - {_C.MODERATE}
"""What a page can do that has every right; to turn a comment down for good is to hide or delete it here."""

_NEEDS = {"comments": _C.READ_PUBLIC, "sweep": _C.READ_PUBLIC, "conversations": _C.READ_PRIVATE}
"""Listings whose right is a capability; the others may be closed to us while the page is not."""
_DOES = {
    Action.REPLY: frozenset({_C.REPLY}),
    Action.POST: frozenset({_C.POST, _C.PICTURE, _C.SCHEDULE}),
    Action.EDIT: frozenset({_C.EDIT}),
    Action.DELETE: frozenset({_C.DELETE}),
    Action.HIDE: frozenset({_C.HIDE}),
    Action.UNHIDE: frozenset({_C.HIDE}),
    Action.MESSAGE: frozenset({_C.MESSAGE}),
    Action.MODERATE: frozenset[Capability](),
}


class FacebookConnector:
    """One page."""

    def __init__(
        self,
        settings: FacebookSettings,
        clock: Clock,
        tokens: TokenSource,
        pictures: Pictures | None = None,
        *,
        limits: Limits | None = None,
        line: Line | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._tokens = tokens
        self._skew = Skew(clock)
        self._client = GraphClient(settings, tokens, limits, line=line)
        self._reader = Reader(settings, clock, self._client)
        self._deeds = Deeds(settings, clock, self._client, pictures)
        self._finder = Finder(settings.page, clock, self._client)
        self._rights = Rights(clock)
        self._throttled = 0
        self._quiet_until: datetime | None = None

    @property
    def network(self) -> Network:
        """Facebook."""
        return Network.FACEBOOK

    @property
    def account(self) -> str:
        """The account's id in the settings."""
        return self._settings.account

    def streams(self) -> tuple[Stream, ...]:
        """Return the listings; asked half as often while the page's limits are nearly used up."""
        slower = 2 if self._client.usage.percent >= SLOW_AT else 1
        poll = timedelta(seconds=self._settings.poll_s * slower)
        sweep = timedelta(seconds=self._settings.sweep_s * slower)
        listings = (
            ("conversations", poll),
            ("comments", poll),
            ("visitor_posts", 10 * poll),
            ("tagged", 10 * poll),
            ("sweep", sweep),
        )
        return tuple(
            Stream(network=self.network, account=self.account, name=name, interval=interval)
            for name, interval in listings
        )

    def capabilities(self) -> frozenset[Capability]:
        """Return everything, less what a missing right has shut within the hour."""
        return _OFFERED - self._rights.off()

    def budget(self) -> Budget:
        """Return what is left of the page's limits, as the last answer told."""
        left = max(0, 100 - self._client.usage.percent)
        reserve, resets_at = 100 - STOP_AT, self._quiet_until
        return Budget(what=Counted.PERCENT, left=left, limit=100, reserve=reserve, resets_at=resets_at)

    async def read(self, stream: Stream, mark: Mark | None) -> Page:
        """Fetch the next page of a stream."""
        self._mind_the_limits(STOP_AT)
        need = frozenset({_NEEDS[stream.name]} if stream.name in _NEEDS else ())
        try:
            with reading(self.account, self.network), self._rights.minding(need):
                page = await self._reader_page(stream, mark or Mark())
        except Busy as error:
            raise self._longer(error) from error
        self._throttled = 0
        self._skew.seen(self._client.last)
        return page

    async def _reader_page(self, stream: Stream, mark: Mark) -> Page:
        try:
            return await self._reader.page(stream, mark)
        except Failed as error:
            if error.verdict.says is not Says.STALE or mark.walk is None:
                raise
            return await self._reader.page(stream, Mark(high=mark.high))

    async def perform(self, entry: Entry) -> Receipt:
        """Do what the entry says, once."""
        self._mind_the_limits(REPLY_UNTIL)
        try:
            with writing(self.account, self.network, entry.id), self._rights.minding(_needs(entry)):
                return await self._deeds.perform(entry)
        except Busy as error:
            raise self._longer(error) from error

    async def find(self, entry: Entry) -> Receipt | None:
        """Look among our own items for what this entry made."""
        self._mind_the_limits(REPLY_UNTIL)
        with reading(self.account, self.network):
            return await self._finder.find(self._skew.corrected(entry))

    async def look(self, ids: Sequence[str]) -> frozenset[str]:
        """Return those ids that the service no longer shows; it takes one call each."""
        gone: set[str] = set()
        for native_id in ids:
            self._mind_the_limits(STOP_AT)
            with reading(self.account, self.network):
                try:
                    await self._client.exists(native_id)
                except Failed as error:
                    if error.verdict.says is not Says.GONE:
                        raise
                    gone.add(native_id)
        return frozenset(gone)

    async def is_signed_in(self) -> bool:
        """Whether there is a token that was not refused yet."""
        return await self._tokens.is_alive()

    async def probe(self) -> Probe:
        """Ask the service for the page itself."""
        try:
            with reading(self.account, self.network):
                page = await self._client.page()
        except MajlisError as error:
            return Probe(account=self.account, ok=False, problem=error)
        skew = self._skew.seen(self._client.last)
        rights = await self._client.rights()
        return Probe(account=self.account, ok=True, name=page.name, clock_skew=skew, rights=rights)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _mind_the_limits(self, percent: int) -> None:
        """Stop before the service does: polling first, answers last.

        Raises:
            Busy: The limits are nearly used up; asked again after the wait, one call finds out how things stand.
        """
        usage, now = self._client.usage, self._clock.now()
        if usage.percent < percent:
            return
        if self._quiet_until is None:
            self._quiet_until = now + timedelta(seconds=usage.regain_s or THROTTLED_S)
        if now >= self._quiet_until:
            self._quiet_until, self._client.usage = None, Usage()
            return
        wait_s = (self._quiet_until - now).total_seconds()
        raise Busy(account=self.account, wait_s=wait_s, reason=f"{usage.percent} % of the limit used")

    def _longer(self, error: Busy) -> Busy:
        """Wait twice as long each time a limit is met again without a stated end."""
        if isinstance(error, Unreachable) or error.wait_s != THROTTLED_S:
            return error
        wait_s = min(THROTTLED_S * 2**self._throttled, _LONGEST_S)
        self._throttled += 1
        return Busy(account=self.account, wait_s=wait_s, reason=str(error.facts["reason"]))


def _needs(entry: Entry) -> frozenset[Capability]:
    """Return what an entry takes: a private message to whoever wrote in public is a thing of its own."""
    private = entry.target is None or entry.target.object is ObjectKind.PRIVATE
    if entry.action is Action.MESSAGE and not private:
        return frozenset({_C.PRIVATE_REPLY})
    if entry.action is Action.REPLY and private:
        return _DOES[Action.MESSAGE]
    return _DOES[entry.action]
