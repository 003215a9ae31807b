"""The grants of an inbox on a PostgreSQL server, as SQL: what its roles may do, taken from the program's own tables."""

from __future__ import annotations

from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Final

from majlis import commands as c
from majlis.policy import PEOPLE, Role
from majlis.provenance import WRITTEN_BY
from majlis.roles import MAY

from .documents import TABLES
from .rows.address import parted
from .rows.postgres_terms import PostgresTerms, named
from .rows.terms import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from majlis.policy import Roles

PREFIX: Final = "majlis_"
"""In front of a role's name; what follows is its name in the site file."""
_OWNER: Final = "owner"
_LEADS: Final[Roles] = (Role.SUPERVISOR,)
_LOOKS: Final[Roles] = (Role.SUPERVISOR, Role.AUDITOR)

ACTIONS: Final[Mapping[str, Roles]] = {
    "claim": MAY[c.Claim],
    "take_over": MAY[c.Claim],
    "release": MAY[c.Release],
    "reply": MAY[c.Reply],
    "comment": MAY[c.Reply],
    "edit": MAY[c.Edit],
    "delete": MAY[c.Delete],
    "hide": MAY[c.Hide],
    "unhide": MAY[c.Hide],
    "reject": MAY[c.Reject],
    "escalate": MAY[c.Escalate],
    "urgent": MAY[c.Urgent],
    "note": MAY[c.Note],
    "done": MAY[c.Done],
    "snooze": MAY[c.Snooze],
    "memo": MAY[c.WriteMemo],
    "tag": MAY[c.Tag],
    "reveal": MAY[c.Reveal],
    "undo": MAY[c.TakeBack],
    "correct": MAY[c.CorrectTriage],
    "keep_snippet": MAY[c.KeepSnippet],
    "drop_snippet": MAY[c.DropSnippet],
    "pledge": MAY[c.TakePledge],
    "add_official": MAY[c.AddOfficial],
    "remove_official": MAY[c.RemoveOfficial],
    "write_post": MAY[c.WritePost],
    "discard_post": MAY[c.DiscardPost],
    "submit_post": MAY[c.SubmitPost],
    "schedule_post": MAY[c.SchedulePost],
    "withdraw_post": MAY[c.WithdrawPost],
    "approve_post": MAY[c.ApprovePost],
    "reject_post": MAY[c.RejectPost],
    "acknowledge": MAY[c.Acknowledge],
    "ask": MAY[c.AskBack],
    "answer": MAY[c.AnswerCase],
    "return": MAY[c.ReturnCase],
    "close": MAY[c.CloseCase],
    "open_contact": MAY[c.OpenContact],
    "export": _LOOKS,
    "audit_export": _LOOKS,
    "audit_reveal": _LEADS,
}
"""What a person's event may say, and whose it is; what else happens is the service's, or the owner's."""

_OF_CASES: Final = ("escalate", "urgent", "note", "done", "undo", "acknowledge", "ask", "answer", "return", "close")
_NOT_CONTENT: Final = ("state", "steps", "publish_at", "acknowledged", "entries", "queued", "rev")
"""Of a post: what may change without a step that says that somebody has written."""

_ADDED: Final = ("memo", "pledge", "picture")
"""Tables to which people add rows that never change; what is in `_CHANGED` besides they also change."""
_CHANGED: Final = ("entry", "case", "post", "undo", "snippet", "official", "draft", "presence", "preference", "tally")
_PEOPLES: Final = {"draft": "{author}", "presence": "{value,operator}", "preference": "{key}", "tally": "{operator}"}
"""Tables whose rows are one person's, and where their name stands."""
_SERVICES: Final = (*_ADDED, *_CHANGED, "message", "mark", "quarantine", "lease", "gap")
_GONE: Final = ("draft", "presence")
"""Tables whose rows people also remove."""


