"""What the domain needs from outside, as protocols; `tui/wiring.py` alone knows who answers them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from .audit import Event, EventDraft, Seal
from .errors import MajlisError, StoreInDoubt
from .escalation import Case
from .gap import Gap
from .message import Message, MessageKey, Network, Quarantined
from .outbox import Entry, Receipt
from .presence import Presence
from .publishing import Post
from .records import Official, Pledge, Snippet, Tally
from .states import EntryState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


# ---------------------------------------------------------------------------------------------- reading the networks


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One listing of one account."""

    network: Network
    account: str
    name: str
    """comments, visitor_posts, conversations, mentions, replies, messages, threads …"""
    interval: timedelta
    """How often it may be read at most."""
    reach: timedelta | None = None
    """How far back the service lists; None: as far as there is anything."""
    reach_rows: int | None = None
    """How many rows the service lists at most; None: all of them."""

    @property
    def id(self) -> str:
        """Its name in the store and the audit."""
        return f"{self.network}:{self.account}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A reading that is under way: services list newest first, in pages."""

    continuation: str
    """The service's mark for the next page, or what the connector makes of it; short-lived."""
    candidate_high: str | None
    """What `high` becomes when the walk is through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a stream is read."""

    high: str | None = None
    """Everything up to here is stored; None before the first walk is through. Opaque but to its connector."""
    walk: Walk | None = None
    begun: datetime | None = None
    """When the walk under way began; like what follows by our clock, kept by the poller and of no use to connectors."""
    rows: int = 0
    """Messages that the walk under way has brought so far."""
    read_at: datetime | None = None
    """When the last walk began that went through; None: none has yet, so this is the first connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one poll returned; stored with its mark in one transaction."""

    stream: Stream
    messages: tuple[Message, ...]
    quarantined: tuple[Quarantined, ...] = ()
    mark: Mark
    """After this page. `high` moves only with the last page of a walk."""
    more: bool
    """Whether the walk goes on."""
    read_at: datetime
    profile_version: str = ""
    """Of the policy by which its messages were taken in."""
    salt: str = ""
    """Of its event; empty: what the store makes of the event before."""


class Capability(StrEnum):
    """What an account can do; what it cannot is shown as not available, never as an empty queue."""

    READ_PUBLIC = "read_public"
    READ_PRIVATE = "read_private"
    REPLY = "reply"
    MESSAGE = "message"
    PRIVATE_REPLY = "private_reply"
    """A private message to whoever wrote a public comment."""
    POST = "post"
    PICTURE = "picture"
    """A post with pictures."""
    SCHEDULE = "schedule"
    """A post that the network itself publishes at a time."""
    HIDE = "hide"
    MODERATE = "moderate"
    """Turn a comment down for good."""
    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a service said when asked whether all is well."""

    account: str
    ok: bool
    name: str | None = None
    """The account's own name there."""
    problem: MajlisError | None = None
    clock_skew: timedelta | None = None
    """The service's clock less ours."""
    rights: frozenset[str] | None = None
    """What the service says this sign-in may do, in its own words; None: it does not say."""
    level: str | None = None
    """Where the service tells of a level instead: that, in its own word."""


class Counted(StrEnum):
    """What a service's allowance is counted in."""

    UNITS = "units"
    """YouTube's quota units."""
    MONEY = "money"
    """Thousandths of a US dollar."""
    PERCENT = "percent"
    """Of the service's own limits, which it does not tell otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a service still allows an account."""

    what: Counted
    left: int
    """Zero or more, and not above `limit`."""
    limit: int
    reserve: int = 0
    """Part of it that reading leaves to answers."""
    resets_at: datetime | None
    """When all of it is there again, UTC; None: it comes back little by little."""


