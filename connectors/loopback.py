"""One request to this machine: what a browser brings back from a sign-in.

The server listens on the loopback address alone, writes no log (the address it is asked for holds a code), and serves
until the first answer that belongs to the sign-in.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from majlis.errors import BadSettings, MajlisError, Refused

if TYPE_CHECKING:
    from aiohttp import web

HOST: Final = "127.0.0.1"

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@asynccontextmanager
async def listening(
    port: int, code_in: Callable[[str], str], said: Mapping[str, tuple[str, str]]
) -> AsyncIterator[tuple[int, Awaitable[str]]]:
    """Serve a browser until it brings the code.

    Args:
        port: Where to listen; 0: wherever there is room.
        code_in: Finds the code in an address; raises Refused when the answer is a no, and another error when the
            address belongs to something else: such a caller is told so, and the right one still awaited.
        said: Arabic and English words for `done`, `refused` and `foreign`.

    Yields:
        The port, and what to await for the code; it raises the refusal.

    Raises:
        BadSettings: Somebody else listens there.
    """
    from aiohttp import web  # noqa: PLC0415  # only a sign-in needs it

    brought: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answer(request: web.Request) -> web.Response:
        try:
            code = code_in(request.path_qs)
        except Refused as error:
            if not brought.done():
                brought.set_exception(error)
            return _page(said["refused"], 200)
        except MajlisError:
            return _page(said["foreign"], 400)
        if not brought.done():
            brought.set_result(code)
        return _page(said["done"], 200)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)  # the address that is set may have a path
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port)
        try:
            await site.start()
        except OSError as error:
            detail = f"port {port}: {error.strerror or 'cannot listen'}"
            raise BadSettings(path="site.toml", key="redirect_url", detail=detail) from None
        yield int(runner.addresses[0][1]), brought
    finally:
        await runner.cleanup()
        brought.cancel()
        if not brought.cancelled():
            brought.exception()  # looked at, so that nobody complains that nobody did


def _page(words: tuple[str, str], status: int) -> web.Response:
    from aiohttp import web  # noqa: PLC0415  # see above

    arabic, english = (html.escape(each) for each in words)
    text = (
        '<!doctype html><html lang="ar"><meta charset="utf-8"><title>Majlis</title>'
        f'<p dir="rtl" lang="ar">{arabic}</p><p dir="ltr" lang="en">{english}</p></html>\n'
    )
    return web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)
