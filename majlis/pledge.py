"""The pledge (C9): what an operator reads once in each version, and is recorded to have read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeText:
    """One version of the pledge in both languages."""

    version: str
    """A new one is read again by everybody."""
    ar: str
    en: str


DEFAULT_PLEDGE: Final = PledgeText(
    version="2014-1",
    ar=(
        "أكتب باسم الوزارة. ألتزم بمدونة السلوك المهني وأخلاقيات الوظيفة العامة (2010) وبقانون الموارد البشرية"
        " الاتحادي (11 لسنة 2008)، وأحفظ سمعة حكومة دولة الإمارات.\n"
        "أجيب السائل بعينه، مباشرة وبمهنية وبلطف، ولا آمره.\n"
        "لا أنشر بيانات شخصية لأحد، ولا عنواناً غير رسمي للمراسلة.\n"
        "أتحمل مسؤولية ما أكتب، ويسجل باسمي."
    ),
    en=(
        "I write in the ministry's name. I keep to the federal code of conduct for public office (2010) and the"
        " federal human resources law (11 of 2008), and to the good name of the UAE government.\n"
        "I answer this person, directly, professionally and kindly; I do not give orders.\n"
        "I publish nobody's personal data and no unofficial address.\n"
        "I answer for what I write; it is recorded under my name."
    ),
)
"""The wording is ours; the laws are those that the policy names (C9, C10, C11, C12, C14, C15)."""
