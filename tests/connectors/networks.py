"""Small imitations of the three services, served on loopback: they list, page, take writes and fail on demand.

They imitate what the machine-readable contracts and the recorded answers show, not what our clients hope for: newest
first, continuation marks, missing parts, edits under new ids, entities in texts.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from .service import Reply, Request

CANARY = "canary-5f0c1d-token"
"""The access token of every test: it may appear in a request, and nowhere else."""

PAGE = "100200300"
USER = "2244994945"
CHANNEL = "UCpractice0000000000000"
EPOCH_MS = 1288834974657
"""Of X's ids. Source: the ids themselves; X has used it since 2010."""


@dataclass(slots=True)
class Item:
    """One thing that somebody wrote."""

    id: str
    text: str
    author: str | None
    name: str | None
    at: datetime
    root: str
    parent: str | None = None
    ours: bool = False
    private: bool = False
    hidden: bool = False
    history: list[str] = field(default_factory=list)


Fault = Callable[[Request], Reply | None]


@dataclass(slots=True)
class Imitation:
    """What the three have in common."""

    now: Callable[[], datetime]
    items: list[Item] = field(default_factory=list)
    """In the order in which they were written."""
    fault: Fault | None = None
    """Asked before a request is looked at."""
    lose_answers: bool = False
    """Take writes, and close the line instead of answering."""
    cut_answers: bool = False
    """Take writes, and break off in the middle of the answer."""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with every answer."""
    page_size: int = 3
    made: int = 0

    def answer(self, request: Request) -> Reply:
        """Answer a request as the service would."""
        if self.fault and (reply := self.fault(request)) is not None:
            return reply
        before = len(self.items), [(item.hidden, item.text) for item in self.items]
        reply = self.respond(request)
        reply = replace(reply, headers={**reply.headers, **self.headers})
        changed = before != (len(self.items), [(item.hidden, item.text) for item in self.items])
        if changed and self.lose_answers:
            return Reply(drop=True)
        if changed and self.cut_answers:
            return Reply(body=reply.body, status=reply.status, cut=True)
        return reply

    def respond(self, request: Request) -> Reply:
        """Do what was asked."""
        raise NotImplementedError

    def published(self) -> list[str]:
        """Return the texts of what our account wrote."""
        return [item.text for item in self.items if item.ours]

    def item(self, native_id: str) -> Item | None:
        """Return one thing."""
        return next((item for item in self.items if item.id == native_id), None)

    def drop(self, native_id: str) -> None:
        """Take a thing away."""
        self.items = [item for item in self.items if item.id != native_id]

    def new_id(self) -> str:
        """Return a native id nobody has."""
        self.made += 1
        return f"9{self.made:05d}"

    def window(self, rows: list[Any], cursor: str | None) -> tuple[list[Any], str | None]:
        """Return a page of rows and the next cursor."""
        start = int(cursor or 0)
        end = start + self.page_size
        return rows[start:end], str(end) if end < len(rows) else None


class Network(Protocol):
    """What the contract suite needs of an imitation."""

    fault: Fault | None
    lose_answers: bool
    cut_answers: bool

    def answer(self, request: Request) -> Reply:
        """Answer a request."""
        ...

    def arrive(self, name: str, text: str, *, at: datetime | None = None) -> str:
        """Let a citizen write publicly; returns the native id."""
        ...

    def published(self) -> list[str]:
        """Return what our account wrote."""
        ...

    def drop(self, native_id: str) -> None:
        """Take a thing away."""
        ...


def not_there() -> Reply:
    """Graph's words for a thing that is not there."""
    error = {
        "message": "Unsupported get request. Object with ID does not exist",
        "type": "GraphMethodException",
        "code": 100,
        "error_subcode": 33,
    }
    return Reply(status=400, body={"error": error})


