"""A case, an entry that tells of it, and certificates of an authority that exists for one test run."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from majlis.escalation import Case, Packet, PacketLine
from majlis.message import Urgency
from majlis.outbox import Action, Entry
from tests.builders import AT, HandClock, key

if TYPE_CHECKING:
    from pathlib import Path

CONTACT = "0500001234"
WORDS = f"رقمي {CONTACT} اتصلوا بي\u202e\r\nBcc: all@example.org"
"""What a person wrote: their number, a control that turns text round, and a line that would be a header."""


def case(**fields: Any) -> Case:
    """Return a case about a person who left a number."""
    packet = Packet(
        schema=1,
        network="facebook",
        message=str(key()),
        link="https://example.org/1",
        thread="t",
        text=WORDS,
        at=AT,
        handle=None,
        name="مها\r\nX-Evil: 1",
        earlier=(PacketLine(at=AT, author="مها", ours=False, text=f"وأيضا {CONTACT}"),),
        language="arabic",
        category="direct_contact",
        contact=(CONTACT,),
        calendar="seed",
    )
    known: dict[str, Any] = {
        "id": "case-7",
        "account": "moh",
        "thread": "t",
        "person": "u-maha",
        "messages": (str(key()),),
        "reason": "direct_contact",
        "urgency": Urgency.NORMAL,
        "note": "تريد موعدا",
        "operator": "salem",
        "created_at": AT,
        "acknowledge_by": AT + timedelta(hours=7),
        "answer_by": AT + timedelta(hours=35),
        "packet": packet,
    }
    return Case(**{**known, **fields})


def entry(**fields: Any) -> Entry:
    """Return an entry that tells a target of the new case."""
    known: dict[str, Any] = {
        "id": "entry-9",
        "action": Action.DELIVER,
        "account": "desk",
        "target": key(),
        "author": "salem",
        "created_at": AT,
        "due_at": AT,
        "case": "case-7",
        "step": "escalate",
        "attempts": 1,
    }
    return Entry(**{**known, **fields})


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@dataclass(frozen=True, slots=True)
class Certificates:
    """What a server shows, and the file that says whom to trust."""

    server: ssl.SSLContext
    authorities: str


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    file: Path = tmp_path_factory.mktemp("tls") / "authorities.pem"
    authority.cert_pem.write_to_path(file)
    return Certificates(server=server, authorities=str(file))
