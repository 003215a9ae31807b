"""The one way out: a session with deadlines, bounded answers, and errors that say whether anything went out.

aiohttp is imported when the first call is made, so that whatever never calls (the practice inbox, the command line)
never loads it. What an answer means is each network's own business; this module knows transport alone.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from .addresses import checked_url

if TYPE_CHECKING:
    import aiohttp

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one call. Source: API facts, section 0, rule 9."""

    connect_s: float = 10
    idle_s: float = 20
    total_s: float = 60
    answer_bytes: int = 8 * 1024 * 1024


class TransportError(Exception):
    """A call that brought no usable answer; its text is redacted."""


class NotSent(TransportError):
    """Nothing went out: name lookup, connection or TLS failed."""


class Lost(TransportError):
    """The service may have got it: time out, reset, cut or oversized answer, redirect."""


class NotJson(TransportError):
    """A whole answer, but not JSON of the expected shape."""


# ---------------------------------------------------------------------------------------------------------- redaction

HIDDEN = "[hidden]"

_HIDDEN_NAMES = (
    r"(?:access_|refresh_|id_|page_|input_|fb_exchange_|verify_|oauth_)?token(?:_secret)?"
    r"|appsecret_proof|app_secret|client_secret|consumer_secret|code_verifier|oauth_[a-z_]+|password|api_?key"
    r"|authorization|proxy-authorization|cookie|set-cookie"
)
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#\"'<>]*)\?[^\s\"'<>]*", re.IGNORECASE)
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@\"'<>]+@", re.IGNORECASE)
_SCHEME = re.compile(r"\b(Bearer|Basic)\s+[^\s,;'\"<>]{6,}", re.IGNORECASE)
_PAIR = re.compile(
    rf"(?P<name>[\"']?\b(?:{_HIDDEN_NAMES})[\"']?\s*[=:]\s*)(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s&,;}})\]]+)",
    re.IGNORECASE,
)
_GRAPH_TOKEN = re.compile(r"\bEAA[A-Za-z0-9]{20,}")
_GOOGLE_TOKEN = re.compile(r"\bya29\.[\w.-]{10,}")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text that may be logged or shown: query strings, credentials and known secrets are taken out.

    Args:
        text: An address, a header, an error text, a body.
        secrets: Values that must not appear, whatever stands around them.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, HIDDEN)
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _QUERY.sub(rf"\1?{HIDDEN}", text)
    text = _SCHEME.sub(rf"\1 {HIDDEN}", text)
    text = _PAIR.sub(lambda found: found["name"] + HIDDEN, text)
    text = _GRAPH_TOKEN.sub(HIDDEN, text)
    return _GOOGLE_TOKEN.sub(HIDDEN, text)


