"""Small imitations of the three services, served on loopback: they list, page, take writes and fail on demand.

They imitate what the machine-readable contracts and the recorded answers show, not what our clients hope for: newest
first, continuation marks, missing parts, edits under new ids, entities in texts.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
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
    publish_at: datetime | None = None
    """Nobody sees it before."""
    shows: tuple[str, ...] = ()
    """What hangs on it: ids of photos, or an address."""


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
    instead: Reply | None = None
    """Given for a write that was taken."""
    doubles: bool = False
    """Make of one write two things, as services do when they retry among themselves."""
    changed: Callable[[Request, Reply], Reply] | None = None
    """Has the last word about an answer."""
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
        if changed and self.doubles and len(self.items) > before[0]:
            self.items.append(replace(self.items[-1], id=self.new_id(), history=[]))
        if changed and self.instead is not None:
            return self.instead
        if self.changed is not None:
            reply = self.changed(request, reply)
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


@dataclass(slots=True)
class FakeFacebook(Imitation):
    """A page with posts, comments and conversations."""

    photos: dict[str, tuple[str, bytes, str]] = field(default_factory=dict)
    """Photos that were sent: media type, bytes, alternative text."""

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
            case ["100200300", "feed" | "published_posts" | "visitor_posts" | "scheduled_posts" as edge]:
                posts = [each for each in self.items if each.id == each.root and not each.private]
                waits = [each for each in posts if each.publish_at and each.publish_at > self.now()]
                posts = waits if edge == "scheduled_posts" else [each for each in posts if each not in waits]
                posts = [each for each in posts if edge == "feed" or each.ours is (edge != "visitor_posts")]
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
                if item is None:
                    return not_there()
                return Reply(body=self._post_row(item) if item.id == item.root else _comment_row(item))
            case _:
                return Reply(status=400, body={"error": {"message": "Unknown path", "code": 2500}})

    def _listed(self, rows: list[dict[str, Any]], request: Request, *, order: bool = False) -> Reply:
        if since := request.query.get("since"):
            rows = [row for row in rows if _epoch(row.get("updated_time") or row["created_time"]) >= int(since)]
        if until := request.query.get("until"):
            rows = [row for row in rows if _epoch(row["created_time"]) <= int(until)]
        page, following = self.window(rows, request.query.get("after"))
        body: dict[str, Any] = {"data": page, "paging": {"cursors": {"before": "b", "after": following or "end"}}}
        if following:
            body["paging"]["next"] = f"https://graph.example{request.path}?access_token={CANARY}&after={following}"
        if order:
            body["summary"] = {"order": request.query.get("order", "chronological"), "total_count": len(rows)}
        return Reply(body=body)

    def _post_row(self, item: Item) -> dict[str, Any]:
        last = max(each.at for each in self.items if each.root == item.root)
        row: dict[str, Any] = {
            "id": item.id,
            "message": item.text,
            "from": {"id": item.author, "name": item.name},
            "created_time": _graph_time(item.at),
            "updated_time": _graph_time(last),
            "permalink_url": f"https://www.facebook.com/{PAGE}/posts/{item.id.split('_')[-1]}",
            "is_hidden": item.hidden,
        }
        if item.publish_at and item.publish_at > self.now():
            row["scheduled_publish_time"] = item.publish_at.timestamp()
        elif item.publish_at:
            row["created_time"] = row["updated_time"] = _graph_time(item.publish_at)
        if item.shows:
            row["attachments"] = {"data": [{"media_type": "photo", "url": each} for each in item.shows]}
        return row

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
                return self._publish(request)
            case "POST", ["100200300", "photos"]:
                media_type, data = request.files["source"]
                native_id = self.new_id()
                self.photos[native_id] = (media_type, data, request.form.get("alt_text_custom", ""))
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

    def _publish(self, request: Request) -> Reply:
        form = request.form
        shown = [each["media_fbid"] for each in json.loads(form.get("attached_media", "[]"))]
        if not all(each in self.photos for each in shown):
            return not_there()
        native_id = f"{PAGE}_{self.new_id()}"
        self.post(native_id, form.get("message", ""))
        made = self.items[-1]
        made.shows = tuple(shown) or ((form["link"],) if "link" in form else ())
        if form.get("published") == "false":
            made.publish_at = datetime.fromtimestamp(int(form["scheduled_publish_time"]), UTC)
        return Reply(body={"id": native_id})

    def _message(self, request: Request) -> Reply:
        to = json.loads(request.form["recipient"])
        if "comment_id" in to:
            commented = self.item(to["comment_id"])
            thread = f"t_{commented.author}" if commented else "t_x"
            if any(each.ours and each.root == thread for each in self.items):
                return Reply(status=400, body={"error": {"message": "Already replied privately", "code": 10900}})
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


@dataclass(slots=True)
class FakeX(Imitation):
    """An account that is mentioned, answered and written to."""

    busy_looks: int = 0
    """How often it is still busy with a picture."""

    def new_id(self) -> str:
        """Return an id that carries its time, as X's do."""
        self.made += 1
        return str((round(self.now().timestamp() * 1000) - EPOCH_MS << 22) + self.made)

    def arrive(self, name: str, text: str, *, at: datetime | None = None) -> str:
        """Let a citizen mention us; the name becomes the author's."""
        at = at or self.now()
        self.made += 1
        native_id = str((round(at.timestamp() * 1000) - EPOCH_MS << 22) + self.made)
        self.items.append(Item(native_id, text, f"77{len(self.items)}", name, at, native_id, history=[native_id]))
        return native_id

    def edit(self, native_id: str, text: str) -> str:
        """Let its author change a post: it gets a new id."""
        item = self.item(native_id)
        assert item is not None
        item.id = self.new_id()
        item.text = text
        item.history.append(item.id)
        return item.id

    def write_privately(self, name: str, text: str, *, sender: str = "555") -> str:
        """Let a citizen write a direct message."""
        native_id = self.new_id()
        thread = "-".join(sorted((USER, sender), key=int))
        self.items.append(Item(native_id, text, sender, name, self.now(), thread, private=True))
        return native_id

    def respond(self, request: Request) -> Reply:
        """Answer as X does."""
        steps = request.path.strip("/").split("/")[1:]
        if request.method == "GET":
            return self._get(steps, request)
        return self._write(request.method, steps, request)

    def _get(self, steps: list[str], request: Request) -> Reply:  # noqa: PLR0911  # one row per path
        public = [item for item in self.items if not item.private]
        match steps:
            case ["users", "me"]:
                me = {"id": USER, "name": "Practice", "username": "moh_practice"}
                return Reply(body={"data": me}, headers={"Date": _http_date(self.now())})
            case ["users", _, "mentions"]:
                return self._posts([item for item in public if not item.ours], request)
            case ["users", _, "tweets"]:
                return self._posts([item for item in public if item.ours], request)
            case ["users"]:
                return self._users(request)
            case ["tweets", "search", "recent"]:
                return self._posts(self._searched(public, request.query["query"]), request)
            case ["tweets"]:
                return self._by_ids(public, request)
            case ["media", "upload"]:
                return self._medium(request.query["media_id"])
            case ["dm_events"]:
                return self._events([item for item in self.items if item.private], request)
            case ["dm_conversations", "with", person, "dm_events"]:
                rows = [item for item in self.items if item.private and person in item.root.split("-")]
                return self._events(rows, request)
            case _:
                return problem(404, "Not Found", kind="resource-not-found")

    @staticmethod
    def _searched(public: list[Item], query: str) -> list[Item]:
        if query.startswith("conversation_id:"):
            root = query.partition(" ")[0].removeprefix("conversation_id:")
            return [item for item in public if item.root == root and item.ours]
        return [item for item in public if not item.ours and item.parent]

    def _posts(self, rows: list[Item], request: Request) -> Reply:
        if since := request.query.get("since_id"):
            rows = [item for item in rows if int(item.id) > int(since)]
        if start := request.query.get("start_time"):
            rows = [item for item in rows if item.at.timestamp() >= _epoch(start)]
        if until := request.query.get("until_id"):
            rows = [item for item in rows if int(item.id) < int(until)]
        token = request.query.get("pagination_token") or request.query.get("next_token")
        return self._listed([self._post_row(item) for item in reversed(rows)], token)

    def _listed(self, rows: list[dict[str, Any]], token: str | None) -> Reply:
        page, following = self.window(rows, token)
        if not rows:
            return Reply(body={"meta": {"result_count": 0}})
        meta = {"result_count": len(page), "newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
        return Reply(body={"data": page, "meta": meta | ({"next_token": following} if following else {})})

    def _post_row(self, item: Item) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": item.id,
            "text": entities(item.text),
            "author_id": item.author,
            "created_at": _x_time(item.at),
            "conversation_id": item.root,
            "edit_history_tweet_ids": item.history,
        }
        if item.parent:
            row["referenced_tweets"] = [{"type": "replied_to", "id": item.parent}]
            target = self.item(item.parent)
            if item.ours and target and target.name:
                row["text"] = f"@{target.name} {row['text']}"  # X addresses an answer by itself
        return row

    def _users(self, request: Request) -> Reply:
        asked = request.query["ids"].split(",")
        people = {item.author: item.name for item in self.items if item.author in asked}
        rows = [{"id": each, "name": f"Name {name}", "username": name} for each, name in people.items()]
        return Reply(body={"data": rows})

    def _by_ids(self, public: list[Item], request: Request) -> Reply:
        asked = request.query["ids"].split(",")
        there = {native_id: item for item in public for native_id in (*item.history, item.id)}
        body: dict[str, Any] = {}
        if rows := [self._post_row(there[each]) for each in asked if each in there]:
            body["data"] = rows
        if missing := [each for each in asked if each not in there]:
            body["errors"] = [
                {
                    "resource_id": each,
                    "resource_type": "tweet",
                    "title": "Not Found Error",
                    "detail": "Could not find tweet",
                    "type": "https://api.twitter.com/2/problems/resource-not-found",
                }
                for each in missing
            ]
        return Reply(body=body)

    def _events(self, rows: list[Item], request: Request) -> Reply:
        events = [
            {
                "id": item.id,
                "text": entities(item.text),
                "event_type": "MessageCreate",
                "dm_conversation_id": item.root,
                "created_at": _x_time(item.at),
                "sender_id": item.author,
            }
            for item in reversed(rows)
        ]
        return self._listed(events, request.query.get("pagination_token"))

    def _write(self, method: str, steps: list[str], request: Request) -> Reply:  # noqa: PLR0911  # one row per path
        match method, steps:
            case "POST", ["tweets"]:
                return self._publish(request)
            case "DELETE", ["tweets", native_id]:
                if self.item(native_id) is None:
                    return problem(404, "Not Found", kind="resource-not-found")
                self.drop(native_id)
                return Reply(body={"data": {"deleted": True}})
            case "PUT", ["tweets", native_id, "hidden"]:
                item = self.item(native_id)
                if item is None:
                    return problem(404, "Not Found", kind="resource-not-found")
                item.hidden = request.body["hidden"]
                return Reply(body={"data": {"hidden": item.hidden}})
            case "POST", ["media", *rest]:
                return self._picture(rest, request)
            case "POST", ["dm_conversations", "with", person, "messages"]:
                return self._message("-".join(sorted((USER, person), key=int)), request)
            case "POST", ["dm_conversations", conversation, "messages"]:
                return self._message(conversation, request)
            case _:
                return problem(404, "Not Found", kind="resource-not-found")

    def _picture(self, steps: list[str], request: Request) -> Reply:
        match steps:
            case ["upload", native_id, "finalize"]:
                return self._medium(native_id)
            case ["upload", _, "append"]:
                return Reply(body={"data": {"expires_at": 1}})
            case ["metadata"]:
                return Reply(body={"data": {"id": request.body["id"]}})
            case _:
                return Reply(body={"data": {"id": "77"}})

    def _medium(self, native_id: str) -> Reply:
        if not self.busy_looks:
            return Reply(body={"data": {"id": native_id, "processing_info": {"state": "succeeded"}}})
        self.busy_looks -= 1
        return Reply(body={"data": {"id": native_id, "processing_info": {"state": "pending", "check_after_secs": 2}}})

    def _publish(self, request: Request) -> Reply:
        parent = request.body.get("reply", {}).get("in_reply_to_tweet_id")
        target = self.item(parent) if parent else None
        if parent and target is None:
            return problem(403, "You attempted to reply to a Tweet that is deleted or not visible to you.")
        if any(item.ours and item.text == request.body["text"] and item.parent == parent for item in self.items):
            return problem(403, "You are not allowed to create a Tweet with duplicate content.")
        native_id = self.new_id()
        root = target.root if target else native_id
        ours = Item(native_id, request.body["text"], USER, "moh_practice", self.now(), root, parent, ours=True)
        ours.history.append(native_id)
        self.items.append(ours)
        return Reply(status=201, body={"data": {"id": native_id, "text": entities(ours.text)}})

    def _message(self, conversation: str, request: Request) -> Reply:
        native_id = self.new_id()
        text = request.body["text"]
        self.items.append(
            Item(native_id, text, USER, "moh_practice", self.now(), conversation, ours=True, private=True)
        )
        return Reply(status=201, body={"data": {"dm_conversation_id": conversation, "dm_event_id": native_id}})


