"""Keeps book of who and what exists while a script is read, so that nothing happens to what does not."""

from __future__ import annotations

from majlis.message import Network, ObjectKind

from .mistakes import nearest
from .rows import About, Arrive, Delete, Edit, Header, Hide, Unhide

OURS = "re:"
"""Before the id of a message: our latest answer to it."""
OPERATOR = "operator"
"""Who sits at the screen of a scenario that names nobody."""


class Absent(Exception):
    """Somebody or something that is not there: which field names it, and what would be right."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


class Book:
    """Accounts, operators and messages, as far as the script has come."""

    def __init__(self, header: Header) -> None:
        self.is_wire = header.network == "wire"
        self._accounts = {account.id: account.network for account in header.accounts}
        self._operators = [operator.id for operator in header.operators] or [OPERATOR]
        self._arrived: dict[str, set[str]] = {name: set() for name in self._accounts}
        self._present: dict[str, set[str]] = {name: set() for name in self._accounts}
        self._hidden: dict[str, set[str]] = {name: set() for name in self._accounts}

    def account(self, name: str, field: str = "account") -> None:
        """Make sure that an account is in the header.

        Raises:
            Absent: It is not.
        """
        if name not in self._accounts:
            raise Absent(field, f"unknown account {name!r}; {nearest(name, self._accounts)}")

    def operator(self, name: str, field: str = "operator") -> None:
        """Make sure that an operator is in the header.

        Raises:
            Absent: They are not.
        """
        if name not in self._operators:
            raise Absent(field, f"unknown operator {name!r}; {nearest(name, self._operators)}")

    def message(self, about: About, place: str) -> None:
        """Make sure that a message has arrived, and that it is clear which one is meant.

        Raises:
            Absent: It has not, or two accounts have one.
        """
        if about.account is not None:
            self.account(about.account, f"{place}.account")
        if self.is_wire:  # its messages are in the services' bodies
            return
        name = about.id.removeprefix(OURS)
        places = [about.account] if about.account is not None else list(self._accounts)
        having = [each for each in places if name in self._arrived[each]]
        if not having:
            known = {each for there in places for each in self._arrived[there]}
            raise Absent(f"{place}.id", f"{name!r} is not there; {nearest(name, known)}")
        if len(having) > 1:
            raise Absent(f"{place}.id", f"{name!r} is in {' and '.join(having)}; name the account")

    def happened(self, what: Arrive | Edit | Delete | Hide | Unhide) -> None:
        """Take down what a network does.

        Raises:
            Absent: It cannot happen.
        """
        present, hidden, name = self._present[what.account], self._hidden[what.account], what.id
        if isinstance(what, Arrive):
            self._arrive(what)
            return
        if name not in present:
            raise Absent("id", f"{name!r} is not there; {nearest(name, present)}")
        if isinstance(what, Delete):
            present.discard(name)
            hidden.discard(name)
        elif isinstance(what, Hide):
            if name in hidden:
                raise Absent("id", f"{name!r} is hidden already")
            hidden.add(name)
        elif isinstance(what, Unhide):
            if name not in hidden:
                raise Absent("id", f"{name!r} is not hidden; {nearest(name, hidden)}")
            hidden.discard(name)

    def _arrive(self, what: Arrive) -> None:
        if what.id in self._arrived[what.account]:
            raise Absent("id", f"{what.id!r} has arrived already")
        if not what.id or what.id.startswith(OURS):
            raise Absent("id", f"an id is not empty, and does not begin with {OURS!r}")
        if what.object is ObjectKind.PRIVATE and self._accounts[what.account] is Network.YOUTUBE:
            raise Absent("object", "YouTube has no private messages; nearest is 'comment'")
        self._arrived[what.account].add(what.id)
        self._present[what.account].add(what.id)