# ----------------------------------------------------------------------------------------------------------- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer of a service."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in small letters."""
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the service accepted the call."""
        return 200 <= self.status < 300  # noqa: PLR2004  # the 2xx of HTTP

    @property
    def served_at(self) -> datetime | None:
        """The service's own clock, from its `Date` header; both `GMT` and `UTC` are seen there."""
        return http_date(self.headers.get("date", ""))

    @property
    def retry_after_s(self) -> float | None:
        """Seconds that the service asks us to wait, from `Retry-After`: a number, or a time by its own clock."""
        said = self.headers.get("retry-after", "").strip()
        if said.isdecimal():
            return float(said)
        at, now = http_date(said), self.served_at
        return max(0.0, (at - now).total_seconds()) if at and now else None

    def decode(self, kind: type[_T]) -> _T:
        """Return the body as a wire type.

        Raises:
            NotJson: It is not, or not of this shape.
        """
        return decode(self.body, kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that goes along with a form."""

    name: str
    """Of the form's field."""
    media_type: str
    data: bytes


def http_date(text: str) -> datetime | None:
    """Read a `Date` header; None when it says nothing usable."""
    try:
        at = parsedate_to_datetime(re.sub(r"\bUTC$", "GMT", text.strip()))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


_SURROGATES = re.compile("[\ud800-\udfff]")


def decode(body: bytes, kind: type[_T]) -> _T:
    r"""Decode JSON to a wire type, forgiving broken characters but nothing else.

    Services cut texts in the middle of an emoji and send half of it as a lone `\ud83d`; that must not lose a page.

    Raises:
        NotJson: The body is not JSON, or not of this shape.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise NotJson(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        whole = json.loads(body.decode("utf-8", "replace"))
        mended = _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", json.dumps(whole, ensure_ascii=False))
        return msgspec.json.decode(mended.encode(), type=kind)
    except (ValueError, RecursionError) as error:
        raise NotJson("not JSON" if body else "empty") from error


# ------------------------------------------------------------------------------------------------------------- calling


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One call, as a client makes it."""

    method: str
    path: str
    """Below the base address, from its slash on."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    upload: Upload | None = None
    body: Any = None
    content: bytes | None = None
    write: bool = False


class Line(Protocol):
    """Stands between a client and the network: it listens, or answers in the network's place."""

    async def carry(self, sent: Sent, out: Callable[[Sent], Awaitable[Answer]]) -> Answer:
        """Return the answer to a call.

        Args:
            sent: The call.
            out: Makes it; whoever answers by itself leaves it alone, and nothing goes out.

        Raises:
            NotSent: Certainly nothing reached the service.
            Lost: It may have.
        """
        ...


class Http:
    """Calls to one service for one account.

    Reads share connections. Each write has a connection of its own: a kept one may have been closed by the service in
    the meantime, and a write that ends like that would be of unknown outcome for no good reason.
    """

    def __init__(
        self, base_url: str, *, setting: str = "api_url", limits: Limits | None = None, line: Line | None = None
    ) -> None:
        self._base = checked_url(base_url, setting)
        self._line = line
        self._limits = limits or Limits()
        self._reading: aiohttp.ClientSession | None = None
        self._writing: aiohttp.ClientSession | None = None

    @property
    def base_url(self) -> str:
        """Where calls go."""
        return self._base

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        upload: Upload | None = None,
        body: Any = None,
        content: bytes | None = None,
        write: bool = False,
    ) -> Answer:
        """Make one call, without retries and without following redirects.

        Args:
            method: An HTTP verb.
            path: Below the base address, from its slash on.
            query: Parameters, encoded here.
            headers: Of this call.
            form: Sent as a form.
            upload: A file beside the form's fields; the form is then sent in parts.
            body: Sent as JSON.
            content: Sent byte for byte; `headers` say what it is.
            write: Whether it changes something.

        Raises:
            NotSent: Certainly nothing reached the service.
            Lost: It may have.
        """
        sent = Sent(
            method=method,
            path=path,
            query=query or {},
            headers=headers or {},
            form=form,
            upload=upload,
            body=body,
            content=content,
            write=write,
        )
        answer = await (self._out(sent) if self._line is None else self._line.carry(sent, self._out))
        _log.debug("%s %s: %s, %s bytes", method, path, answer.status, len(answer.body))
        if 300 <= answer.status < 400 and answer.status != 304:  # noqa: PLR2004  # the 3xx of HTTP but "not modified"
            raise Lost(f"redirect ({answer.status}), not followed")
        return answer

    async def _out(self, sent: Sent) -> Answer:
        """Make a call over the network."""
        import aiohttp  # noqa: PLC0415  # loaded by the first call, see the module's docstring

        payload: dict[str, Any] = {}
        if sent.body is not None:
            payload = {"json": sent.body}
        elif sent.content is not None:
            payload = {"data": sent.content}
        elif sent.upload is not None:
            payload = {"data": _in_parts(sent.form or {}, sent.upload)}
        elif sent.form is not None:
            payload = {"data": dict(sent.form)}
        session = self._session(write=sent.write)
        url = self._base + sent.path
        try:
            async with session.request(
                sent.method, url, params=sent.query, headers=sent.headers, allow_redirects=False, **payload
            ) as response:
                return _without(await self._whole(response), sent.query, sent.headers, sent.form or {})
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientSSLError) as error:
            # Cut off here: the original carries the request with its token.
            raise NotSent(_said(error)) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Lost(_said(error)) from None

    async def _whole(self, response: aiohttp.ClientResponse) -> Answer:
        """Read the answer to its end; a short one ends in aiohttp's own error."""
        limit = self._limits.answer_bytes
        body = bytearray()
        async for chunk in response.content.iter_chunked(64 * 1024):
            body += chunk
            if len(body) > limit:
                response.close()
                raise Lost(f"answer of more than {limit} bytes")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status, headers=headers, body=bytes(body))

    def _session(self, *, write: bool) -> aiohttp.ClientSession:
        session = self._writing if write else self._reading
        if session is None or session.closed:
            session = self._opened(fresh=write)
            if write:
                self._writing = session
            else:
                self._reading = session
        return session

    def _opened(self, *, fresh: bool) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415  # see the module's docstring

        timeout = aiohttp.ClientTimeout(
            total=self._limits.total_s, connect=self._limits.connect_s, sock_read=self._limits.idle_s
        )
        return aiohttp.ClientSession(
            timeout=timeout,
            connector=aiohttp.TCPConnector(force_close=fresh, limit=4),
            cookie_jar=aiohttp.DummyCookieJar(),  # nothing a service sets is sent back to it
            headers={"Accept": "application/json", "User-Agent": "majlis"},
        )

    async def aclose(self) -> None:
        """Close the connections."""
        for session in (self._reading, self._writing):
            if session is not None:
                await session.close()
        self._reading = self._writing = None


