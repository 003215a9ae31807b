"""R-PII-EMAIL and R-PII-MAILBOX: addresses plain and disguised."""

from __future__ import annotations

import pytest

from .conftest import Judge


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("راسلني على maha.sample@example.com", "maha.sample@example.com"),
        ("MAHA@EXAMPLE.COM", "MAHA@EXAMPLE.COM"),
        ("maha@example.com.", "maha@example.com"),
        ("maha@example.comشكرا", "maha@example.com"),
        ("راسلوناmaha@example.com", "maha@example.com"),
        ("(maha@mail.example.co.ae)،", "maha@mail.example.co.ae"),
        ("maha＠example．com", "maha＠example．com"),
        ("ma\u200bha@exa\u2066mple.com", "ma\u200bha@exa\u2066mple.com"),
        ("\u200fmaha@example.com\u200f", "maha@example.com"),
        ("maha @ example . com", "maha @ example . com"),
        ("m a h a @ e x a m p l e . c o m", "m a h a @ e x a m p l e . c o m"),
        ("mail maha (at) example (dot) net", "maha (at) example (dot) net"),
        ("maha[at]example[.]org", "maha[at]example[.]org"),
        ("maha AT example DOT com", "maha AT example DOT com"),
        ("maha dot sample at example dot com", "maha dot sample at example dot com"),
        ("maha@example dot com", "maha@example dot com"),
        ("write to maha at example.com please", "maha at example.com"),
        ("maha.s at gmail", "maha.s at gmail"),
        ("maha.sample AT example.com", "maha.sample AT example.com"),
        ("maha_sample @example.com", "maha_sample @example.com"),
        ("مها آت جيميل دوت كوم", "مها آت جيميل دوت كوم"),
        ("maha (آت) example (نقطة) com", "maha (آت) example (نقطة) com"),
        ("maha آت example نقطة com", "maha آت example نقطة com"),
        ("بريدي مها@example.com", "مها@example.com"),
        ("info@ministry.example.com", "info@ministry.example.com"),  # official domain as a prefix
        ("info@rninistry.example", "info@rninistry.example"),  # look-alike
        ("info@mail.ministry.example", "info@mail.ministry.example"),  # not the listed domain
    ],
)
def test_private_address_is_blocked_with_its_span(judge: Judge, text: str, address: str) -> None:
    """An obfuscated address is one span from its first to its last letter."""
    assert [each for each in judge(text) if each[0] == "R-PII-EMAIL"] == [("R-PII-EMAIL", address)]


@pytest.mark.parametrize(
    "text",
    [
        "Write to info@ministry.example.",
        "info (at) ministry (dot) example",
        "ＩＮＦＯ＠ministry.example",
        "support@ministry.example",
        "meet us at ministry.example today",
        "find us at ministry dot example",
        "نلتقي عند البوابة نقطة التجمع",
        "The clinic opens at 8. Come early",
        "dot com at",
        "@ministry_example",
    ],
)
def test_official_address_and_plain_prose_pass(judge: Judge, text: str) -> None:
    """Role mailboxes of the ministry in any form, and sentences with "at" and dots."""
    assert judge(text) == []


def test_named_mailbox_at_the_official_domain_is_a_warning(judge: Judge) -> None:
    """An unlisted mailbox that is no role belongs to a person."""
    assert judge("maha.sample@ministry.example") == [("R-PII-MAILBOX", "maha.sample@ministry.example")]


def test_handle_with_a_dot_is_a_handle(judge: Judge) -> None:
    """A blank before the sign and none behind it addresses somebody."""
    assert judge("راسل @maha.sample.") == [("R-PII-PAGE", "@maha.sample")]


def test_two_addresses_are_two_findings(judge: Judge) -> None:
    assert judge("a1@example.com,b2@example.net") == [
        ("R-PII-EMAIL", "a1@example.com"),
        ("R-PII-EMAIL", "b2@example.net"),
    ]