class Performer(Protocol):
    """Whoever carries out the entries of one account, or of one escalation target."""

    @property
    def account(self) -> str:
        """Its name in the settings, by which entries name it."""
        ...

    async def is_signed_in(self) -> bool:
        """Whether there is a token that the service has not refused yet; asks it nothing.

        While there is none no call is worth making, and as soon as somebody has signed in this says so.
        """
        ...

    async def perform(self, entry: Entry) -> Receipt:
        """Do what the entry says, once.

        Raises:
            Refused: Final; nothing was done.
            Busy: Certainly not done; try again after its wait.
            NeedsSignIn: Certainly not done; the token is dead.
            Unknown: It may have happened.
        """
        ...

    async def find(self, entry: Entry) -> Receipt | None:
        """Look among our own items for what this entry made; None only if it is certainly absent now."""
        ...


class EscalationTarget(Protocol):
    """Where customer service works, outside this program: a mailbox, a service that is called."""

    @property
    def name(self) -> str:
        """Its name in the settings."""
        ...

    async def deliver(self, case: Case, entry: Entry) -> Receipt:
        """Tell about a case as it stands; the entry's id is the name by which a repetition is known.

        Raises:
            Refused: Final.
            Busy: Not now; try again after its wait. It may have arrived all the same.
        """
        ...


class Connector(Performer, Protocol):
    """One account on one network."""

    @property
    def network(self) -> Network:
        """Which network."""
        ...

    def streams(self) -> tuple[Stream, ...]:
        """Return the listings to read, the most pressing first."""
        ...

    async def read(self, stream: Stream, mark: Mark | None) -> Page:
        """Fetch the next page of a stream; the same mark gives the same rows again.

        A continuation that has died starts again from `high`, with overlap.

        Raises:
            Busy: The service asks to wait; nothing was lost.
            NeedsSignIn: The token is dead.
            Refused: A right is missing.
            Malformed: The answer cannot be read.
        """
        ...

    async def look(self, ids: Sequence[str]) -> frozenset[str]:
        """Return those native ids of public messages that the service no longer shows."""
        ...

    def capabilities(self) -> frozenset[Capability]:
        """Return what this account can do, as far as known."""
        ...

    def budget(self) -> Budget | None:
        """Return what the service still allows, as far as known without asking it; None where nothing is counted."""
        ...

    async def probe(self) -> Probe:
        """Ask the service itself whether sign-in, rights and clock are well."""
        ...

    async def aclose(self) -> None:
        """Give back what it holds."""
        ...


class Pictures(Protocol):
    """Where the bytes of pictures are; a `Store` is one."""

    async def picture(self, digest: str) -> bytes:
        """Return a picture's bytes.

        Raises:
            NotFound: There is no such picture.
        """
        ...


@runtime_checkable
class Batches(Protocol):
    """What a connector has besides, whose service sets one state of many messages in one call."""

    @property
    def batch(self) -> int:
        """Messages of one call, at the most."""
        ...

    async def perform_many(self, entries: Sequence[Entry]) -> tuple[Receipt | MajlisError, ...]:
        """Do one action of `BATCHED` about several messages; return for each, in order, what `perform` would.

        It raises nothing of its own: one that is refused says nothing about the others.
        """
        ...


# ------------------------------------------------------------------------------------------------------------ keeping