class FakeFacebook(Imitation):
    """A page with posts, comments and conversations."""

    def post(self, native_id: str, text: str, *, author: str = PAGE, at: datetime | None = None) -> None:
        """Let a post appear."""
        at = at or self.now()
        self.items.append(Item(native_id, text, author, None, at, native_id, ours=author == PAGE))

    def arrive(self, name: str, text: str, *, at: datetime | None = None) -> str:
        """Let a citizen comment below the newest post."""
        root = next((item.root for item in reversed(self.items) if item.id == item.root), None)
        if root is None:
            root = f"{PAGE}_1"
            self.post(root, "announcement", at=(at or self.now()) - timedelta(hours=1))
        native_id = f"1_{name}"
        self.items.append(Item(native_id, text, f"psid-{name}", f"Citizen {name}", at or self.now(), root, root))
        return native_id

    def write_privately(self, name: str, text: str, *, at: datetime | None = None, thread: str = "t_1") -> str:
        """Let a citizen write a private message."""
        native_id = f"m_{name}"
        psid = f"psid-{thread}"
        self.items.append(Item(native_id, text, psid, "Citizen", at or self.now(), thread, private=True))
        return native_id

    def respond(self, request: Request) -> Reply:
        """Answer as Graph does."""
        steps = request.path.strip("/").split("/")[1:]
        if request.method == "GET":
            return self._get(steps, request)
        return self._write(steps, request)

    def _get(self, steps: list[str], request: Request) -> Reply:  # noqa: PLR0911  # one row per path
        match steps:
            case ["100200300"]:
                return Reply(body={"id": PAGE, "name": "Practice"}, headers={"Date": _http_date(self.now())})
            case ["100200300", "feed" | "published_posts" as edge]:
                posts = [each for each in self.items if each.id == each.root and not each.private]
                posts = [each for each in posts if edge == "feed" or each.ours]
                return self._listed([self._post_row(each) for each in reversed(posts)], request)
            case ["100200300", "tagged"]:
                return Reply(body={"data": []})
            case ["100200300", "conversations"]:
                return self._conversations(request)
            case [thread, "messages"]:
                rows = [each for each in self.items if each.private and each.root == thread]
                return self._listed([_private_row(each) for each in reversed(rows)], request)
            case [parent, "comments"]:
                rows = [each for each in self.items if parent in (each.root, each.parent) and each.id != parent]
                rows = [each for each in rows if not each.private]
                return self._listed([_comment_row(each) for each in reversed(rows)], request, order=True)
            case [native_id]:
                item = self.item(native_id)
                return Reply(body=_comment_row(item)) if item else not_there()
            case _:
                return Reply(status=400, body={"error": {"message": "Unknown path", "code": 2500}})

    def _listed(self, rows: list[dict[str, Any]], request: Request, *, order: bool = False) -> Reply:
        if since := request.query.get("since"):
            rows = [row for row in rows if _epoch(row.get("updated_time") or row["created_time"]) >= int(since)]
        page, following = self.window(rows, request.query.get("after"))
        body: dict[str, Any] = {"data": page, "paging": {"cursors": {"before": "b", "after": following or "end"}}}
        if following:
            body["paging"]["next"] = f"https://graph.example{request.path}?access_token={CANARY}&after={following}"
        if order:
            body["summary"] = {"order": request.query.get("order", "chronological"), "total_count": len(rows)}
        return Reply(body=body)

    def _post_row(self, item: Item) -> dict[str, Any]:
        last = max(each.at for each in self.items if each.root == item.root)
        return {
            "id": item.id,
            "message": item.text,
            "from": {"id": item.author, "name": item.name},
            "created_time": _graph_time(item.at),
            "updated_time": _graph_time(last),
            "permalink_url": f"https://www.facebook.com/{PAGE}/posts/{item.id.split('_')[-1]}",
        }

    def _conversations(self, request: Request) -> Reply:
        threads: dict[str, list[Item]] = {}
        for item in self.items:
            if item.private:
                threads.setdefault(item.root, []).append(item)
        rows = [
            {
                "id": thread,
                "updated_time": _graph_time(items[-1].at),
                "participants": {"data": [{"id": f"psid-{thread}", "name": "Citizen"}, {"id": PAGE, "name": "Us"}]},
                "messages": {"data": [_private_row(each) for each in reversed(items)]},
            }
            for thread, items in threads.items()
            if request.query.get("user_id") in (None, f"psid-{thread}")
        ]
        rows.sort(key=lambda row: str(row["updated_time"]), reverse=True)
        return self._listed(rows, request)

    def _write(self, steps: list[str], request: Request) -> Reply:  # noqa: PLR0911  # one row per path
        match request.method, steps:
            case "POST", ["100200300", "messages"]:
                return self._message(request)
            case "POST", ["100200300", "feed"]:
                native_id = f"{PAGE}_{self.new_id()}"
                self.post(native_id, request.form["message"])
                return Reply(body={"id": native_id})
            case "POST", [parent, "comments"]:
                target = self.item(parent)
                if target is None:
                    return not_there()
                native_id = f"1_{self.new_id()}"
                ours = Item(native_id, request.form["message"], PAGE, "Us", self.now(), target.root, parent, ours=True)
                self.items.append(ours)
                return Reply(body={"id": native_id})
            case "POST", [native_id]:
                return self._change(native_id, request)
            case "DELETE", [native_id]:
                if self.item(native_id) is None:
                    return not_there()
                self.drop(native_id)
                return Reply(body={"success": True})
            case _:
                return Reply(status=400, body={"error": {"message": "Unknown path", "code": 2500}})

    def _message(self, request: Request) -> Reply:
        to = json.loads(request.form["recipient"])
        if "comment_id" in to:
            commented = self.item(to["comment_id"])
            thread = f"t_{commented.author}" if commented else "t_x"
        else:
            thread = to["id"].removeprefix("psid-")
        native_id = f"m_{self.new_id()}"
        text = json.loads(request.form["message"])["text"]
        self.items.append(Item(native_id, text, PAGE, "Us", self.now(), thread, ours=True, private=True))
        return Reply(body={"recipient_id": f"psid-{thread}", "message_id": native_id})

    def _change(self, native_id: str, request: Request) -> Reply:
        item = self.item(native_id)
        if item is None:
            return not_there()
        item.text = request.form.get("message", item.text)
        if "is_hidden" in request.form:
            item.hidden = request.form["is_hidden"] == "true"
        return Reply(body={"success": True})


def _comment_row(item: Item) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": item.id,
        "message": item.text,
        "created_time": _graph_time(item.at),
        "is_hidden": item.hidden,
        "permalink_url": f"https://www.facebook.com/{PAGE}/posts/1/?comment_id={item.id.split('_')[-1]}",
    }
    if item.author:
        row["from"] = {"id": item.author, "name": item.name}
    if item.parent and item.parent != item.root:
        row["parent"] = {"id": item.parent}
    return row


def _private_row(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "message": item.text,
        "created_time": _graph_time(item.at),
        "from": {"id": item.author, "name": item.name},
    }


def _graph_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _http_date(at: datetime) -> str:
    return at.strftime("%a, %d %b %Y %H:%M:%S GMT")


def entities(text: str) -> str:
    """Return a text as X sends it."""
    return html.escape(text, quote=False)
