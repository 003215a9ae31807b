"""Histories as real inboxes have them: made by the real loops and desks, by chance, over a played network."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from connectors.clock import SeededIds
from connectors.poller import Poller
from connectors.scenario import ScenarioConnector, load
from connectors.scenario.history import Wanted, told_of
from connectors.scenario.recording import Recording, Setting, recorded
from connectors.sender import Sender
from majlis import commands
from majlis.desk import Desk
from majlis.dispatch import Dispatch
from majlis.errors import MajlisError
from majlis.intake import Intake
from majlis.lookout import Lookout
from majlis.message import Message
from majlis.policy import Operator, Role
from majlis.ports import Store, View, ViewName
from majlis.states import UNDER_WAY
from tests.builders import AT, CONTACTS, HandClock, policy
from tui import profile

Rows = dict[str, Any]
ACCOUNTS = [
    {"id": "page", "network": "facebook", "name": "Sample Ministry of Health", "handle": "moh_sample"},
    {"id": "moh", "network": "x", "name": "Sample Ministry of Health", "handle": "moh_sample"},
    {"id": "tube", "network": "youtube", "name": "Sample Ministry of Health", "handle": "moh_sample"},
]
STEP = timedelta(seconds=7)
PEOPLE: tuple[Rows, ...] = (
    {"id": "77001", "handle": "maha_sample", "name": "مها الزعابي"},
    {"id": "77002", "handle": "john_doe77", "name": "John Doe"},
    {"id": "77003", "name": "أم سالم"},
    {},
)
TEXTS = (
    "متى يفتح المركز؟",  # Arabic: when does the centre open?
    "اتصلوا بي على 0501234567 لو سمحتم، أنا مها",  # Arabic: call me on …, I am Maha
    "My e-mail is john.doe@clinic-mail.com and I was charged twice",
    "شكرا لكم",  # Arabic: thank you
    "@moh_sample is the vaccine free? @john_doe77 asked too",
    "أفكر أن أؤذي نفسي",  # Arabic: I think of hurting myself
)
ANSWERS = (
    "المركز مفتوح من الثامنة صباحاً.",
    "شكراً لتواصلكم، التطعيم مجاني في جميع المراكز.",
    "Thank you for your patience.",
)


class Making:
    """An inbox in which things happen by chance."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self.clock = HandClock(AT)
        self.ids = SeededIds(seed)
        self.policy = policy(
            triage=profile.reader_of(policy().rules, policy().contacts),
            accounts={},
        )
        self.operators = {
            name: Desk(
                store=store,
                clock=self.clock,
                ids=self.ids,
                policy=self.policy,
                operator=Operator(name=name, roles=frozenset({role}), terminal="test"),
            )
            for name, role in (("salem", Role.OPERATOR), ("huda", Role.OPERATOR), ("nora", Role.CUSTOMER_SERVICE))
        }

    async def live(self, steps: int) -> None:
        """Let that many steps of seven seconds, and some longer ones, pass."""
        script = load([json.dumps(row, ensure_ascii=False) for row in self._script(steps)])
        connectors = [ScenarioConnector(account, script, self.clock) for account in script.header.accounts]
        lookout = Lookout(store=self.store, clock=self.clock, ids=self.ids, version="1")
        poller = Poller(connectors, self.store, self.clock, Intake(self.policy), lookout=lookout)
        dispatch = Dispatch(store=self.store, clock=self.clock, ids=self.ids, policy=self.policy)
        sender = Sender(connectors, self.store, self.clock, dispatch)
        for _ in range(steps):
            if self.chance.random() < 0.5:
                for account in script.header.accounts:
                    poller.prompt(account.id)
            await poller.run_once()
            for _ in range(self.chance.randint(0, 3)):
                with suppress(MajlisError):  # not from here, not by them, or not now
                    await self._act()
                await sender.run_once()
                self.clock.at += timedelta(seconds=self.chance.choice((0, 0.4, 1)))
            await self._pass(sender, STEP if self.chance.random() < 0.9 else timedelta(minutes=12))

    async def _pass(self, sender: Sender, time: timedelta) -> None:
        """Let time pass; the sender looks every second while something is under way, and else twice a minute."""
        until = self.clock.at + time
        while self.clock.at < until:
            waiting = await self.store.entries(UNDER_WAY)
            self.clock.at = min(until, self.clock.at + timedelta(seconds=1 if waiting else 30))
            await sender.run_once()

    def _script(self, steps: int) -> list[Rows]:
        """Return what happens on the networks, by chance."""
        chance, rows = self.chance, list[Rows]()
        there: list[tuple[str, str]] = []
        at = 0.0
        for number in range(steps):
            at += chance.choice((1, 7, 20))
            what = chance.random()
            when = {"at": f"+{int(at) // 3600:02}:{int(at) // 60 % 60:02}:{int(at) % 60:02}"}
            if what < 0.6 or not there:
                account = chance.choice(ACCOUNTS)
                name = f"9{number:03}{chance.randint(100, 999)}"
                row: Rows = {**when, "do": "arrive", "account": account["id"], "id": name, "text": chance.choice(TEXTS)}
                row |= {"object": "post" if account["network"] == "x" else "comment"}
                row |= {"thread": chance.choice(("t1", "t2", name)), "author": chance.choice(PEOPLE)}
                if account["network"] == "facebook" and chance.random() < 0.3:
                    row |= {"object": "private", "thread": "t9"}
                if chance.random() < 0.3:
                    row["created"] = f"-{chance.randint(0, 20):02}:00:00"
                rows.append(row)
                there.append((str(account["id"]), name))
            elif what < 0.75:
                account_id, name = chance.choice(there)
                rows.append({**when, "do": "edit", "account": account_id, "id": name, "text": chance.choice(TEXTS)})
            elif what < 0.85:
                account_id, name = there.pop(chance.randrange(len(there)))
                rows.append({**when, "do": "delete", "account": account_id, "id": name})
            else:
                kind = chance.choice(("busy", "forbidden", "cut", "error"))
                fault: Rows = {
                    **when,
                    "do": "fault",
                    "account": chance.choice(ACCOUNTS)["id"],
                    "kind": kind,
                    "on": "write",
                }
                rows.append({**fault, "accepted": chance.random() < 0.5, "wait_s": 20})
        header = {"scenario": 1, "name": "history", "start": AT.isoformat(), "accounts": ACCOUNTS}
        return [header, *rows]

    async def _act(self) -> None:
        """Let somebody do something about something."""
        window = await self.store.window(View(name=ViewName.ALL, operator="salem"), limit=50)
        messages = [row.message for row in window.rows if row.message is not None]
        if not messages:
            return
        message, chance = self.chance.choice(messages), self.chance
        if message.standing.case is not None and chance.random() < 0.5:
            await self._casework(message.standing.case)
            return
        desk = self.operators[chance.choice(("salem", "huda"))]
        await chance.choice(self._deeds(desk, message))()

    def _deeds(self, desk: Desk, message: Message) -> list[Callable[[], Awaitable[object]]]:
        key, chance = message.key, self.chance
        asked: list[commands.Command] = [
            commands.Claim(key=key),
            commands.Claim.taking_over(message, "the colleague is at lunch"),
            commands.Release(key=key),
            commands.Reply(key=key, text=f"{chance.choice(ANSWERS)} {chance.randint(1, 9)}"),
            commands.Reply(key=key, text=chance.choice(ANSWERS)),
            commands.Escalate(key=key, note="اتصلوا بمها على 0501234567"),
            commands.Urgent(key=key, note="John"),
            commands.Done(key=key),
            commands.Snooze(key=key, until=self.clock.at + timedelta(minutes=chance.randint(1, 30))),
            commands.WriteMemo(key=key, text="John Doe asked before"),
            commands.Tag(key=key, add=(chance.choice(("vaccine", "payment")),)),
            commands.CorrectTriage(key=key, category="inquiry", urgency=None, reason="payment"),
            commands.Hide(key=key, hidden=chance.random() < 0.7),
            commands.Delete(key=key),
            commands.Edit(key=key, text=f"{chance.choice(ANSWERS)} +"),
            commands.TakeBack(key=key),
            commands.TakeBack(),
        ]
        return [lambda each=each: desk.do(each) for each in asked]  # type: ignore[misc]  # bound as a default

    async def _casework(self, case: str) -> None:
        step = self.chance.choice(
            (
                commands.Acknowledge(case=case),
                commands.AskBack(case=case, text="Which centre was it?"),
                commands.AnswerCase(case=case, text="John Doe has got the money back."),
                commands.ReturnCase(case=case, text="Not ours."),
                commands.CloseCase(case=case),
            )
        )
        await self.operators["nora"].do(step)

    def setting(self, key: bytes = b"a key of sixteen") -> Setting:
        """Return what a recording takes along."""
        return Setting(policy=self.policy, accounts={}, profile=CONTACTS, key=key, language="en")

    async def recorded(self, **wanted: Any) -> Recording:
        """Record it."""
        return recorded(await told_of(self.store, Wanted(until=self.clock.at, **wanted)), self.setting())