class ViewName(StrEnum):
    """The lists of the screen; their digits are in the key table."""

    QUEUE = "queue"
    """Open messages of the public: new, and claimed by anybody. Most urgent first."""
    MINE = "mine"
    """Claimed by me, or answered by me and not out yet. Most urgent first."""
    WAITING = "waiting"
    """A reply is on its way, or snoozed. Most urgent first."""
    ESCALATED = "escalated"
    """With customer service. Newest first."""
    POSTS = "posts"
    """What our own accounts published. Newest first."""
    OUTBOX = "outbox"
    """Entries, not messages. Newest first."""
    ALL = "all"
    """Every message. Newest first."""
    CALENDAR = "calendar"
    """Posts of ours that are coming: what has a time by that, then what waits for somebody."""
    CASES = "cases"
    """Cases, not messages: customer service's own list. Most urgent first; those answered, until they are closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which messages, in which order."""

    name: ViewName
    operator: str
    """Whose `mine` it is."""
    account: str | None = None
    """Only this account; None: all."""
    search: str = ""
    """Only what holds every word of this, in its text as lists show it or in its author's name; empty: all.

    Words are compared folded (`majlis.text.search_words`), and are found anywhere, inside other words too.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A place in a view that stays where it is when rows come and go."""

    sort: str
    key: str
    """Message key or entry id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a window."""

    anchor: Anchor
    message: Message | None
    """None for an entry without a target."""
    entry: Entry | None = None
    """In the outbox view."""
    case: Case | None = None
    """In the view of cases."""
    post: Post | None = None
    """In the calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Rows shown: in the view's order, at most as many as asked for."""

    rows: tuple[Row, ...]
    revision: int
    """The store's position when it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many rows a view has."""

    shown: int
    """Those that came up to `as_of`."""
    waiting: int
    """Those that came after it, and wait behind the bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What a page changed."""

    new: tuple[MessageKey, ...]
    changed: tuple[MessageKey, ...]
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed since a revision."""

    revision: int
    keys: frozenset[str]
    """Message keys, entry ids and case ids; empty when nothing did."""
    present: tuple[Presence, ...] = ()
    """Who is where, as `Store.present` tells: that changes without a revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text somebody is writing; saved as it is typed, never sent from here."""

    message: str
    """Key of the message it answers."""
    author: str
    text: str
    saved_at: datetime
    acknowledged: tuple[str, ...] = ()
    """Rules whose warnings were confirmed for this text."""
    read: tuple[str, ...] = ()
    """Rules that have spoken about this draft already; a reminder is shown once (D20)."""

    @classmethod
    def of(cls, entry: Entry, at: datetime) -> Draft | None:
        """Return the words of an entry that did not go out, for whoever wrote them; None where there are none."""
        if entry.target is None or not entry.text:
            return None
        return cls(
            message=str(entry.target),
            author=entry.author,
            text=entry.text,
            saved_at=at,
            acknowledged=entry.acknowledged,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Memo:
    """An internal note; a type of its own, with no way out of the building."""

    id: str
    message: str
    """Key of the message it lies beside."""
    account: str
    thread: str
    author: str
    text: str
    at: datetime
    rev: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How to take back one local action of one operator."""

    id: str
    actor: str
    action: str
    at: datetime
    message: Message
    """As it was before."""
    entry: str | None = None
    """Made by the action."""
    case: str | None = None
    """Made, or joined, by the action."""
    deliveries: tuple[str, ...] = ()
    """Entries that tell of that case."""
    used: bool = False
    rev: int = 0