def grants(url: str, prefix: str = PREFIX) -> str:
    """Return the statements that give an inbox to an owner, and to its roles what each of them may.

    Args:
        url: Of the inbox; nothing is asked there.
        prefix: In front of the names of all roles, where a server has several inboxes.

    Raises:
        ValueError: No schema can have that name.
    """
    terms = PostgresTerms(parted(url)[1])
    names = {role: named(prefix + role) for role in (*Role, _OWNER)}
    people = ", ".join(names[role] for role in PEOPLE)
    text = files("store").joinpath("sql", "grants.sql").read_text("utf-8")
    return Template(text).substitute(
        {role: name for role, name in names.items() if role in {Role.OPERATOR, Role.SERVICE, _OWNER}},
        schema=terms.schema,
        schema_text=quoted(parted(url)[1]),
        every_role=_texts(prefix + role for role in (*Role, _OWNER)),
        owner_text=quoted(prefix + _OWNER),
        service_text=quoted(prefix + Role.SERVICE),
        supervisor_text=quoted(prefix + Role.SUPERVISOR),
        people=people,
        operator_name=prefix + Role.OPERATOR,
        event=terms.table_name("event"),
        event_text=quoted(terms.relation("event")),
        payload=terms.table_name("payload"),
        presence_text=quoted(terms.relation("presence")),
        head=terms.table_name("head"),
        grants="\n".join(_grants(terms, people, names[Role.SERVICE])),
        may=_cases({action: tuple(prefix + role for role in roles) for action, roles in ACTIONS.items()}),
        makes=_cases({action: tuple(sorted(events)) for action, events in WRITTEN_BY.items()}),
        case_actions=_texts(_OF_CASES),
        not_content=f"ARRAY[{_texts(_NOT_CONTENT)}]",
        triggers="\n".join(_triggers(terms)),
    )


def _texts(texts: Iterable[str]) -> str:
    return ", ".join(map(quoted, texts))


def _cases(found: Mapping[str, tuple[str, ...]]) -> str:
    return "\n".join(f"    WHEN {quoted(key)} THEN ARRAY[{_texts(texts)}]" for key, texts in found.items())


def _grants(terms: PostgresTerms, people: str, service: str) -> Iterable[str]:
    """Return what may be written; everything may be read."""
    for table in ("event", "payload", "head"):
        yield f"GRANT INSERT (id, body) ON {terms.table_name(table)} TO {people}, {service};"
    yield f"GRANT UPDATE (body) ON {terms.table_name('head')} TO {people}, {service};"
    yield f"GRANT UPDATE (body) ON {terms.table_name('message')} TO {people};"
    for table in (*_ADDED, *_CHANGED):
        yield f"GRANT INSERT (id, body) ON {terms.table_name(table)} TO {people};"
    for table in _CHANGED:
        yield f"GRANT UPDATE (body) ON {terms.table_name(table)} TO {people};"
    for table in _GONE:
        yield f"GRANT DELETE ON {terms.table_name(table)} TO {people};"
    for table in _SERVICES:
        yield f"GRANT INSERT (id, body), UPDATE (body) ON {terms.table_name(table)} TO {service};"
    for table in (*_GONE, "mark", "lease"):
        yield f"GRANT DELETE ON {terms.table_name(table)} TO {service};"
    yield f"GRANT INSERT (id, body) ON {terms.table_name('seal')} TO {service};"


def _triggers(terms: PostgresTerms) -> Iterable[str]:
    schema, late = terms.schema, "DEFERRABLE INITIALLY DEFERRED"
    yield from _trigger(schema, "event", terms.table_name("event"), "INSERT", "")
    yield from _trigger(schema, "payload", terms.table_name("payload"), "INSERT", late)
    yield from _trigger(schema, "whole", terms.table_name("event"), "INSERT", late)
    yield from _trigger(schema, "whole", terms.table_name("head"), "INSERT OR UPDATE", late)
    for table in TABLES.values():
        yield from _trigger(schema, "row", terms.table_name(table), "INSERT OR UPDATE", late, table)
    for table, place in _PEOPLES.items():
        yield from _trigger(schema, "own", terms.table_name(table), "INSERT OR UPDATE OR DELETE", "", place)
    for name, when in (("store", "UPDATE"), ("tables", "UPDATE"), ("writers", "INSERT OR UPDATE OR DELETE")):
        yield from _trigger(schema, "counted", f"{schema}.majlis_{name}", when, "")


def _trigger(schema: str, name: str, table: str, when: str, late: str, *args: str) -> Iterable[str]:
    kind = "CONSTRAINT TRIGGER" if late else "TRIGGER"
    yield f"DROP TRIGGER IF EXISTS majlis_{name} ON {table};"
    yield (
        f"CREATE {kind} majlis_{name} AFTER {when} ON {table} {late} "
        f"FOR EACH ROW EXECUTE FUNCTION {schema}.majlis_{name}({_texts(args)});"
    )
