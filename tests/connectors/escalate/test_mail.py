"""A real mail server on this machine: up, down, slow, refusing, and asking for TLS and a sign-in."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from connectors.escalate import Letter, MailSettings, MailTarget, Security
from connectors.escalate.retry import GIVES_UP, MENDED_S, NotDelivered, Undelivered
from majlis.errors import Busy, Refused
from majlis.message import Urgency
from majlis.outbox import Entry
from tests.builders import AT, HandClock
from tests.connectors.escalate.conftest import CONTACT, Certificates, case, entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope, Session

    from majlis.escalation import Case

PASSWORD = "correct horse"  # noqa: S105  a server of this test asks for it


@dataclass
class Mailbox:
    """A server's handler that keeps what it takes, and answers as a test wants."""

    answer: str = "250 OK"
    recipient: str = "250 OK"
    slow: bool = False
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  the server's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient or not."""
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  same
        """Take a message or not."""
        if self.slow:
            await asyncio.Event().wait()
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.taken.append(message)
            self.recipients += envelope.rcpt_tos
        return self.answer


def _signed_in(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
    # Not handled: the server itself is to say no.
    return AuthResult(success=(given.login, given.password) == (b"majlis", PASSWORD.encode()), handled=False)


@asynccontextmanager
async def served(box: Mailbox, **options: Any) -> AsyncIterator[int]:
    """Run a server and return its port."""
    tls = options.pop("tls_now", None)
    loop = asyncio.get_running_loop()
    lines: list[SMTP] = []

    def answered() -> SMTP:
        lines.append(SMTP(box, loop=loop, **options))
        return lines[-1]

    server = await loop.create_server(answered, host="localhost", port=0, ssl=tls, family=socket.AF_INET)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for line in lines:
            if isinstance(line.transport, asyncio.Transport):
                line.transport.abort()
        for _ in range(4):  # turns of the loop in which transports close their sockets
            await asyncio.sleep(0)


def written(told: Case, because: Entry) -> Letter:
    return Letter(subject=f"[{told.id}] {told.packet.name}", text=f"{because.step}: {told.note}")


def target(port: int, clock: HandClock, *, timeout_s: float = 5, **fields: Any) -> MailTarget:
    known: dict[str, Any] = {
        "name": "desk",
        "server": "localhost",
        "port": port,
        "security": Security.NONE,
        "sender": "inbox@moh-sample.example",
        "to": ("desk@moh-sample.example",),
        "urgent_to": ("duty@moh-sample.example",),
    }
    return MailTarget(MailSettings(**{**known, **fields}), clock, written, timeout_s=timeout_s)


async def test_a_case_arrives_as_one_mail_with_its_packet(clock: HandClock) -> None:
    """Text in logical order, the packet beside it, and nothing a person wrote makes a header."""
    box = Mailbox()

    async with served(box) as port:
        receipt = await target(port, clock).deliver(case(), entry())

    (mail,) = box.taken
    assert box.recipients == ["desk@moh-sample.example"]
    assert receipt.native_id == mail["Message-ID"] == "<entry-9@moh-sample.example>"
    assert mail["References"] == "<case-7@moh-sample.example>"
    assert mail["Subject"] == "[case-7] مها X-Evil: 1"
    assert mail["X-Evil"] is None
    assert mail["Bcc"] is None
    body = mail.get_body()
    assert body is not None
    assert body.get_content().strip() == "escalate: تريد موعدا"
    (packet,) = mail.iter_attachments()
    told = json.loads(packet.get_content())
    assert told["case"] == "case-7"
    assert told["packet"]["network"] == "facebook"


async def test_what_the_person_gave_to_be_reached_by_stays_inside(clock: HandClock) -> None:
    """Unless the settings want it in the mail."""
    box = Mailbox()

    async with served(box) as port:
        await target(port, clock).deliver(case(), entry())
        await target(port, clock, contact=True).deliver(case(), entry())

    covered, whole = ((next(iter(mail.iter_attachments()))).get_content() for mail in box.taken)
    assert CONTACT.encode() not in covered
    assert json.loads(covered)["packet"]["contact"] == []
    assert json.loads(whole)["packet"]["contact"] == [CONTACT]


async def test_danger_tells_the_duty_contact_too(clock: HandClock) -> None:
    """And says that it is important."""
    box = Mailbox()

    async with served(box) as port:
        await target(port, clock).deliver(case(urgency=Urgency.IMMEDIATE), entry())

    assert box.recipients == ["desk@moh-sample.example", "duty@moh-sample.example"]
    assert box.taken[0]["Importance"] == "high"


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server does not see that its whole line is TLS
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_tls_and_a_sign_in(clock: HandClock, certificates: Certificates, security: Security) -> None:
    """Both ways of TLS, with a certificate that is checked."""
    box = Mailbox()
    secure: dict[str, Any] = (
        {"tls_now": certificates.server, "auth_require_tls": False}
        if security is Security.TLS
        else {"tls_context": certificates.server, "require_starttls": True}
    )

    async with served(box, authenticator=_signed_in, auth_required=True, **secure) as port:
        way: dict[str, Any] = {"security": security, "authorities": certificates.authorities, "user": "majlis"}
        await target(port, clock, password=PASSWORD, **way).deliver(case(), entry())
        with pytest.raises(Undelivered, match="sign-in refused") as wrong:
            await target(port, clock, password=PASSWORD[::-1], **way).deliver(case(), entry())

    assert len(box.taken) == 1
    assert wrong.value.wait_s >= MENDED_S
    assert PASSWORD[::-1] not in str(wrong.value)


async def test_an_unknown_certificate_gets_nothing(clock: HandClock, certificates: Certificates) -> None:
    """Not even the sign-in."""
    box = Mailbox()

    async with served(box, tls_context=certificates.server, require_starttls=True) as port:
        with pytest.raises(Busy) as refused:
            await target(port, clock, security=Security.STARTTLS, user="majlis", password=PASSWORD).deliver(
                case(), entry()
            )

    assert box.taken == []
    assert "certificate" in str(refused.value).lower()


async def test_a_server_without_tls_gets_nothing_when_tls_is_asked_for(clock: HandClock) -> None:
    """Plain text is no fallback."""
    box = Mailbox()

    async with served(box) as port:
        with pytest.raises(Busy):
            await target(port, clock, security=Security.STARTTLS).deliver(case(), entry())

    assert box.taken == []


async def test_a_server_that_is_down_is_tried_again_ever_more_patiently(clock: HandClock) -> None:
    """Five seconds, then thirty, …, and after a day it is said to be in vain."""
    async with served(Mailbox()) as port:
        pass

    with pytest.raises(Undelivered) as first:
        await target(port, clock).deliver(case(), entry())
    with pytest.raises(Undelivered) as second:
        await target(port, clock).deliver(case(), entry(attempts=2))
    clock.at = AT + GIVES_UP
    with pytest.raises(NotDelivered):
        await target(port, clock).deliver(case(), entry(attempts=40))

    assert (first.value.wait_s, second.value.wait_s) == (5, 30)


async def test_a_slow_server_is_left_and_asked_again_under_the_same_name(clock: HandClock) -> None:
    """It may have the first one; the second is known as the same."""
    box = Mailbox(slow=True)

    async with served(box) as port:
        with pytest.raises(Undelivered):
            await target(port, clock, timeout_s=0.2).deliver(case(), entry())
        box.slow = False
        clock.at += timedelta(seconds=5)
        await target(port, clock).deliver(case(), entry(attempts=2))

    assert [mail["Message-ID"] for mail in box.taken] == ["<entry-9@moh-sample.example>"]


@pytest.mark.parametrize(
    ("answer", "recipient", "expected"),
    [
        ("451 later", "250 OK", Undelivered),
        ("554 no such content here", "250 OK", NotDelivered),
        ("250 OK", "450 greylisted", Undelivered),
        ("250 OK", "550 no such mailbox", NotDelivered),
    ],
)
async def test_a_refusing_server_is_believed(
    clock: HandClock, answer: str, recipient: str, expected: type[Exception]
) -> None:
    """Four hundreds are for now, five hundreds for good."""
    async with served(Mailbox(answer=answer, recipient=recipient)) as port:
        with pytest.raises(expected):
            await target(port, clock).deliver(case(), entry())


def test_a_final_no_is_a_refusal_for_the_sender() -> None:
    """The sender knows these errors by what they derive from."""
    assert issubclass(NotDelivered, Refused)
    assert issubclass(Undelivered, Busy)
