"""What a line of a scenario file can say: the header, and everything that happens; `expected.py` has what is looked at.

Field names and their docstrings are the reference in docs/scenarios.md, and the JSON Schema for editors.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from majlis.commands import DoneReason, OverrideReason
from majlis.message import Network, ObjectKind, Urgency
from majlis.policy import Role

Few = Annotated[int, Meta(ge=0, le=100_000)]
"""Any number that a scenario can need."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Anything in the file: a field nobody knows is a mistake."""


# ----------------------------------------------------------------------------------------------------------- the header


class AccountRow(Row, frozen=True, kw_only=True):
    """One of our accounts, as the header names it."""

    id: str
    network: Network
    name: str
    handle: str = ""
    """Without the `@`."""
    api_url: str | None = None
    """For a wire-level scenario: where its service is played; loopback, or the file is refused."""
    native_id: str | None = None
    """For a wire-level scenario: the account's own id at its service, as it stands in paths and bodies."""


class OperatorRow(Row, frozen=True, kw_only=True):
    """Somebody who works in the scenario."""

    id: str
    roles: tuple[Role, ...] = (Role.OPERATOR,)


class TextRow(Row, frozen=True, kw_only=True):
    """A text for people, in both languages."""

    ar: str
    en: str


class TrainingRow(Row, frozen=True, kw_only=True):
    """What counts at the end of a scenario that people play to learn; messages by their ids."""

    title: TextRow
    answer: tuple[str, ...] = ()
    """Owed an answer, inside its time."""
    escalate: tuple[str, ...] = ()
    """Belong to customer service; no others do, but for those of `urgent`."""
    urgent: tuple[str, ...] = ()
    """Somebody may be in danger: the urgent path."""
    urgent_minutes: Few = 5
    """How soon after it arrived, by the clock."""
    until: str | None = None
    """When the time of whoever plays it by hand is over, as `at`; null: with the scenario."""


class PolicyRow(Row, frozen=True, kw_only=True):
    """What of the policy is otherwise than usual."""

    hold_s: Few = 10
    """Seconds in which an answer can be called back."""
    claim_minutes: Few = 15
    """How long a claim lasts without a sign of life."""
    first_response_wm: Few = 420
    """Working minutes within which a first answer is owed."""
    grace_minutes: Few = 0
    """How long after closing an answer to an open conversation may still go out."""
    own_data: Literal["block", "warn"] = "block"
    """What a person's own data does in a private answer."""
    approval: bool = False
    """Whether somebody else has to approve a post."""
    pledge: bool = False
    """Whether operators read the pledge first."""
    backlog_open_h: Few = 24
    """How old, in hours, a message may be at the first reading and still be owed an answer."""
    duty_contact: str | None = None


class Header(Row, frozen=True, kw_only=True):
    """The first line."""

    scenario: Literal[1]
    """The version of this format."""
    name: str
    start: datetime
    """When it begins, with its zone."""
    end: str | None = None
    """When it ends, as `at`; null: with its last line."""
    seed: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """Ids, salt and jitter come from it."""
    language: Literal["ar", "en"] = "ar"
    """Of the screen."""
    size: tuple[Annotated[int, Meta(ge=20, le=500)], Annotated[int, Meta(ge=8, le=200)]] = (80, 24)
    """Columns, rows."""
    network: Literal["items", "wire"] = "items"
    """`items`: messages are given directly; `wire`: bodies of the services go through the real clients."""
    interval: str = "+00:00:05"
    """How often a listing is read, as far as there is anything to read."""
    reads: Literal["paced", "at_once", "only_then"] = "paced"
    """`paced`: at the pace of a service; `at_once`: also whenever a line says that something happens on an account's
    network; `only_then`: then alone, as a recording needs it, where what is there is looked at only when something is
    deleted, hidden or shown again, or a token is said to be alive."""
    calendar: Literal["default", "open"] | dict[str, Any] = "default"
    """Service hours: those that come with the program, none that ever close, or calendars by id."""
    profile: dict[str, Any] | None = None
    """Official contacts, in the form of a conduct profile."""
    policy: PolicyRow = PolicyRow()
    accounts: tuple[AccountRow, ...]
    operators: tuple[OperatorRow, ...] = ()
    """The first one sits at the screen; none: an operator called `operator`."""
    goal: TextRow | None = None
    """What whoever plays it should achieve."""
    debrief: TextRow | None = None
    """What is said at the end."""
    training: TrainingRow | None = None
    """What is counted then; with it, the scenario can be played by hand."""


# -------------------------------------------------------------------------------------------------- what the world does


class Timed(Row, frozen=True, kw_only=True):
    """Something that happens at a time: `+HH:MM:SS` after the start (`-` before it), or an instant."""

    at: str


