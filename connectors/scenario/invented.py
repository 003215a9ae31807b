"""Invented data in the form of real data: names, numbers, addresses that belong to nobody.

What stands for what follows from a key that no recording holds, so nobody can find out by trying; the same key gives
the same again. Mobile numbers get a subscriber part that begins with 000 and landlines one that begins with 555, which
nobody is given; domains are reserved ones. Source: the project's convention for invented data; RFC 2606 for domains.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from majlis.conduct.papers import passes_luhn
from majlis.conduct.piece import Kind
from majlis.text import search_key

WORD: Final = re.compile(r"[^\W\d_]+")
"""A word of a name: letters alone."""
_DIGITS: Final = re.compile(r"\d")
_SYLLABLES: Final = tuple(a + b for a in "bdfgklmnprstvz" for b in "aeiou")
_MOBILE: Final = re.compile(r"\+971(5\d)\d{7}")
_LANDLINE: Final = re.compile(r"\+971([2-46-79])\d{7}")
_ARABIC: Final = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_TRIES: Final = 10_000
"""Until two things may look the same after all; a guess, above the number of people of any recording."""


@cache
def _lists() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))


@cache
def common_words() -> frozenset[str]:
    """Return the words that stand in names and are nobody's name, folded."""
    return frozenset(search_key(word) for words in _lists()["common"].values() for word in words)


