"""What a terminal holds where the policy speaks: findings, review, urgent path, customer service, publishing."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.screens.test_captures import ROOT, assert_full, visual, with_state
from tests.screens.tmux import Tmux

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"),
    pytest.mark.skipif(shutil.which("fribidi") is None, reason="needs the fribidi command"),
]


def drawn(text: str) -> str:
    """Return a line of an Arabic screen as it is drawn.

    FriBidi alone leaves a hamza on the line without its one presentation form.
    """
    return visual(text, base="--rtl").replace("\N{ARABIC LETTER HAMZA}", "\N{ARABIC LETTER HAMZA ISOLATED FORM}")


ARABIC = {
    "stopped": "[يمنع الإرسال] «0500004567» في النص رقم هاتف غير رسمي. الأفضل رقم الوزارة:",
    "underline": "في النص رقم هاتف غير رسمي",
    "reminder": "[تذكير] «يجب عليك» العبارة تبدو أمراً. جرّب صيغة العرض: يمكنك، ندعوك، يسعدنا.",
    "never": "لا يخرج النص كما هو؛ e لمتابعة الكتابة.",
    "numbers": "أرقام الطوارئ: 998 الإسعاف · 999 الشرطة · 997 الدفاع المدني",
    "public": "سطر عام بالعربية",
    "escalated": "محوّلة",
    "acknowledge": "الاستلام قبل",
    "long": "[تذكير] 32 كلمة دون توقف. الجمل والفقرات القصيرة أسهل قراءة.",
    "counted": "moh-x · إكس (تويتر) · العربية · 27 من 280 بحساب الشبكة",
    "draft": "مسودة",
    "planned": "يكتب منشوراً",
}
"""What the screen says, in the order in which it is read."""
ENGLISH = {
    "stopped": "[stops it] “0500004567” This text has a phone number that is not official. Use",
    "underline": "[stops it] This text has a phone number that is not official.",
    "reminder": "[reminder] “" + visual("يجب عليك") + "” This sounds like an order. Try an offer: you can, we",
    "never": "It cannot go out as it is; e goes on writing.",
    "numbers": "Emergency numbers: 998 ambulance · 999 police · 997 civil defence",
    "public": "1 A public line in Arabic",
    "escalated": "! escalated",
    "acknowledge": "Take it by",
    "long": "[reminder] 32 words without a break. Short sentences and paragraphs are easier",
    "counted": "X (Twitter) · Arabic · 27 of 280 as the network counts",
    "draft": "> draft",
    "planned": "Nothing is planned.",
}

ORDER = "يجب عليك أن تتصل على 0500004567"  # Arabic: you must call this number
CAMPAIGN = "حملة التطعيم تبدأ يوم الأحد"  # Arabic: the vaccination campaign begins on Sunday
LONG = "It is " + "for all of us and " * 6
ASKED = "السلام عليكم، التطعيم"
"""How the first message of the practice inbox begins: peace be upon you, the vaccination."""


@pytest.fixture(params=["ar", "en"])
def practice(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Tmux, dict[str, str]]]:
    """The practice inbox in tmux at 80×24, and what its screens say, as they are drawn."""
    language = request.param
    command = [sys.executable, "-m", "majlis", "--language", language, "demo"]
    env = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    says = {name: drawn(text) for name, text in ARABIC.items()} if language == "ar" else ENGLISH
    with Tmux(command, 80, 24, tmp_path, env) as terminal:
        terminal.wait(lambda screen: len(with_state(screen)) > terminal.rows // 2, seconds=30)
        yield terminal, says


def sees(terminal: Tmux, *texts: str) -> None:
    """Check that texts stand on a full screen."""
    for text in texts:
        terminal.wait(text)
    assert_full(terminal)


def test_findings_stand_beside_the_text_and_in_the_review(practice: tuple[Tmux, dict[str, str]]) -> None:
    """The review has the mildest last, each with the words it means."""
    terminal, says = practice
    terminal.keys("r")
    terminal.settled()
    terminal.type(ORDER)
    sees(terminal, visual(ORDER), says["underline"])
    terminal.keys("Escape")
    sees(terminal, visual(ORDER), says["stopped"], says["reminder"], says["never"])
    screen = "\n".join(terminal.screen())
    assert screen.index(says["stopped"]) < screen.index(says["reminder"])


def test_the_urgent_path_and_the_case_it_makes(practice: tuple[Tmux, dict[str, str]]) -> None:
    """The numbers and the public lines; then customer service's list, and the case with the person's words."""
    terminal, says = practice
    terminal.keys("/")
    terminal.settled()
    terminal.type(ASKED)
    terminal.keys("Enter")
    terminal.settled()
    terminal.keys("!")
    sees(terminal, says["numbers"], says["public"])
    terminal.keys("Escape")
    terminal.settled()
    terminal.keys("8")
    sees(terminal, says["escalated"], visual(ASKED))
    terminal.keys("Enter")
    sees(terminal, says["acknowledge"], visual(ASKED))


def test_a_post_is_previewed_and_stands_in_the_calendar(practice: tuple[Tmux, dict[str, str]]) -> None:
    """As X shows and counts it, with the reminder of plainness."""
    terminal, says = practice
    terminal.keys("9")
    sees(terminal, says["planned"])
    terminal.keys("w")
    terminal.settled()
    terminal.type(CAMPAIGN)
    terminal.wait(visual(CAMPAIGN))
    terminal.keys("Tab")
    terminal.settled()
    terminal.type(LONG)
    sees(terminal, visual(CAMPAIGN), "for all of us")
    terminal.keys("Escape")
    sees(terminal, says["long"], says["counted"], visual(CAMPAIGN))
    terminal.keys("q")
    sees(terminal, says["draft"], visual(CAMPAIGN))
