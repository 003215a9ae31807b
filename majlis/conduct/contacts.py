"""The official contacts: what may be published (POLICY D13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """An allowlist; whatever is not in it, exactly, is not official."""

    name_ar: str = ""
    name_en: str = ""
    domains: tuple[str, ...] = ()
    """Lower case. A domain of mail stands for itself; a link's domain also for `www.` and its other subdomains."""
    emails: tuple[str, ...] = ()
    """Role mailboxes, lower case. The first is the one proposed in place of another."""
    phones: tuple[str, ...] = ()
    """As written in the profile; compared in E.164 form. The first is the one proposed."""
    emergency_numbers: tuple[str, ...] = ()
    """Short numbers, ASCII digits."""
    po_boxes: tuple[str, ...] = ()
    """ASCII digits."""
    handles: tuple[str, ...] = ()
    """Lower case, without the `@`; the ministry's own."""
    partner_handles: tuple[str, ...] = ()
    """The same, of partners."""
    pages: tuple[str, ...] = ()
    """Host and path, lower case, without scheme, `www.` and trailing slash."""
    default_region: str = "AE"
    """ISO country of numbers written without a country code."""

    def is_official_handle(self, handle: str) -> bool:
        """Tell whether a handle, with or without `@`, belongs to the ministry or a partner."""
        bare = handle.lstrip("@").lower()
        return bare in self.handles or bare in self.partner_handles

    def is_official_host(self, host: str) -> bool:
        """Tell whether a link's host is an official domain or lies under one."""
        host = host.lower().rstrip(".")
        return any(host == domain or host.endswith("." + domain) for domain in self.domains)

    def with_added(self, kind: str, value: str) -> Contacts:
        """Return the allowlist with one contact more, in the form its kind is compared in.

        Raises:
            ValueError: There is no such kind, or the value is empty; the message names it.
        """
        if kind not in _LISTS:
            raise ValueError(f"{kind}: unknown field")
        if not value.strip():
            raise ValueError(f"{kind}: empty")
        added: tuple[str, ...] = getattr(contacts_from({kind: [value]}), kind)
        known: tuple[str, ...] = getattr(self, kind)
        return self if set(added) <= set(known) else replace(self, **{kind: (*known, *added)})  # type: ignore[arg-type]  # all of `_LISTS` are lists of texts


_LISTS: Final = ("domains", "emails", "phones", "emergency_numbers", "po_boxes", "handles", "partner_handles", "pages")
_FIELDS: Final = frozenset({*_LISTS, "organisation", "default_region"})


def contacts_from(data: Mapping[str, Any]) -> Contacts:
    """Decode contacts from their JSON form.

    Fields, all optional: `organisation` (a table of `ar` and `en`), `domains`, `emails`, `phones`,
    `emergency_numbers`, `po_boxes`, `handles`, `partner_handles`, `pages` (lists of texts), `default_region`.

    Raises:
        ValueError: A field is unknown or of the wrong kind; the message names it.
    """
    if not isinstance(data, Mapping):
        raise ValueError("contacts: not a table")  # noqa: TRY004  one kind of error for wrong data
    for name in data:
        if name not in _FIELDS:
            raise ValueError(f"{name}: unknown field")
    organisation = data.get("organisation", {})
    if not isinstance(organisation, Mapping):
        raise ValueError("organisation: not a table")  # noqa: TRY004  one kind of error for wrong data
    lists = {name: _texts(name, data.get(name, [])) for name in _LISTS}
    return Contacts(
        name_ar=_text("organisation.ar", organisation.get("ar", "")),
        name_en=_text("organisation.en", organisation.get("en", "")),
        domains=_lower(lists["domains"]),
        emails=_lower(lists["emails"]),
        phones=lists["phones"],
        emergency_numbers=lists["emergency_numbers"],
        po_boxes=lists["po_boxes"],
        handles=tuple(each.lstrip("@") for each in _lower(lists["handles"])),
        partner_handles=tuple(each.lstrip("@") for each in _lower(lists["partner_handles"])),
        pages=tuple(page_address(each) for each in lists["pages"]),
        default_region=_text("default_region", data.get("default_region", "AE")).upper(),
    )


def page_address(link: str) -> str:
    """Return host and path of a link in the form pages are compared in: no scheme, `www.`, query, last slash."""
    bare = link.strip().lower()
    for scheme in ("https://", "http://"):
        bare = bare.removeprefix(scheme)
    for prefix in ("www.", "m.", "mobile."):
        bare = bare.removeprefix(prefix)
    path, _, query = bare.partition("#")[0].partition("?")
    if path.endswith(".php"):  # there the query says whose page it is
        return f"{path}?{query}"
    return path.rstrip("/")


def _lower(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each.lower() for each in texts)


def _texts(name: str, data: Any) -> tuple[str, ...]:
    if not isinstance(data, list | tuple):
        raise ValueError(f"{name}: {data!r} is not a list")  # noqa: TRY004  one kind of error for wrong data
    return tuple(_text(f"{name}[{index}]", each) for index, each in enumerate(data))


def _text(name: str, data: Any) -> str:
    if not isinstance(data, str):
        raise ValueError(f"{name}: {data!r} is not a text")  # noqa: TRY004  one kind of error for wrong data
    return data