def problem(status: int, detail: str, *, kind: str = "about:blank", **more: Any) -> Reply:
    """Return a refusal as X words it."""
    address = kind if kind == "about:blank" else f"https://api.twitter.com/2/problems/{kind}"
    return Reply(status=status, body={"title": "Problem", "detail": detail, "type": address, "status": status, **more})


class FakeYouTube(Imitation):
    """A channel with two videos."""

    embedded: int = 1
    """Replies that come along with a thread."""

    def new_id(self) -> str:
        """Return an id as YouTube forms them."""
        self.made += 1
        return f"Ugx{self.made:05d}practice0AaABAg"

    def arrive(self, name: str, text: str, *, at: datetime | None = None) -> str:
        """Let somebody comment below a video."""
        native_id = f"Ugw{name}practice00AaABAg"
        self.items.append(Item(native_id, text, f"UC{name}", name, at or self.now(), "videoNumber1"))
        return native_id

    def answer_below(self, parent: str, name: str, text: str, *, at: datetime | None = None) -> str:
        """Let somebody reply in a thread."""
        native_id = f"{parent}.{name}"
        self.items.append(Item(native_id, text, f"UC{name}", name, at or self.now(), "videoNumber1", parent))
        return native_id

    def respond(self, request: Request) -> Reply:  # noqa: PLR0911  # one row per call
        """Answer as YouTube does."""
        resource = request.path.removeprefix("/youtube/v3/")
        match request.method, resource:
            case "GET", "commentThreads":
                return self._threads(request)
            case "GET", "comments" if "parentId" in request.query:
                parent = request.query["parentId"]
                if self.item(parent) is None:
                    return refusal(404, "commentNotFound")
                rows = [item for item in self.items if item.parent == parent]
                return self._listed([_comment(item) for item in reversed(rows)], request)
            case "GET", "comments":
                asked = request.query["id"].split(",")
                return Reply(body={"items": [_comment(item) for item in self.items if item.id in asked]})
            case "GET", "videos":
                return Reply(body={"items": [{"id": "videoNumber1"}]})
            case "GET", "channels":
                return self._channel()
            case "GET", "playlistItems":
                return self._listed([_upload(number) for number in (2, 1)], request)
            case _:
                return self._write(resource, request)

    def _channel(self) -> Reply:
        inside = {"relatedPlaylists": {"uploads": "UUpractice"}}
        channel = {"id": CHANNEL, "snippet": {"title": "Practice"}, "contentDetails": inside}
        return Reply(body={"items": [channel]}, headers={"Date": _http_date(self.now())})

    def _threads(self, request: Request) -> Reply:
        wanted = request.query.get("moderationStatus") == "heldForReview"
        if request.query.get("moderationStatus") == "likelySpam":
            return Reply(body={"items": []})
        rows = [item for item in self.items if item.parent is None and item.hidden is wanted]
        rows.sort(key=lambda item: item.at, reverse=True)
        return self._listed([self._thread(item) for item in rows], request)

    def _thread(self, item: Item) -> dict[str, Any]:
        replies = [each for each in self.items if each.parent == item.id]
        row: dict[str, Any] = {
            "kind": "youtube#commentThread",
            "id": item.id,
            "snippet": {
                "videoId": item.root,
                "topLevelComment": _comment(item),
                "totalReplyCount": len(replies),
            },
        }
        if replies:
            row["replies"] = {"comments": [_comment(each) for each in replies[: self.embedded]]}
        return row

    def _listed(self, rows: list[dict[str, Any]], request: Request) -> Reply:
        page, following = self.window(rows, request.query.get("pageToken"))
        body: dict[str, Any] = {"kind": "list", "items": page, "pageInfo": {"totalResults": len(page)}}
        return Reply(body=body | ({"nextPageToken": following} if following else {}))

    def _write(self, resource: str, request: Request) -> Reply:  # noqa: PLR0911  # one row per call
        native_id = request.query.get("id", "")
        item = self.item(native_id or (request.body or {}).get("id", ""))
        match request.method, resource:
            case "POST", "comments":
                inside = request.body["snippet"]
                target = self.item(inside["parentId"])
                if target is None:
                    return refusal(404, "parentCommentNotFound")
                name = f"{target.id}.{self.new_id()}"
                ours = Item(name, inside["textOriginal"], CHANNEL, "@us", self.now(), target.root, target.id, ours=True)
                self.items.append(ours)
                return Reply(body=_comment(ours))
            case "POST", "commentThreads":
                text = request.body["snippet"]["topLevelComment"]["snippet"]["textOriginal"]
                video = request.body["snippet"]["videoId"]
                ours = Item(self.new_id(), text, CHANNEL, "@us", self.now(), video, ours=True)
                self.items.append(ours)
                return Reply(body=self._thread(ours))
            case _ if item is None:
                return refusal(404, "commentNotFound")
            case "PUT", "comments":
                item.text = request.body["snippet"]["textOriginal"]
                return Reply(body=_comment(item))
            case "POST", "comments/setModerationStatus":
                item.hidden = request.query["moderationStatus"] != "published"
                return Reply(status=204)
            case "DELETE", "comments":
                self.drop(native_id)
                return Reply(status=204)
            case _:
                return refusal(400, "badRequest")


