"""An invented channel on loopback: the shapes of the recorded answers, with texts of our own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from majlis.message import Message
from majlis.outbox import Action, Entry
from tests.connectors.entries import NOW
from tests.connectors.service import Reply, Request

OURS = "UCpractice0000000000000"
VIDEO = "JE8xdDp5B8Q"

Row = dict[str, Any]


def refusal(status: int, reason: str, message: str = "no") -> Reply:
    """Return a refusal in the service's envelope."""
    detail = {"message": message, "domain": "youtube.comment", "reason": reason}
    return Reply(status=status, body={"error": {"code": status, "message": message, "errors": [detail]}})


def stamp(at: datetime) -> str:
    """Return a time as YouTube writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def comment(native_id: str, text: str, *, by: str | None = "UCcitizen", at: datetime = NOW, **more: Any) -> Row:
    """Return a comment's row; a reply's id names its parent before the dot, as the service's do."""
    parent = {"parentId": native_id.partition(".")[0]} if "." in native_id else {}
    author = {"authorChannelId": {"value": by}} if by else {}
    snippet = {
        "authorDisplayName": f"@{by}",
        "textDisplay": text,
        "textOriginal": text,
        "publishedAt": stamp(at),
        "updatedAt": stamp(at),
        **author,
        **parent,
        **more,
    }
    return {"kind": "youtube#comment", "id": native_id, "snippet": snippet}


def thread(first: Row, *replies: Row, count: int | None = None, video: str | None = VIDEO) -> Row:
    """Return a thread's row; `count` where it has more replies than it shows."""
    snippet = {"topLevelComment": first, "totalReplyCount": len(replies) if count is None else count}
    snippet |= {"videoId": video} if video else {}
    shown = {"replies": {"comments": list(replies)}} if replies else {}
    return {"kind": "youtube#commentThread", "id": first["id"], "snippet": snippet, **shown}


def listing(rows: list[Any], following: str | None = None) -> Reply:
    """Return a page of rows."""
    mark = {"nextPageToken": following} if following else {}
    return Reply(body={"kind": "youtube#listResponse", "pageInfo": {"totalResults": len(rows)}, **mark, "items": rows})


@dataclass(slots=True)
class Channel:
    """Threads newest first, replies by thread, writes that are taken; `fault` is asked before."""

    threads: list[Row] = field(default_factory=list)
    held: list[Row] = field(default_factory=list)
    spam: list[Row] = field(default_factory=list)
    replies: dict[str, list[Row]] = field(default_factory=dict)
    fault: Callable[[Request], Reply | None] = lambda _: None
    size: int = 2
    """Rows of a page."""
    after_writes: Reply | None = None
    """Answered to a write that was taken."""
    made: int = 0

    def answer(self, request: Request) -> Reply:  # noqa: PLR0911  # one row per call
        """Answer as the service does."""
        if refused := self.fault(request):
            return refused
        match request.method, request.path.removeprefix("/youtube/v3/"):
            case "GET", "commentThreads":
                kinds = {"heldForReview": self.held, "likelySpam": self.spam}
                return self._page(kinds.get(request.query.get("moderationStatus", ""), self.threads), request)
            case "GET", "comments" if "parentId" in request.query:
                return self._page(self.replies.get(request.query["parentId"], []), request)
            case "GET", "comments":
                asked = request.query["id"].split(",")
                return listing([row for row in self._all() if row["id"] in asked])
            case "GET", "channels":
                return listing([{"id": OURS, "snippet": {"title": "Practice"}}])
            case "POST", "comments":
                return self._taken(self._reply(request))
            case "PUT", "comments":
                return self._taken(self._edit(request))
            case ("POST", "comments/setModerationStatus") | ("DELETE", "comments"):
                return Reply(status=204)
            case _:
                return Reply(status=404, body={})

    def _page(self, rows: list[Row], request: Request) -> Reply:
        start = int(request.query.get("pageToken", 0))
        end = start + self.size
        return listing(rows[start:end], str(end) if end < len(rows) else None)

    def _all(self) -> list[Row]:
        first = [row["snippet"]["topLevelComment"] for row in self.threads]
        return first + [row for rows in self.replies.values() for row in rows]

    def _reply(self, request: Request) -> Reply:
        inside = request.body["snippet"]
        if inside["parentId"] not in [row["id"] for row in self.threads]:
            return refusal(404, "parentCommentNotFound")
        self.made += 1
        row = comment(f"{inside['parentId']}.ours{self.made}", inside["textOriginal"], by=OURS)
        self.replies.setdefault(inside["parentId"], []).insert(0, row)
        return Reply(body=row)

    def _edit(self, request: Request) -> Reply:
        row = next((row for row in self._all() if row["id"] == request.body["id"]), None)
        if row is None:
            return refusal(404, "commentNotFound")
        row["snippet"] |= {"textOriginal": request.body["snippet"]["textOriginal"]}
        return Reply(body=row)

    def _taken(self, reply: Reply) -> Reply:
        return self.after_writes or reply if reply.status < 300 else reply


def entry_of(message: Message, text: str = "", action: Action = Action.REPLY) -> Entry:
    """Return an entry with everything it takes over from the message, as the desk makes it."""
    return Entry(
        id="entry-1",
        action=action,
        account=message.key.account,
        target=message.key,
        thread=message.thread,
        recipient=message.recipient,
        parent=message.parent,
        text=text,
        author="noura",
        created_at=NOW,
        due_at=NOW,
        attempted_at=NOW,
    )


def ago(**parts: float) -> datetime:
    """Return a moment before now."""
    return NOW - timedelta(**parts)
