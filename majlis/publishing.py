"""Posts of our own (C5, C6): news, events, services and updates in two languages, for one account or several."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from . import text as texts
from .audit import canonical
from .message import Network, sortable
from .pictures import Picture
from .states import POST_TABLE, PostState, stepped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .conduct import Finding
    from .policy import Policy

LATE = timedelta(minutes=15)
"""How long after its time a post still goes out; then it is missed, and a person decides (D7)."""

CAN_POST = frozenset({Network.FACEBOOK, Network.X})
"""YouTube's interface knows no posts. Source: API facts, section 3."""


class PostKind(StrEnum):
    """What a post is about (C6)."""

    NEWS = "news"
    EVENT = "event"
    SERVICE = "service"
    UPDATE = "update"


class Version(StrEnum):
    """In which language a post stands on an account."""

    ARABIC = "ar"
    ENGLISH = "en"
    BOTH = "both"
    """One post, the Arabic text first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostTarget:
    """Where a post is to stand."""

    account: str
    network: Network
    version: Version

    def __str__(self) -> str:
        return f"{self.account}:{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostStep:
    """One thing that happened to a post; steps are only ever added."""

    step: str
    """A row of `POST_TABLE`."""
    at: datetime
    by: str
    digest: str
    """Of the content as it was."""
    text: str | None = None
    """Why it was rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One thing the ministry says of its own accord."""

    id: str
    kind: PostKind
    arabic: str = ""
    english: str = ""
    link: str | None = None
    pictures: tuple[Picture, ...] = ()
    targets: tuple[PostTarget, ...] = ()
    author: str
    created_at: datetime
    state: PostState = PostState.DRAFT
    publish_at: datetime | None = None
    acknowledged: tuple[str, ...] = ()
    """Rules whose warnings were confirmed when it was submitted."""
    steps: tuple[PostStep, ...] = ()
    entries: tuple[str, ...] = ()
    """Outbox entries made for it, one a target and attempt."""
    queued: int = 0
    """Revision at which it came into the calendar; 0: the store sets it to the next one."""
    rev: int = 0
    """Revision of its last change; 0 before it is stored."""

    def stepped(self, step: str, *, at: datetime, by: str, text: str | None = None, **changes: object) -> Post:
        """Return the post after a step of the state table.

        Raises:
            WrongState: The table has no such step from here.
        """
        after = stepped(POST_TABLE, step, self.state, self.id)
        changed = replace(self, state=after, **changes)  # type: ignore[arg-type]  # replace is typed field by field
        done = PostStep(step=step, at=at, by=by, digest=content_digest(changed), text=text)
        return replace(changed, steps=(*self.steps, done))

    @property
    def writers(self) -> frozenset[str]:
        """Whoever has written any of it; none of them may approve it."""
        return frozenset({self.author, *(step.by for step in self.steps if step.step == "write")})

    def is_approved(self) -> bool:
        """Tell whether what stands here now is what somebody has approved."""
        approved = next((step for step in reversed(self.steps) if step.step == "approve"), None)
        return approved is not None and approved.digest == content_digest(self)


def content_digest(post: Post) -> str:
    """Return SHA-256 of all that the public will see and where, in hex; its time is not content."""
    content = {
        "kind": post.kind.value,
        "arabic": post.arabic,
        "english": post.english,
        "link": post.link,
        "pictures": [[picture.digest, picture.media_type, picture.alt] for picture in post.pictures],
        "targets": [[each.account, each.network.value, each.version.value] for each in post.targets],
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def default_version(network: Network) -> Version:
    """Return how a network is served as a rule: both languages in one post where there is room."""
    return Version.BOTH if network is Network.FACEBOOK else Version.ARABIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A post as one network will show it."""

    target: PostTarget
    text: str
    """Byte for byte what goes out."""
    link: str | None
    """Where the network shows it as a card; elsewhere it stands in the text."""
    length: int
    """As the network counts."""
    limit: int
    findings: tuple[Finding, ...] = ()


def outgoing(post: Post, target: PostTarget, policy: Policy | None = None) -> Outgoing:
    """Return what a post is on one of its targets; with a policy also what the rules say of it."""
    match target.version:
        case Version.ARABIC:
            text = post.arabic
        case Version.ENGLISH:
            text = post.english
        case Version.BOTH:
            text = "\n\n".join(each for each in (post.arabic, post.english) if each.strip())
    is_card = target.network is Network.FACEBOOK
    if post.link and not is_card:
        text = f"{text}\n{post.link}" if text else post.link
    return Outgoing(
        target=target,
        text=text,
        link=post.link if is_card else None,
        length=texts.length(text, target.network, "post"),
        limit=texts.LIMITS[target.network, "post"],
        findings=policy.post_findings(text, target.network) if policy is not None else (),
    )


def shortcomings(post: Post) -> str | None:
    """Return what stands against submitting a post, as a word of the vocabulary; None when nothing does."""
    if not post.targets:
        return "no account"
    for target in post.targets:
        wants_arabic = target.version in {Version.ARABIC, Version.BOTH}
        wants_english = target.version in {Version.ENGLISH, Version.BOTH}
        if wants_arabic and not post.arabic.strip():
            return "no Arabic text"
        if wants_english and not post.english.strip():
            return "no English text"
    if post.link and post.pictures and any(each.network is Network.FACEBOOK for each in post.targets):
        return "a link and pictures on Facebook"
    return None


def due_targets(post: Post, going: Iterable[tuple[str, str]]) -> tuple[PostTarget, ...]:
    """Return the targets that nothing is on its way to, or was sent to.

    Args:
        post: The post.
        going: Account and text of entries that stand for it and have not failed.
    """
    taken = set(going)
    return tuple(each for each in post.targets if (each.account, outgoing(post, each).text) not in taken)


def calendar_order(post: Post) -> str:
    """Return a text by which the calendar sorts: what has a time by that, then what waits for somebody."""
    if post.publish_at is not None and post.state is PostState.SCHEDULED:
        return f"0|{sortable(post.publish_at)}|{post.id}"
    return f"{_RANKS.get(post.state, 9)}|{sortable(post.created_at)}|{post.id}"


_RANKS = {PostState.SUBMITTED: 1, PostState.APPROVED: 2, PostState.REJECTED: 3, PostState.DRAFT: 4}