SHORTEST_SECRET = 8
"""Characters below which a value is too common a word to be taken out of a text; real ones have 20 and more."""

_HIDDEN_NAME = re.compile(rf"{_HIDDEN_NAMES}|code", re.IGNORECASE)


def _without(answer: Answer, query: Mapping[str, str], headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Return an answer without the credentials of its own call: services quote them, in links and in refusals.

    Of a grant only the credential that was shown is taken out: it may bring back a refresh token that stays.
    """
    shown = headers.get("Authorization", "").partition(" ")[2].partition(",")[0]
    secrets = {shown} if headers.get("Authorization", "").startswith(("Bearer", "Basic")) else set()
    if not answer.ok:
        secrets |= {value for name, value in (*query.items(), *form.items()) if _HIDDEN_NAME.fullmatch(name)}
        secrets |= set(_QUOTED.findall(headers.get("Authorization", "")))
    body = answer.body
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            body = body.replace(secret.encode(), HIDDEN.encode())
    return answer if body is answer.body else replace(answer, body=body)


_QUOTED = re.compile(r'"([^"]+)"')


def _in_parts(form: Mapping[str, str], upload: Upload) -> aiohttp.FormData:
    import aiohttp  # noqa: PLC0415  # see the module's docstring

    data = aiohttp.FormData()
    for name, value in form.items():
        data.add_field(name, value)
    kind = upload.media_type.split("/")[-1]  # a name that says nothing of whoever chose the file
    file = io.BytesIO(upload.data)
    data.add_field(upload.name, file, filename=f"{upload.name}.{kind}", content_type=upload.media_type)
    return data


def _said(error: BaseException) -> str:
    """Return what went wrong; a parser's own words would quote the answer, and with it what people wrote."""
    import aiohttp  # noqa: PLC0415  # see the module's docstring

    if isinstance(error, aiohttp.ClientResponseError | aiohttp.ClientPayloadError):
        return type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError) and (error.errno or 0) > 0:
        return f"{error.host}: {os.strerror(error.errno or 0)}"
    return redact(f"{type(error).__name__}: {error}".strip().removesuffix(":"))[:200]