class AuthorRow(Row, frozen=True, kw_only=True):
    """Who wrote it, as far as the service would say."""

    id: str | None = None
    handle: str | None = None
    name: str | None = None


class Arrive(Timed, frozen=True, kw_only=True, tag_field="do", tag="arrive"):
    """A message appears on the network."""

    account: str
    id: str
    object: ObjectKind = ObjectKind.COMMENT
    thread: str | None = None
    """null: that of its parent, or a thread of its own."""
    parent: str | None = None
    author: AuthorRow = AuthorRow()
    text: str
    created: str | None = None
    """When it was written; null: when it arrives."""
    ours: bool = False
    listing: str | None = None
    """Which listing shows it; null: the usual one for what it is."""
    recipient: str | None = None
    """To whom a private answer goes; null: to the author."""
    link: str | None = None
    attachments: tuple[str, ...] = ()


class Edit(Timed, frozen=True, kw_only=True, tag_field="do", tag="edit"):
    """Its author changes a text."""

    account: str
    id: str
    text: str


class Delete(Timed, frozen=True, kw_only=True, tag_field="do", tag="delete"):
    """Its author takes a message away."""

    account: str
    id: str


class Hide(Timed, frozen=True, kw_only=True, tag_field="do", tag="hide"):
    """Its author hides a message: nobody sees it any more, us included, until it is shown again."""

    account: str
    id: str


class Unhide(Timed, frozen=True, kw_only=True, tag_field="do", tag="unhide"):
    """Its author shows a hidden message again."""

    account: str
    id: str


class FaultKind(StrEnum):
    """How a service fails."""

    BUSY = "busy"
    """Answers 429 with a wait."""
    UNAUTHORIZED = "unauthorized"
    """Answers 401: it does not know the token."""
    FORBIDDEN = "forbidden"
    """Answers 403: a final no."""
    ERROR = "error"
    """Answers 500."""
    GARBAGE = "garbage"
    """Answers something that is no answer."""
    SILENCE = "silence"
    """Does not answer until the call is given up, after `wait_s`."""
    DOWN = "down"
    """Cannot be reached: nothing went out."""
    CUT = "cut"
    """The line breaks in the middle of the call."""


class Fault(Timed, frozen=True, kw_only=True, tag_field="do", tag="fault"):
    """From now on calls fail, for a number of calls or for a time."""

    account: str
    kind: FaultKind
    on: Literal["read", "write", "both"] = "both"
    accepted: bool = False
    """Of a write that ends in `error`, `garbage`, `silence` or `cut`: whether the service has done it all the same."""
    times: Annotated[int, Meta(ge=1, le=100_000)] = 1
    """How many calls; ignored where `lasts` is given."""
    lasts: str | None = None
    """`+HH:MM:SS`."""
    wait_s: Annotated[float, Meta(ge=0, le=86_400)] = 60.0
    """Asked for by `busy`; how long `silence` lasts."""


class Token(Timed, frozen=True, kw_only=True, tag_field="do", tag="token"):
    """The sign-in dies, or is renewed."""

    account: str
    state: Literal["dead", "alive"]


class ClockJump(Timed, frozen=True, kw_only=True, tag_field="do", tag="clock"):
    """This machine's clock jumps; the networks' clocks, and the times of this file, go on as they are."""

    by: str
    """`+HH:MM:SS` forward, or `-HH:MM:SS` back."""


# -------------------------------------------------------------------------------------------------- what colleagues do


class About(Row, frozen=True, kw_only=True):
    """Which message it is about."""

    id: str
    """Of a message; `re:ID` is our latest answer to that one."""
    account: str | None = None
    """Needed only where two accounts have a message of that id."""


class OverrideRow(Row, frozen=True, kw_only=True):
    """Why it goes out outside service hours."""

    reason: OverrideReason
    note: str


class ClaimRow(About, frozen=True, kw_only=True):
    """Take it to compose an answer."""

    take_over: str | None = None
    """The reason for taking it from a colleague."""


class ReplyRow(About, frozen=True, kw_only=True):
    """Answer it, or comment below a post of ours."""

    text: str
    acknowledged: tuple[str, ...] = ()
    """Rules whose warnings are confirmed."""
    private: bool = False
    queue: bool = False
    """Outside hours: wait for the opening."""
    override: OverrideRow | None = None


class ChangeRow(About, frozen=True, kw_only=True):
    """Put another text in the place of our latest answer to it."""

    text: str
    acknowledged: tuple[str, ...] = ()
    queue: bool = False
    override: OverrideRow | None = None