Kept = Message | Entry | Case | Post | Memo | Undo | Pledge | Snippet | Official
"""What a decision can write; each carries the revision of its last change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One accepted command: everything it writes, and its event, or nothing."""

    puts: tuple[Kept, ...] = ()
    """Each with the `rev` at which it was read; 0: it must not exist yet."""
    event: EventDraft
    save_draft: Draft | None = None
    """A text that comes back to its author."""
    drop_draft: tuple[str, str] | None = None
    """Message key and author of a draft that has served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What `store check` found."""

    path: str
    ok: bool
    problems: tuple[str, ...]
    counts: dict[str, int] = field(default_factory=dict)
    """Rows by table."""
    chain_broken_at: int | None = None
    """Revision of the first event that does not fit the chain."""
    revision: int = 0
    """Of the last event that can be read and fits the chain."""
    last_at: datetime | None = None
    """When that was."""
    expected: int | None = None
    """A revision that was acknowledged and is not there, or not as it was."""
    backup: BackupMark | None = None
    """The last backup that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMark:
    """A backup of a store: where it was written, and how far it goes."""

    path: str
    at: datetime
    revision: int
    is_there: bool
    """Whether a file lies at its path now."""


class Store(Protocol):
    """Keeping; every call is awaited and none blocks the event loop."""

    async def ingest(self, page: Page) -> Ingested:
        """Keep a page's rows, its quarantined rows and its mark, in one transaction with one event.

        A known message keeps its standing, takes over what the service now says (missing parts never wipe known
        ones), and gets a new edition when its text changed.
        """
        ...

    async def apply(self, decision: Decision) -> int:
        """Write a decision in one transaction and return its revision.

        Raises:
            Conflict: Something it writes has changed since it was read; nothing is written.
        """
        ...

    async def message(self, key: MessageKey) -> Message | None:
        """Return one message."""
        ...

    async def thread(self, account: str, thread: str) -> tuple[Message, ...]:
        """Return a thread, oldest first."""
        ...

    async def window(
        self,
        view: View,
        *,
        limit: int,
        after: Anchor | None = None,
        before: Anchor | None = None,
        last: bool = False,
        as_of: int | None = None,
    ) -> Window:
        """Return rows in the view's order: the first ones, those after or before an anchor, or the last ones.

        Args:
            view: Which list.
            limit: Rows at most.
            after: Rows strictly behind this place.
            before: The rows directly in front of this place, still in the view's order.
            last: The end of the list.
            as_of: Leave out rows that came (Message.queued) after this revision.
        """
        ...

    async def counts(self, view: View, *, as_of: int | None = None) -> Counts:
        """Return how many rows a view has, and how many wait behind the bar."""
        ...

    async def position(self, view: View, anchor: Anchor, *, as_of: int | None = None) -> int:
        """Return how many rows come before a place."""
        ...

    async def entry(self, entry_id: str) -> Entry | None:
        """Return one outbox entry."""
        ...

    async def entries(
        self, states: Iterable[EntryState], *, due_by: datetime | None = None, due_from: datetime | None = None
    ) -> tuple[Entry, ...]:
        """Return entries in these states, due first; both bounds belong to the time asked for."""
        ...

    async def case(self, case_id: str) -> Case | None:
        """Return one case."""
        ...

    async def cases(self, account: str, thread: str) -> tuple[Case, ...]:
        """Return the cases of a thread, oldest first."""
        ...

    async def became(self, doubt: StoreInDoubt) -> bool:
        """Say whether a change was kept whose outcome was in doubt; `StoreUnreachable` while it cannot be known."""
        ...

    async def post(self, post_id: str) -> Post | None:
        """Return one post of ours."""
        ...

    async def cases_made(self, since: datetime, until: datetime) -> tuple[Case, ...]:
        """Return the cases made from one moment on and before another, oldest first."""
        ...

    async def snoozed(self, due_by: datetime) -> tuple[Message, ...]:
        """Return snoozed messages whose time has come."""
        ...

    async def stale_claims(self, now: datetime) -> tuple[Message, ...]:
        """Return claimed messages whose lease has run out."""
        ...

    async def draft(self, message: MessageKey, author: str) -> Draft | None:
        """Return the author's draft for a message."""
        ...

    async def drafts(self, author: str) -> tuple[Draft, ...]:
        """Return all drafts of an author, newest first."""
        ...

    async def save_draft(self, draft: Draft) -> None:
        """Keep a draft durably; it replaces the author's earlier one for that message."""
        ...

    async def drop_draft(self, message: MessageKey, author: str) -> None:
        """Forget a draft."""
        ...

    async def memos(self, account: str, thread: str) -> tuple[Memo, ...]:
        """Return the memos of a thread, oldest first."""
        ...

    async def undoable(self, actor: str, message: MessageKey | None = None) -> Undo | None:
        """Return the actor's last action, of all or about one message, that is not taken back yet."""
        ...

    async def mark(self, stream: Stream) -> Mark | None:
        """Return how far a stream is read; None before its first page."""
        ...

    async def keep_gap(self, gap: Gap, profile_version: str = "") -> None:
        """Keep a gap, or what became of it, with an event under a version of the policy."""
        ...

    async def gaps(self, account: str | None = None) -> tuple[Gap, ...]:
        """Return the times that were not read, of one account or all, the latest first."""
        ...

    async def revision(self) -> int:
        """Return the store's position."""
        ...

    async def changes(self, after: int) -> Changes:
        """Return what changed after a revision; costs next to nothing when nothing did."""
        ...

    async def events(self, after: int = 0, limit: int = 1000) -> tuple[Event, ...]:
        """Return audit events in order."""
        ...

    async def payloads(self, after: int = 0, limit: int = 1000) -> dict[int, dict[str, Any]]:
        """Return what was written down with each event after a revision, by revision; what was erased is missing.

        Args:
            after: A revision.
            limit: How many events, as `events` takes it.
        """
        ...

    async def covering(self, entry_id: str) -> Event | None:
        """Return the event that wrote an entry last, if the entry is as that event left it and the history holds since.

        None: the row was written, or altered, past this program.
        """
        ...

    async def last_seal(self) -> Seal | None:
        """Return the newest seal; None before the first."""
        ...

    async def keep_seal(self, seal: Seal) -> None:
        """Keep the next seal; no event, and no revision.

        Raises:
            DuplicateKey: There is one of that number.
        """
        ...

    async def pledge(self, operator: str, version: str) -> Pledge | None:
        """Return when an operator read a version of the pledge; None: not yet."""
        ...

    async def snippets(self) -> tuple[Snippet, ...]:
        """Return the saved replies that are not removed, by name."""
        ...

    async def snippet(self, snippet_id: str) -> Snippet | None:
        """Return one saved reply, also a removed one."""
        ...

    async def official(self, official_id: str) -> Official | None:
        """Return one added contact, also a removed one."""
        ...

    async def officials(self) -> tuple[Official, ...]:
        """Return the official contacts that were added and not removed, oldest first."""
        ...

    async def tally(self, day: date, operator: str, marks: Sequence[tuple[str, str]]) -> None:
        """Count each (name, what) once more for an operator's day."""
        ...

    async def tallies(self, first: date, last: date) -> tuple[Tally, ...]:
        """Return the counts of some days, both included, by day, operator, name."""
        ...

    async def keep_picture(self, data: bytes, media_type: str) -> str:
        """Keep a picture durably and return its digest, by which entries name it; twice is once.

        Raises:
            PictureTooBig: More bytes than every network takes; nothing is kept.
            NotAPicture: The bytes are not of that type; nothing is kept.
        """
        ...

    async def picture(self, digest: str) -> bytes:
        """Return a picture's bytes.

        Raises:
            NotFound: There is no such picture.
        """
        ...

    async def hold(self, name: str) -> bool:
        """Keep a lock that ends with this process, however it ends; False while another process keeps it.

        A process that is stopped keeps it. Asking again says whether it is still kept.
        """
        ...

    async def let_go(self, name: str) -> None:
        """Give a lock back, if it is kept."""
        ...

    async def take_lease(self, name: str, holder: str, until: datetime, now: datetime, *, locked: bool = False) -> bool:
        """Take or renew a lease; False when somebody else holds it.

        Args:
            name: Which lease.
            holder: Who takes it; different for each process.
            until: When it ends by itself.
            now: The time.
            locked: Whether this process keeps the lock of that name (`hold`): a holder who kept it too has lost it, so
                is dead, and what they held is taken at once.
        """
        ...

    async def free_lease(self, name: str, holder: str) -> None:
        """Give a lease back, if it is held."""
        ...

    async def be_present(self, presence: Presence) -> None:
        """Say where a sitting is, in place of where it was; no event. What is long over goes with it."""
        ...

    async def leave(self, sitting: str) -> None:
        """Say that a sitting is nowhere."""
        ...

    async def present(self) -> tuple[Presence, ...]:
        """Return where each sitting is, by its name; some may be over by now, which whoever has a clock can tell."""
        ...

    async def preference(self, operator: str, name: str) -> str | None:
        """Return what an operator chose."""
        ...

    async def prefer(self, operator: str, name: str, value: str) -> None:
        """Remember what an operator chose."""
        ...

    async def check(self) -> CheckReport:
        """Look for damage, and verify the chain."""
        ...

    async def aclose(self) -> None:
        """Give back the file."""
        ...


# ------------------------------------------------------------------------------------------------------ time and chance


class Clock(Protocol):
    """The time, as an argument."""

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        ...

    async def sleep_until(self, at: datetime) -> None:
        """Return when it is that time; earlier when the clock was set back meanwhile, so whoever waits looks again."""
        ...


class Ids(Protocol):
    """New names and salt, as an argument."""

    def new(self, kind: str) -> str:
        """Return an id nobody has, beginning with its kind: `entry-…`."""
        ...

    def salt(self) -> str:
        """Return 128 random bits in hex."""
        ...
