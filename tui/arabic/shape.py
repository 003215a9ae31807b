"""Choose the presentation form of each Arabic letter, so that it joins in terminals that do not shape.

arabic-reshaper knows the forms; it is given runs of base letters only. A whole message would crash it (heh + ZWJ, the
usual Hijri year mark, before any lam-alef), lose the joiners of emoji and the marks of Urdu. Marks, direction marks and
everything else that is transparent to joining is taken out first and keeps its place, so the index map is the identity
but for lam-alef, where the alef gives way.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache

ZWJ = "\N{ZERO WIDTH JOINER}"

_LAM_ALEF = {
    # final alef, as the reshaper gives it: ligature after nothing, ligature after a joining letter
    "\N{ARABIC LETTER ALEF WITH MADDA ABOVE FINAL FORM}": "\ufef5\ufef6",
    "\N{ARABIC LETTER ALEF WITH HAMZA ABOVE FINAL FORM}": "\ufef7\ufef8",
    "\N{ARABIC LETTER ALEF WITH HAMZA BELOW FINAL FORM}": "\ufef9\ufefa",
    "\N{ARABIC LETTER ALEF FINAL FORM}": "\ufefb\ufefc",
}
_LAM_FORMS = "\N{ARABIC LETTER LAM INITIAL FORM}\N{ARABIC LETTER LAM MEDIAL FORM}"

_NON_JOINING_FORMATS = frozenset("\u200c\u2066\u2067\u2068\u2069")  # U in ArabicShaping.txt, though of category Cf
_VISIBLE_FORMATS = frozenset(  # U, or drawn
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
)
_TRANSPARENT_BLOCKS = ((0xAD, 0xAD), (0x300, 0x8FF), (0x1AB0, 0x1DFF), (0x200B, 0x20FF), (0xFE00, 0xFEFF))


def _is_transparent(ch: str) -> bool:
    """Tell joining type T: marks, and formats that are not given another type (ArabicShaping.txt, Unicode 15)."""
    category = unicodedata.category(ch)
    if category == "Cf":
        return ch != ZWJ and ch not in _NON_JOINING_FORMATS and ch not in _VISIBLE_FORMATS
    return category in {"Mn", "Me"}


class _Settings:
    """The reshaper's settings, without the file and the parser that it would read them through at every call.

    Marks and tatweel stay: deleting them alters dose words and the hamza of Urdu. Lam-alef is made here, where the
    index map is; other ligatures would put four letters into one unreadable cell.
    """

    def getboolean(self, name: str) -> bool:
        """Answer as a section of the configuration would."""
        return name == "support_zwj"

    def get(self, name: str) -> str | None:
        """Answer for what is not a switch."""
        return "Arabic" if name == "language" else None


class _Joining:
    """The reshaper, and the pattern of what may be handed to it."""

    def __init__(self) -> None:
        from arabic_reshaper import ArabicReshaper  # noqa: PLC0415  (12 ms: only once Arabic is shown)

        reshaper = ArabicReshaper()
        setattr(reshaper, "configuration", _Settings())  # noqa: B010  its own type is the parser of its defaults
        self.reshape: Callable[[str], str] = reshaper.reshape
        letters = "".join(ch for ch in reshaper.letters if ch.isalpha())  # tatweel too, ZWJ not
        transparent = "".join(
            ch
            for first, last in (
                (0x00AD, 0x00AD),
                (0x0300, 0x08FF),
                (0x1AB0, 0x1DFF),
                (0x200B, 0x20FF),
                (0xFE00, 0xFEFF),
            )
            for ch in map(chr, range(first, last + 1))
            if _is_transparent(ch)
        )
        self.runs = re.compile(f"[{letters}{ZWJ}][{letters}{ZWJ}{transparent}]*")
        self.drop = dict.fromkeys(map(ord, transparent))


_joining = cache(_Joining)


@lru_cache(maxsize=4096)
def forms(run: str) -> tuple[str, ...]:
    """Return the presentation form of each letter of a run.

    Args:
        run: Letters that the reshaper knows, tatweel and ZWJ, nothing else.

    Returns:
        One string per code point: a form; the ligature for a lam before an alef; `""` for that alef and for a ZWJ.
    """
    shaped = iter(_joining().reshape(run))
    found = ["" if ch == ZWJ else next(shaped) for ch in run]
    for n in range(len(found) - 1):
        lam, alef = found[n], found[n + 1]
        if alef in _LAM_ALEF and lam and lam in _LAM_FORMS:
            found[n], found[n + 1] = _LAM_ALEF[alef][_LAM_FORMS.index(lam)], ""
    return tuple(found)


def shape(text: str) -> dict[int, str]:
    """Return what is drawn in place of letters: by index, a presentation form, or `""` for an alef taken into its lam.

    Args:
        text: Logical order, anything. ZWNJ ends a joining run, ZWJ joins, anything else invisible is looked through.

    Returns:
        Only indices of Arabic letters that have forms; all other code points draw as they are.
    """
    if text.isascii():
        return {}
    joining = _joining()
    drawn: dict[int, str] = {}
    for match in joining.runs.finditer(text):
        run = match[0]
        letters = run.translate(joining.drop)
        start = match.start()
        if len(letters) == len(run):
            drawn.update(zip(range(start, match.end()), forms(run), strict=True))
        else:
            places = [start + n for n, ch in enumerate(run) if ord(ch) not in joining.drop]
            drawn.update(zip(places, forms(letters), strict=True))
    if ZWJ in text:
        return {i: form for i, form in drawn.items() if text[i] != ZWJ}
    return drawn