class HandOnRow(About, frozen=True, kw_only=True):
    """Hand it to customer service."""

    reason: str | None = None
    """null: the one that triage suggests."""
    note: str | None = None
    tags: tuple[str, ...] = ()


class UrgentRow(About, frozen=True, kw_only=True):
    """Somebody may be in danger."""

    reason: str | None = None
    note: str | None = None


class WordsRow(About, frozen=True, kw_only=True):
    """Say something about it."""

    text: str


class DoneRow(About, frozen=True, kw_only=True):
    """Close it without an answer."""

    reason: DoneReason = DoneReason.NO_REPLY_NEEDED


class SnoozeRow(About, frozen=True, kw_only=True):
    """Put it away."""

    until: str | None = None
    """As `at`; null: the next opening."""


class TagRow(About, frozen=True, kw_only=True):
    """Add or remove tags."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class RejectRow(About, frozen=True, kw_only=True):
    """Take it off the network for good."""

    ban: bool = False


class SortRow(About, frozen=True, kw_only=True):
    """Correct what triage thinks of it."""

    category: str | None = None
    urgency: Urgency | None = None
    reason: str | None = None


class Operator(Timed, frozen=True, kw_only=True, tag_field="do", tag="operator"):
    """A colleague acts, through the same desk as everybody: exactly one of the verbs.

    `ack`, `ask`, `answer`, `return` and `close` are customer service's, about the case of the message.
    """

    operator: str
    refused: str | None = None
    """The error that is expected, by its name (`Conflict`); null: the desk has to take it."""
    solution: bool = False
    """A model operator does it: left out where somebody plays by hand."""
    claim: ClaimRow | None = None
    release: About | None = None
    reply: ReplyRow | None = None
    change: ChangeRow | None = None
    delete: About | None = None
    """Take our latest answer to it off the network."""
    escalate: HandOnRow | None = None
    urgent: UrgentRow | None = None
    note: WordsRow | None = None
    """Add the line for the colleague to its case."""
    done: DoneRow | None = None
    snooze: SnoozeRow | None = None
    memo: WordsRow | None = None
    tag: TagRow | None = None
    hide: About | None = None
    unhide: About | None = None
    reject: RejectRow | None = None
    reveal: About | None = None
    sort: SortRow | None = None
    undo: About | None = None
    ack: About | None = None
    ask: WordsRow | None = None
    answer: WordsRow | None = None
    return_: WordsRow | None = msgspec.field(default=None, name="return")
    close: About | None = None


# ------------------------------------------------------------------------------------------------------------- the keys


class Typed(Row, frozen=True, kw_only=True):
    """What hands do between two keys: exactly one of these."""

    text: str | None = None
    """Typed letter by letter."""
    paste: str | None = None
    """Pasted at once."""
    wait: str | None = None
    """`+HH:MM:SS`, or `+HH:MM:SS.mmm`, before what follows."""


class Key(Timed, frozen=True, kw_only=True, tag_field="do", tag="key"):
    """The operator at the screen presses keys, one after another."""

    keys: tuple[str | Typed, ...]
    """A letter, or a name as in docs/keys.md (`enter`, `escape`, `ctrl+d`); objects type, paste or wait."""
    solution: bool = False
    """A model operator presses them: left out where somebody plays by hand."""


# ------------------------------------------------------------------------------------------------------------- the wire


class Asked(Row, frozen=True, kw_only=True):
    """Which requests a body answers."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str
    """Without host and query; `*` stands for any part between two slashes, at the end for the rest."""
    query: dict[str, str] = {}
    """What the query must hold, among other things."""
    form: dict[str, str] = {}
    """What a form's fields must hold, among other things."""
    body: dict[str, Any] | None = None
    """What a JSON body must hold, among other things."""


class Answered(Row, frozen=True, kw_only=True):
    """What the service answers: at most one of `json`, `text` and `base64`."""

    status: Annotated[int, Meta(ge=200, le=599)] = 200
    headers: dict[str, str] = {}
    json: Any | UnsetType = UNSET
    text: str | None = None
    base64: str | None = None
    """For bodies that are no text."""
    wait: str | None = None
    """How long it takes, as `lasts`."""
    cut: Literal["before", "after"] | None = None
    """The line breaks: before the service had the request, or after it had done it."""


class Wire(Timed, frozen=True, kw_only=True, tag_field="do", tag="wire"):
    """From now on the service of an account answers so to such a request; the latest line that fits counts."""

    account: str
    request: Asked
    response: Answered
    times: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    """How often; then the line before it counts again. null: for good."""


World = Arrive | Edit | Delete | Hide | Unhide | Fault | Token
"""What an account's network does by itself."""
WORLD = (Arrive, Edit, Delete, Hide, Unhide, Fault, Token)