class Inventor:
    """Makes things up; each real thing always becomes the same one, and no two become one."""

    def __init__(self, key: bytes) -> None:
        """Take the key, which must not be told."""
        self._key = key
        self._made: dict[tuple[str, str], str] = {}
        self._taken: set[tuple[str, str]] = set()
        self._counts: Counter[str] = Counter()

    def made(self) -> dict[str, int]:
        """Return how many different things were made up, by kind."""
        return dict(self._counts)

    def _number(self, kind: str, real: str, attempt: int, below: int) -> int:
        digest = hashlib.blake2b(
            f"{kind}\n{attempt}\n{real}".encode("utf-8", "backslashreplace"), key=self._key
        ).digest()
        return int.from_bytes(digest[:8], "big") % below

    def once(self, kind: str, real: str, make: Callable[[Callable[[int], int]], str]) -> str:
        """Return what stands for something real; what others got already is not given again, as far as there is more.

        Args:
            kind: What it is; things of one kind are told apart.
            real: In the form in which it is compared.
            make: Makes one up, given numbers below what it asks for.
        """
        known = self._made.get((kind, real))
        if known is not None:
            return known
        made = ""
        for attempt in range(_TRIES):
            drawn = iter(range(1_000_000))
            made = make(lambda below, a=attempt, d=drawn: self._number(kind, f"{real}\n{next(d)}", a, below))  # type: ignore[misc]  # bound as defaults
            if (kind, made) not in self._taken and made != real:
                break
        self._taken.add((kind, made))
        self._made[kind, real] = made
        self._counts[str(kind)] += 1
        return made

    # --------------------------------------------------------------------------------------------------------- people

    def word(self, real: str, *, family: bool) -> str:
        """Return what stands for one word of a name, in its script and case."""
        script = "arabic" if _ARABIC.search(real) else "latin"
        words = _lists()[script]["family" if family else "given"]

        def make(draw: Callable[[int], int]) -> str:
            chosen = words[draw(len(words))]
            return chosen if search_key(real) != search_key(chosen) else words[draw(len(words))]

        folded = search_key(real)
        crowded = self._counts[f"name:{script}"] > len(words) // 2
        made = self.once(f"name:{script}", folded, lambda draw: make(draw) + (f"{draw(1000)}" if crowded else ""))
        if script == "latin" and real.islower():
            return made.lower()
        return made.upper() if script == "latin" and real.isupper() and len(real) > 1 else made

    def handle(self, real: str) -> str:
        """Return a handle, without its sign; of at most 15 characters, as X has them."""
        return self.once("handle", real.casefold(), lambda draw: f"citizen_{self._sound(draw, 2)}{draw(900) + 100}")

    @staticmethod
    def _sound(draw: Callable[[int], int], syllables: int) -> str:
        return "".join(_SYLLABLES[draw(len(_SYLLABLES))] for _ in range(syllables))

    # -------------------------------------------------------------------------------------------------------- contacts

    def piece(self, kind: Kind, value: str, written: str) -> str:  # noqa: PLR0911  one line per kind
        """Return what stands for a piece of contact data, in the shape and digits in which it was written."""
        match kind:
            case Kind.EMAIL:
                return self.email(value)
            case Kind.PHONE | Kind.TOLL:
                return self._phone(value, written)
            case Kind.NATIONAL_ID | Kind.NATIONAL_ID_LIKE:
                return shaped(written, self._national_id(value, valid=kind is Kind.NATIONAL_ID))
            case Kind.PAGE:
                return self._page(value, written)
            case Kind.HANDLE:
                return ("@" if written.startswith("@") else "") + self.handle(value)
            case Kind.PASSPORT:
                return "X" + shaped(written[1:], self._ending(kind, value, 7, 4))
            case Kind.PO_BOX | Kind.MEDICAL_RECORD:
                return shaped(written, self.digits(kind, value, len(_DIGITS.findall(written))))

    def email(self, real: str) -> str:
        """Return an address of mail."""
        return self.once("email", real, lambda draw: f"citizen.{self._sound(draw, 2)}{draw(90) + 10}@mail.example")

    def digits(self, kind: str, real: str, count: int) -> str:
        """Return so many digits, the first one no zero."""
        low = 10 ** (count - 1) if count else 0
        return self.once(kind, real, lambda draw: str(low + draw(max(9 * low, 1))))[: max(count, 1)]

    def site(self, real: str) -> str:
        """Return the name of a site."""
        return self.once("link", real, lambda draw: f"site-{self._sound(draw, 3)}.example")

    def _ending(self, kind: str, real: str, count: int, chosen: int) -> str:
        """Return so many digits: zeros, and then a few that tell one from another."""
        few = min(count, chosen)
        return self.once(kind, f"{count}:{real}", lambda draw: f"{draw(10**few):0{count}}")

    def _national_id(self, value: str, *, valid: bool) -> str:
        """Return a number with a year of birth that nobody has; its check digit is as right as that of the real one."""
        body = "7840000" + self.once("national_id", value, lambda draw: f"{draw(10**7):07}")
        check = next(digit for digit in "0123456789" if passes_luhn(body + digit))
        return body + (check if valid else str((int(check) + 1) % 10))

    def _phone(self, value: str, written: str) -> str:
        digits = "".join(str(unicodedata.decimal(digit)) for digit in _DIGITS.findall(written))
        national = self._national(value)
        if len(digits) < len(national) or any(char.isalpha() for char in written):
            return f"050000{national[-4:]}"  # said in words, or with letters for digits
        return shaped(written, digits[: len(digits) - len(national)] + national)

    def _national(self, value: str) -> str:
        """Return the part of a number that says whose it is; what comes before it is country and area, and stays."""
        if mobile := _MOBILE.fullmatch(value):
            return mobile[1] + "000" + self._ending("phone", value, 4, 4)
        if landline := _LANDLINE.fullmatch(value):
            return landline[1] + "555" + self._ending("phone", value, 4, 4)
        digits = value.removeprefix("+")
        return self._ending("phone", value, max(4, len(digits) - _KEPT), 4)

    def _page(self, value: str, written: str) -> str:
        host = value.partition("/")[0]
        at = written.casefold().find(host)
        name = value.partition("/")[2]
        path = self._ending("phone", value, len(name), 4) if name.isdigit() else self.handle(value)
        return f"{written[:at] if at > 0 else ''}{host}/{path}"


_KEPT: Final = 3
"""Digits of a foreign or shared number that stay: about its country code; a guess that keeps too few rather."""


def shaped(written: str, digits: str) -> str:
    """Return a text with its digits replaced one by one, each in its own script; what stands between them stays."""
    rest = iter(digits)
    return "".join(_in_script(char, next(rest, "0")) if char.isdecimal() else char for char in written)


def _in_script(char: str, digit: str) -> str:
    return chr(ord(char) - unicodedata.decimal(char) + int(digit))
