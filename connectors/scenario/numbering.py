"""New names for accounts, messages, threads and people: numbered in their order, and telling nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from typing import Final

from majlis.message import Message, MessageKey, Network, ObjectKind, queue_order, tie_break

_SHORT: Final = {Network.FACEBOOK: "fb", Network.X: "x", Network.YOUTUBE: "yt"}
MOST_EQUAL: Final = 2000
"""Equally urgent messages whose order is kept; finding names for more takes seconds."""
_RANGE: Final = 16**12
"""Of `tie_break`, which has twelve hexadecimal digits."""


class Numbering:
    """Gives names; the same thing always gets the same one."""

    def __init__(self) -> None:
        self.accounts: dict[str, str] = {}
        self.networks: dict[str, Network] = {}
        """Of each of our accounts, by its real name."""
        self._messages: dict[tuple[str, str], str] = {}
        self._others: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self.disordered = 0
        """Messages whose place among equally urgent ones may be another."""

    def _next(self, prefix: str) -> str:
        self._counts[prefix] = count = self._counts.get(prefix, 0) + 1
        return f"{prefix}-{count}"

    def account(self, real: str, network: Network) -> str:
        """Return the name of one of our accounts."""
        if real not in self.accounts:
            self.accounts[real] = self._next(f"our-{network}")
            self.networks[real] = network
        return self.accounts[real]

    def name_all(self, messages: Iterable[Message]) -> None:
        """Name messages in order of time, so that those equally urgent keep their order in the lists."""
        ordered = sorted(messages, key=lambda m: (m.created_at, len(m.key.native_id), m.key.native_id))
        plain = {message.key: self._next(_SHORT[message.key.network]) for message in ordered}
        in_lists = sorted(ordered, key=queue_order)
        for _, tied in groupby(in_lists, key=lambda message: queue_order(message).rpartition("|")[0]):
            group = list(tied)
            if len(group) > MOST_EQUAL:
                self.disordered += len(group)
                group = []
            for place, message in enumerate(group if len(group) > 1 else []):
                plain[message.key] = self._placed(message.key, plain[message.key], place, len(group))
        for key, name in plain.items():
            self._messages[key.account, key.native_id] = name

    def name(self, message: Message) -> None:
        """Name a message as it comes."""
        key = message.key
        if not self.knows(key.account, key.native_id):
            self._messages[key.account, key.native_id] = self._next(_SHORT[key.network])

    def knows(self, account: str, real: str) -> bool:
        """Whether a message has been named."""
        return (account, real) in self._messages

    def _placed(self, key: MessageKey, name: str, place: int, places: int) -> str:
        """Return a name with a second number, by which it sorts into its place among equals."""
        account = self.account(key.account, key.network)
        kind = ObjectKind.POST if key.network is Network.X and key.object is ObjectKind.COMMENT else key.object
        low, high = _RANGE * place // places, _RANGE * (place + 1) // places
        number = 0
        while True:
            made = name if number == 0 else f"{name}-{number}"
            if low <= int(tie_break(replace(key, account=account, object=kind, native_id=made)), 16) < high:
                return made
            number += 1

    def message(self, account: str, real: str) -> str:
        """Return the name of a message, or of one that is not among those named."""
        return self._messages.get((account, real)) or self.other("m", f"{account}\n{real}")

    def thread(self, account: str, real: str) -> str:
        """Return the name of a thread: that of its first message, where that is known."""
        return self._messages.get((account, real)) or self.other("t", f"{account}\n{real}")

    def person(self, network: Network, real: str | None) -> str | None:
        """Return the name that a network has for a person."""
        return None if real is None else self.other("u", f"{network}\n{real}")

    def other(self, prefix: str, real: str) -> str:
        """Return a name for anything else."""
        if (prefix, real) not in self._others:
            self._others[prefix, real] = self._next(prefix)
        return self._others[prefix, real]
