"""A network in a process of its own that outlives whoever is killed: it speaks as X does, and counts what was posted.

Run: `python -m tests.load.service --messages 200 --seed 7`; the first line of output is its address. `GET /count` tells
what was posted. Some posts are accepted and the answer is lost, some are refused for now, some are accepted and
answered with an error.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.load.fast import fast_clock

if TYPE_CHECKING:
    from majlis.ports import Clock

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
US = "900"
FIRST = 10_000


class Service:
    """Mentions of one account, a few more with every look, and the posts of that account."""

    def __init__(self, messages: int, seed: int, clock: Clock, arrive: int = 5) -> None:
        self._clock = clock
        self._chance = random.Random(seed)  # noqa: S311  chance that repeats
        self._messages = messages
        self._arrive = arrive
        self._shown = 5
        self.posts: list[dict[str, Any]] = []

    def routes(self) -> list[web.RouteDef]:
        """Return what it answers to."""
        return [
            web.get("/2/users/me", self._me),
            web.get(f"/2/users/{US}/mentions", self._mentions),
            web.get(f"/2/users/{US}/tweets", self._own),
            web.get("/2/tweets/search/recent", self._search),
            web.get("/2/dm_events", self._nothing),
            web.post("/2/tweets", self._post),
            web.get("/count", self._count),
        ]

    async def _me(self, _: web.Request) -> web.Response:
        return web.json_response({"data": {"id": US, "name": "Sample", "username": "moh_sample"}})

    async def _nothing(self, _: web.Request) -> web.Response:
        return web.json_response({"meta": {"result_count": 0}})

    async def _mentions(self, request: web.Request) -> web.Response:
        if "pagination_token" not in request.query:
            self._shown = min(self._messages, self._shown + self._arrive)
        since = int(request.query.get("since_id", "0"))
        until = int(request.query.get("pagination_token", str(FIRST + self._shown)))
        size = int(request.query.get("max_results", "10"))
        ids = [number for number in range(until - 1, FIRST - 1, -1) if number > since]
        page, rest = ids[:size], ids[size:]
        meta: dict[str, Any] = {"result_count": len(page)}
        if rest:
            meta["next_token"] = str(rest[0] + 1)
        if not page:
            return web.json_response({"meta": meta})
        meta |= {"newest_id": str(page[0]), "oldest_id": str(page[-1])}
        data = [_mention(number) for number in page]
        users = [
            {"id": str(number % 50 + 1), "name": f"مها {number % 50}", "username": f"u{number % 50}"} for number in page
        ]
        return web.json_response({"data": data, "includes": {"users": users}, "meta": meta})

    async def _own(self, request: web.Request) -> web.Response:
        since = int(request.query.get("since_id", "0"))
        return _listing([post for post in self.posts if int(post["id"]) > since])

    async def _search(self, request: web.Request) -> web.Response:
        query = request.query["query"]
        if not query.startswith("conversation_id:"):
            return await self._nothing(request)
        thread = query.removeprefix("conversation_id:").split()[0]
        return _listing([post for post in self.posts if post["conversation_id"] == thread])

    async def _post(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        chance = self._chance.random()
        if chance < 0.1:
            return web.json_response({"title": "Service Unavailable", "status": 503}, status=503)
        target = body["reply"]["in_reply_to_tweet_id"]
        post = {
            "id": str(FIRST * 10 + len(self.posts)),
            "text": body["text"],
            "author_id": US,
            "conversation_id": target,
            "created_at": self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "edit_history_tweet_ids": [str(FIRST * 10 + len(self.posts))],
            "referenced_tweets": [{"type": "replied_to", "id": target}],
        }
        self.posts.append(post)
        if chance < 0.2:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if chance < 0.25:
            return web.json_response({"title": "Internal Error", "status": 500}, status=500)
        return web.json_response({"data": {"id": post["id"], "text": post["text"]}}, status=201)

    async def _count(self, _: web.Request) -> web.Response:
        return web.json_response([{"to": post["conversation_id"], "text": post["text"]} for post in self.posts])


def _listing(posts: list[dict[str, Any]]) -> web.Response:
    newest = list(reversed(posts))[:100]
    if not newest:
        return web.json_response({"meta": {"result_count": 0}})
    return web.json_response({"data": newest, "meta": {"result_count": len(newest)}})


def _mention(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "text": f"@moh_sample متى يفتح المركز رقم {number}؟",
        "author_id": str(number % 50 + 1),
        "conversation_id": str(number),
        "created_at": (START + timedelta(seconds=number - FIRST)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "edit_history_tweet_ids": [str(number)],
    }


async def _serve(messages: int, seed: int, clock: Clock, arrive: int) -> None:
    app = web.Application()
    app.add_routes(Service(messages, seed, clock, arrive).routes())

    async def dated(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = format_datetime(clock.now(), usegmt=True)  # a service has one clock

    app.on_response_prepare.append(dated)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}", flush=True)  # noqa: T201  how the starter learns the address
    await asyncio.Event().wait()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--arrive", type=int, default=5, help="new messages with each look")
    parser.add_argument("--begun", required=True, help="the moment at which the time of the test began")
    wanted = parser.parse_args()
    asyncio.run(_serve(wanted.messages, wanted.seed, fast_clock(wanted.begun), wanted.arrive))


if __name__ == "__main__":
    main()