def _comment(item: Item) -> dict[str, Any]:
    inside: dict[str, Any] = {
        "textDisplay": item.text,
        "textOriginal": item.text,
        "authorDisplayName": item.name,
        "authorChannelId": {"value": item.author},
        "publishedAt": _x_time(item.at),
        "updatedAt": _x_time(item.at),
        "moderationStatus": "heldForReview" if item.hidden else "published",
    }
    if item.parent:
        inside["parentId"] = item.parent
    else:
        inside["videoId"] = item.root
    return {"kind": "youtube#comment", "id": item.id, "snippet": inside}


def _upload(number: int) -> dict[str, Any]:
    inside = {
        "title": f"Video {number}",
        "publishedAt": f"2026-11-0{number}T08:00:00Z",
        "channelTitle": "Practice",
        "resourceId": {"kind": "youtube#video", "videoId": f"videoNumber{number}"},
    }
    return {"kind": "youtube#playlistItem", "id": f"item{number}", "snippet": inside}


def refusal(status: int, reason: str, message: str = "<b>no</b>") -> Reply:
    """Return a refusal in YouTube's envelope."""
    inside = {
        "code": status,
        "message": message,
        "errors": [{"reason": reason, "domain": "youtube", "message": message}],
    }
    return Reply(status=status, body={"error": inside})


def _x_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
