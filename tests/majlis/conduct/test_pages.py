"""R-PII-PAGE and R-STYLE-LINK: pages, chats, handles and links."""

from __future__ import annotations

import pytest

from .conftest import Judge


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("صفحتي https://www.facebook.com/sara.demo.9301", "https://www.facebook.com/sara.demo.9301"),
        ("https://ar-ar.facebook.com/sara.demo.9301/photos", "https://ar-ar.facebook.com/sara.demo.9301/photos"),
        ("https://www.facebook.com/profile.php?id=100009302", "https://www.facebook.com/profile.php?id=100009302"),
        ("(x.com/omar_demo_9303).", "x.com/omar_demo_9303"),
        ("شاهدtiktok.com/@omar.demoالآن", "tiktok.com/@omar.demo"),
        ("HTTPS://WA.ME/971500009304", "HTTPS://WA.ME/971500009304"),
        ("facebook dot com/sara.demo.9305", "facebook dot com/sara.demo.9305"),
        ("wa . me / 971500009306", "wa . me / 971500009306"),
        ("facebook[.]com/sara.demo.9307", "facebook[.]com/sara.demo.9307"),
        ("facebook.com/MinistryExample.fans", "facebook.com/MinistryExample.fans"),
        ("facebook.com/MinistryExample/sara.demo", "facebook.com/MinistryExample/sara.demo"),
        ("youtube.com/@ministry_example2", "youtube.com/@ministry_example2"),
        ("x.com/ministry_example_", "x.com/ministry_example_"),
        ("@omar_demo_9308", "@omar_demo_9308"),
        ("راسل@omar_demo_9309.", "@omar_demo_9309"),
        ("follow @ omar_demo_9310", "@ omar_demo_9310"),
        ("@سارة_9311", "@سارة_9311"),
        ("@ministry_example_ae", "@ministry_example_ae"),
        ("@omar\u200b_demo", "@omar\u200b_demo"),
    ],
)
def test_private_page_or_handle_is_blocked_with_its_span(judge: Judge, text: str, page: str) -> None:
    """A link is the whole link, a handle includes its @ sign."""
    assert [each for each in judge(text) if each[0] == "R-PII-PAGE"] == [("R-PII-PAGE", page)]


@pytest.mark.parametrize(
    "text",
    [
        "https://www.facebook.com/MinistryExample/",
        "https://m.facebook.com/ministryexample/posts/12345?ref=share",
        "https://twitter.com/Ministry_Example/status/1009301",
        "x.com/example_ambulance",
        "youtube.com/@ministry_example/videos",
        "https://www.facebook.com/events/1009302",
        "https://www.youtube.com/watch?v=demo9303",
        "facebook.com",
        "@ministry_example و @example_ambulance",
        "https://services.ministry.example/ar?x=1",
        "3 @ 50 dirhams, @50 each",
        "الساعة 5 @ المركز",
        "Come early.It is free",
        "5.ml or 7.am",
    ],
)
def test_official_page_and_content_pass(judge: Judge, text: str) -> None:
    """Pages of the ministry and its partners, what lies below them, and content that is nobody's page."""
    assert judge(text) == []


def test_handle_in_the_thread_is_addressing(judge: Judge) -> None:
    """The person answered and those already in the thread may be named (D14), with or without the sign."""
    text = "@Omar_Demo @sara_demo شكراً لكما"

    assert judge(text, network="x", reply_to="omar_demo", thread_handles=("@sara_demo",)) == []
    assert judge(text, network="x", reply_to="omar_demo") == [("R-PII-PAGE", "@sara_demo")]


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://bit.ly/demo9304", "https://bit.ly/demo9304"),
        ("انظر news.example.org/page.", "news.example.org/page"),
        ("http://ministry.example.net/a", "http://ministry.example.net/a"),
        ("https://www.instagram.com/p/demo9305", "https://www.instagram.com/p/demo9305"),
    ],
)
def test_unknown_link_is_a_reminder(judge: Judge, text: str, link: str) -> None:
    """A short link, another domain, a look-alike, or a network where the ministry has no page."""
    assert judge(text) == [("R-STYLE-LINK", link)]
