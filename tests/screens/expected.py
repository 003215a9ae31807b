"""What a screen should look like, computed without this project's code: FriBidi orders, mirrors and joins."""

from __future__ import annotations

import subprocess
import unicodedata
from dataclasses import dataclass
from typing import Literal

FSI, PDI = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
FILLER = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""FriBidi puts it where a ligature has swallowed a letter."""


@dataclass(frozen=True, slots=True)
class Case:
    """A text as somebody writes it."""

    marked: str
    """The text, with braces round what must read whole."""
    base: Literal["rtl", "ltr"] = "rtl"
    reduced: str = ""
    """The same with emoji as terminals agree on them; empty where there is no difference."""

    @property
    def text(self) -> str:
        """What was written."""
        return self.marked.replace("{", "").replace("}", "")

    @property
    def is_arabic(self) -> bool:
        """Whether any of it runs from right to left."""
        return any(unicodedata.bidirectional(char) in {"R", "AL", "AN"} for char in self.text)

    def cells(self, width: int = 0) -> list[str]:
        """Return the cells of one row, padded to a width; the second cell of a wide character is empty."""
        cells: list[str] = []
        for char in self._drawn():
            if unicodedata.combining(char):
                cells[-1] += char
            else:
                cells += [char, ""] if unicodedata.east_asian_width(char) in "WF" else [char]
        assert not width or len(cells) <= width, self.text
        blanks = [" "] * (width - len(cells))
        return blanks + cells if self.base == "rtl" else cells + blanks

    def _drawn(self) -> str:
        told = (self.reduced or self.marked).replace("{", FSI).replace("}", PDI)
        command = ["fribidi", f"--{self.base}", "--nobreak", "--nopad", "--clean", "--reordernsm"]
        done = subprocess.run(command, input=told, capture_output=True, text=True, check=True)
        return done.stdout.rstrip("\n").replace(FILLER, "").replace(FSI, "").replace(PDI, "")


CASES = (
    Case("السلام عليكم ورحمة الله وبركاته"),
    Case("سَلِمَتْ يَدَاكُمْ، شُكْرًا كَثِيرًا دُكْتُورَة"),
    Case("لا لأ لإ لآ بلا فلأ والآن للأطفال"),
    Case("شكرا 🙏🏽 ❤️ للعائلة 👨‍👩‍👧 كلها", reduced="شكرا 🙏 ❤ للعائلة 👨 كلها"),
    Case("اللقاح (Pfizer) [مهم] «جدا» <هنا>"),
    Case("اتصلت على {050-000-4567} ولم يرد أحد"),
    Case("الموعد {2026-11-23} الساعة 10:30 صباحا"),
    Case("{@CARE_DEMO} متى يفتح المركز؟"),
    Case("التفاصيل على {https://health.example/a?b=1} شكرا"),
    Case("شاركوا في {#WorldHealthDay} و {#صحة_المجتمع}"),
    Case("Join {#صحة_المجتمع} today (مجانا) please", "ltr"),
    Case("عمره ٥ سنوات ووزنه ١٨٫٥ كغ، 5 mg مرتين"),
    Case("I called the مركز الصحي (مغلق) twice :(", "ltr"),
    Case("plain English, 050-000-4567, <ok>", "ltr"),
)
