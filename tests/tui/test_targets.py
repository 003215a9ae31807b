"""From the site file to targets, and what a mail about a case says in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from majlis.errors import BadSettings
from majlis.hours import DEFAULT_CALENDAR, ServiceHours
from majlis.message import Urgency
from tests.builders import HandClock
from tests.connectors.escalate.conftest import CONTACT, case, entry
from tests.fakes.memory_store import MemoryStore
from tui import config, language
from tui.letters import letter_of
from tui.targets import targets

if TYPE_CHECKING:
    from pathlib import Path

HOURS = ServiceHours((DEFAULT_CALENDAR,))
MAIL = 'kind = "mail"\nserver = "localhost"\nsender = "a@moh.example"\nto = ["b@moh.example"]\n'


def settings(tmp_path: Path, text: str) -> config.Settings:
    """Return the settings of a site file."""
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return config.load({"HOME": str(tmp_path)}, site=str(path))


async def names(made: config.Settings, **env: str) -> list[str]:
    """Return the targets that these settings and this environment make."""
    async with targets(made, env, HandClock(), MemoryStore(), HOURS) as found:
        return [each.account for each in found]


async def test_both_kinds_are_made_with_their_secrets(tmp_path: Path) -> None:
    """A file of mode 600 and a variable both serve."""
    secret = tmp_path / "secret"
    secret.write_text("whsec_c2hhcmVk\n", encoding="utf-8")
    secret.chmod(0o600)
    made = settings(
        tmp_path,
        f'[escalation.desk]\n{MAIL}user = "majlis"\nsecurity = "tls"\n'
        '[escalation.crm]\nkind = "webhook"\nurl = "https://crm.example/cases"\nsecret_file = "secret"\n',
    )

    assert await names(made, MAJLIS_SECRET_DESK="shared".upper()) == ["desk", "crm"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[escalation.desk]\nkind = "mail"\nserver = "smtp.example"\n', "desk.sender"),
        ('[escalation.crm]\nkind = "webhook"\n', "crm.url"),
        ('[escalation.crm]\nkind = "webhook"\nurl = "https://crm.example/x"\n', "MAJLIS_SECRET_CRM"),
        (f'[escalation.desk]\n{MAIL}user = "majlis"\n', "MAJLIS_SECRET_DESK"),
        (f'[escalation.desk]\n{MAIL}user = "majlis"\nsecret_file = "open"\n', "chmod 600"),
        (f'[escalation.desk]\n{MAIL}user = "majlis"\nsecret_file = "none"\n', "none"),
        (f'[escalation.desk]\n{MAIL}user = "majlis"\nsecret_file = "odd"\n', "UTF-8"),
    ],
)
async def test_what_is_missing_is_named(tmp_path: Path, text: str, says: str) -> None:
    """Before anything is told to anybody."""
    (tmp_path / "open").write_text("x", encoding="utf-8")
    (tmp_path / "open").chmod(0o644)
    (tmp_path / "odd").write_bytes(b"\xff")
    (tmp_path / "odd").chmod(0o600)
    made = settings(tmp_path, text)

    with pytest.raises(BadSettings, match=says):
        await names(made)


async def test_a_key_that_only_holds_the_mark_of_base64_is_taken_as_it_is(tmp_path: Path) -> None:
    """The mark counts at the beginning alone."""
    made = settings(tmp_path, '[escalation.crm]\nkind = "webhook"\nurl = "https://crm.example/cases"\n')

    assert await names(made, MAJLIS_SECRET_CRM="not-whsec_".strip()) == ["crm"]


async def test_what_is_wrong_is_told_in_arabic_too(tmp_path: Path) -> None:
    """All of the sentence, the detail included."""
    made = settings(tmp_path, '[escalation.desk]\nkind = "mail"\nserver = "smtp.example"\n')
    with pytest.raises(BadSettings) as refused:
        await names(made)
    language.use("ar")

    assert "ناقص" in language.problem(refused.value)  # Arabic: is missing


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f'[escalation.desk]\n{MAIL}security = "none"\n'.replace("localhost", "smtp.example"), "without TLS"),
        ('[escalation.crm]\nkind = "webhook"\nurl = "http://crm.example/x"\n', "https"),
        (f'[escalation."a b"]\n{MAIL}', "name"),
        (f'[accounts.desk]\nnetwork = "x"\nid = "1"\n[escalation.desk]\n{MAIL}', "account"),
        (f'[escalation.desk]\n{MAIL}sever = "x"\n', "server"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    """When the file is read."""
    with pytest.raises(BadSettings, match=says) as refused:
        settings(tmp_path, text)

    assert "site.toml" in str(refused.value)


def test_a_mail_says_everything_in_both_languages_and_covers_contact_data() -> None:
    """Reason, times, note and text; controls as signs, and no presentation form anywhere."""
    letter = letter_of(case(urgency=Urgency.IMMEDIATE), entry(), HOURS)

    assert "خطر" in letter.subject
    assert "Danger" in letter.subject
    assert "case-7" in letter.subject
    assert "السبب / Reason" in letter.text
    assert "تريد موعدا" in letter.text
    assert CONTACT not in letter.text
    assert "⟪RLO⟫" in letter.text
    assert not any("\ufb50" <= char <= "\ufdff" or "\ufe70" <= char <= "\ufefc" for char in letter.text)


@pytest.mark.parametrize("step", ["escalate", "join", "inform", "reopen", "withdraw"])
def test_every_step_has_its_words(step: str) -> None:
    """In two languages, which differ."""
    subject = letter_of(case(), entry(step=step), HOURS).subject
    arabic, _, english = subject.partition("] ")[2].partition(" · ")[0].partition(" / ")

    assert arabic
    assert english
    assert arabic != english
