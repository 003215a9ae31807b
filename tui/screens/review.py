"""The last look before words go out: account, who reads them, whom they answer, what the rules say, whether it is open.

It is reached by Esc, and a paste that a slow line has split must not press its keys: pastes are ignored here, and keys
count only after a moment of quiet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar, Final

from textual.strip import Strip

from majlis.commands import Override, OverrideReason, Release, Reply, changing
from majlis.conduct import Severity
from majlis.errors import MajlisError
from majlis.judging import warned
from majlis.moderation import OFFERED
from majlis.policy import Role
from majlis.ports import Capability
from majlis.states import MessageState
from majlis.windows import Door
from tui.company import holder_of, lost_text
from tui.keymap import Key, Keymap, Place, bindings
from tui.language import N_, _, code, from_right, ngettext, word
from tui.screens.acting import ask_take_over, help_parts
from tui.screens.dialogs import AskScreen, LineScreen, PickScreen, ReadScreen
from tui.screens.place import PlaceScreen
from tui.times import when
from tui.widgets.lines import Lines, one_row, paragraphs, ui_field
from tui.widgets.rows import FULL_NAMES
from tui.windows import window_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual import events
    from textual.binding import BindingType
    from textual.widget import Widget

    from majlis.commands import Claim as ClaimCommand
    from majlis.conduct import Finding
    from majlis.message import Claim, Message
    from majlis.outcome import Outcome, Review

QUIET_S: Final = 0.25
"""Seconds without a key until keys count."""
_NAMED: Final = 28
"""Characters of a marked text that its finding repeats; enough for a number, an address, a link's host."""
OVERRIDE_NOTE: Final = 10
"""Characters an override's note has at least (D9)."""

SEVERITIES: Final = {
    Severity.BLOCK: N_("stops it"),
    Severity.WARN: N_("warning"),
    Severity.REMIND: N_("reminder"),
}


class Way(Enum):
    """How a review ends."""

    EDIT = auto()
    KEEP = auto()
    DISCARD = auto()
    SENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a review leads to."""

    way: Way
    acknowledged: tuple[str, ...]
    stamp: str | None
    read: tuple[str, ...] = ()
    """Rules that have spoken about this draft."""
    outcome: Outcome | None = None


class ReviewScreen(PlaceScreen[Chosen]):
    """Looks at one text, as the sender will."""

    PLACE = Place.REVIEW
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.REVIEW)]

    def __init__(
        self,
        message: Message,
        text: str,
        acknowledged: tuple[str, ...],
        stamp: str | None,
        *,
        read: tuple[str, ...] = (),
        override: Override | None = None,
        seconds: Callable[[], float] | None = None,
    ) -> None:
        """Take the text.

        Args:
            message: What it answers.
            text: Byte for byte what would go out.
            acknowledged: Rules whose warnings were confirmed before.
            stamp: What the thread looked like when writing began; None: as it is now.
            read: Rules that have spoken about this draft before; their reminders do not speak again (D20).
            override: What `o` says without asking, on the urgent path.
            seconds: A steady count of seconds; the event loop's own where none is given.
        """
        super().__init__()
        self.body = Lines(id="middle")
        self._message = message
        self._text = text
        self._acknowledged = acknowledged
        self._stamp = stamp
        self._read_before = read
        self._read = read
        self._override = override
        self._seconds = seconds
        self._last_stroke = 0.0
        self._is_armed = False
        self._review: Review | None = None
        self._thread_changed = False
        self._private = False
        self._text_rows = 0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the rules have to say, the most severe first; nothing before the text was looked at."""
        return () if self._review is None else self._review.findings

    def middle(self) -> Widget:
        """Return the lines."""
        return self.body

    def title_text(self) -> str:
        """Return the name of the place."""
        return _("Review")

    def footer_keys(self) -> list[Key]:
        """Return the keys that do something here: what is lost is not sent, an override needs closed doors."""
        closed = self._review is not None and not self._review.gate.open
        useless: set[str] = set()
        if self._holder() is None:
            useless.add("take_over")
        if self._review is not None and self._lost(self._review):
            useless |= {"send", "override", "reach"}
        if not closed:
            useless.add("override")
        if not self._has_reach():
            useless.add("reach")
        return [key for key in super().footer_keys() if key.id not in useless]

    def _holder(self) -> Claim | None:
        """Return the claim of a colleague who holds the message."""
        if self._review is None:
            return None
        return holder_of(self._review.message, self.session.operator.name, self.session.clock.now())

    def _is_reply(self) -> bool:
        """Whether it is new words, and no change of an answer of ours."""
        return not self._message.ours or self._message.is_own_post

    def _has_reach(self) -> bool:
        """Whether it can go to everybody, or to the writer alone."""
        is_of_the_public = self._message.public and not self._message.ours
        return is_of_the_public and Capability.PRIVATE_REPLY in OFFERED[self._message.key.network]

    async def on_mount(self) -> None:
        """Look."""
        self._last_stroke = self._count()
        await self._look()

    def _count(self) -> float:
        return self._seconds() if self._seconds is not None else asyncio.get_running_loop().time()

    async def _look(self) -> None:
        try:
            self._review = await self.session.desk.review(
                self._message.key, self._text, self._acknowledged, self._read_before, private=self._private
            )
        except MajlisError as error:
            self.majlis.tell_problem(error)
            if self.is_active:  # a question that lies on it is answered first
                self._end(Way.EDIT)
            return
        if self._stamp is not None and self._review.stamp != self._stamp:
            self._thread_changed = True
        # What has changed is on the screen from here on, so it has been seen.
        self._stamp = self._review.stamp
        news = [finding for finding in self._review.in_sight if finding.rule not in self._read]
        self._read = (*self._read, *(finding.rule for finding in news))
        try:
            await self.session.desk.showed(news)
        except MajlisError as error:
            self.majlis.tell_problem(error)  # what is not counted is shown all the same
        self.redraw()

    async def changed(self, keys: frozenset[str]) -> None:
        """Look again when the message or its thread may have changed."""
        if any(key.startswith(f"{self._message.key.network}:{self._message.key.account}:") for key in keys):
            await self._look()

    async def minute(self) -> None:
        """Look again: hours pass."""
        await self._look()

    # ------------------------------------------------------------------------------------------------------------- keys

    async def on_key(self, event: events.Key) -> None:
        """Swallow keys until there was a moment of quiet; what begins as a paste must not end as a command."""
        now = self._count()
        if not self._is_armed:
            self._is_armed = now - self._last_stroke >= QUIET_S
            self._last_stroke = now
        if not self._is_armed:
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Ignore it; whatever follows at once belongs to it."""
        event.stop()
        event.prevent_default()
        self._is_armed = False
        self._last_stroke = self._count()

    # ---------------------------------------------------------------------------------------------------------- drawing

    def redraw(self) -> None:
        """Draw everything for this size, language and theme."""
        super().redraw()
        if self.is_attached and self._review is not None:
            self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        if self._review is None or not self.body.size.height:
            return
        width, height = self.body.size
        lines = self._lines(self._review, width)
        if len(lines) > height:
            # The words are longest; they give way, and the editor has them whole.
            lines = self._lines(self._review, width, most=max(height - (len(lines) - self._text_rows), 1))
        self.body.put(lines[:height])

    def _lines(self, review: Review, width: int, most: int | None = None) -> list[Strip]:
        message = review.message
        account = f"{message.key.account} · {_(FULL_NAMES[message.key.network])}"
        reach = _("Private: only this person reads it") if review.private else _("PUBLIC: everybody can read it")
        rows = [
            self._row(_("From"), account, width),
            self._row(_("Reach"), reach, width, None if review.private else "warn"),
            self._row(_("To"), self._addressee(message), width),
        ]
        if message.standing.barred and message.public:
            rows += paragraphs(word("ways_out"), width, style="warn")
        question = paragraphs(message.text, width - 2, ui=False)
        label = _("Our post") if message.is_own_post else _("So far") if message.ours else _("Question")
        rows += [self._row(label, "", width), *_inset(question[:3])]
        if self._thread_changed:
            rows += paragraphs(
                _("The thread has changed since you began to write; look at it once more."), width, style="warn"
            )
        head = _("{length} of {limit} as the network counts", length=review.length, limit=review.limit)
        rows.append(self._row(_("Answer"), head, width, "block" if review.length > review.limit else None))
        spans = [(f.start, f.end, "finding") for f in review.findings if f.start is not None and f.end is not None]
        words = paragraphs(self._text, width - 2, ui=False, spans=spans) if self._text.strip() else []
        self._text_rows = len(words)
        rows += _inset(words if most is None else words[:most])
        if most is not None and len(words) > most:
            rows[-1] = _inset(paragraphs("…", width - 2, ui=False))[0]
        rows.append(one_row([ui_field("")], width))
        rows += self._finding_lines(review, width)
        lost = self._lost(review)
        rows += paragraphs(lost, width, style="problem") if lost else self._outlook(review, width)
        rows += paragraphs(self._verdict(review), width, style="notice")
        return rows

    def _outlook(self, review: Review, width: int) -> list[Strip]:
        """Say when it would go out, and until when it may."""
        rows = paragraphs(self._hours_text(review), width)
        if review.window is not None:
            shut = review.window.door(review.due_at) is Door.SHUT
            said = window_text(review.window, review.due_at, self._when)
            rows += paragraphs(said, width, style="warn" if shut else "quiet")
        claim = review.message.standing.claim
        if claim is not None:
            said = _("{name} holds the claim until {at}.", name=claim.holder, at=self._when(claim.until))
            if claim.holder == self.session.operator.name:
                said = _("You hold it until {at}.", at=self._when(claim.until))
            rows += paragraphs(said, width, style="quiet")
        return rows

    def _addressee(self, message: Message) -> str:
        """Say whom it answers."""
        if message.is_own_post:
            return _("nobody in particular: it stands below our own post")
        name = message.author.shown() or _("unknown person")
        handle = f"@{message.author.handle}" if message.author.handle and message.author.name else ""
        return f"{name} {handle}".strip()

    def _row(self, label: str, text: str, width: int, style: str | None = None) -> Strip:
        return one_row([ui_field(label, 9, "head"), ui_field(text, None, style)], width)

    def _finding_lines(self, review: Review, width: int) -> list[Strip]:
        rules = self.session.desk.policy.rules
        numbers = {rule: n for n, rule in enumerate(warned(review.findings), start=1)}
        lines: list[Strip] = []
        for finding in review.in_sight:
            said = rules.text(finding, code(), **finding_facts(self.majlis.keymap, finding, ["keep"]))
            text = " ".join(part for part in (self._mark(finding, numbers), self._named(finding), said) if part)
            lines += paragraphs(text, width, style=str(finding.severity))
        return lines

    def _named(self, finding: Finding) -> str:
        """Return the words a finding is about, in quotation marks, as many as still name them."""
        if finding.start is None or finding.end is None:
            return ""
        words = " ".join(self._text[finding.start : finding.end].split())
        words = words if len(words) <= _NAMED else words[: _NAMED - 1] + "…"
        return _("“{text}”", text=f"\N{FIRST STRONG ISOLATE}{words}\N{POP DIRECTIONAL ISOLATE}")

    def _mark(self, finding: Finding, numbers: dict[str, int]) -> str:
        label = _(SEVERITIES[finding.severity])
        if finding.severity is Severity.WARN:
            if finding.rule in self._acknowledged:
                return f"[{_('confirmed')}]"
            return f"[{numbers[finding.rule]} {label}]"
        return f"[{label}]"

    def _when(self, at: datetime) -> str:
        return when(at, self.session.clock.now(), self.session.desk.policy.hours)

    def _hours_text(self, review: Review) -> str:
        if not review.gate.open:
            return _("Service hours are over. It waits for the opening: {at}.", at=self._when(review.gate.next_open))
        hold = self.session.desk.policy.hold.total_seconds()
        if review.hold_shortened:
            return _("Open, but closing: it goes out in the last open second, and there is less time to call it back.")
        return ngettext(
            "Open. After s it is held for {n} second, and u calls it back.",
            "Open. After s it is held for {n} seconds, and u calls it back.",
            round(hold),
        )

    def _lost(self, review: Review) -> str:
        """Say who has the message now, where it is a colleague."""
        return lost_text(review.message, self.session.operator.name, self.session.clock.now(), self._text)

    def _verdict(self, review: Review) -> str:
        send = self.majlis.keymap.by_id("send").shown()
        if self._lost(review):
            return self._ways_out()
        if not self._text.strip():
            return _("There is no text yet; e goes on writing.")
        if review.blocked:
            return _("It cannot go out as it is; e goes on writing.")
        if review.unconfirmed:
            return ngettext(
                "{n} warning waits: its number confirms it.",
                "{n} warnings wait: their numbers confirm them.",
                len(review.unconfirmed),
            )
        if not review.gate.open:
            return _("{key} queues it for the opening.", key=send)
        return _("{key} sends it.", key=send)

    def _ways_out(self) -> str:
        """Say what can be done about an answer whose message somebody else has."""
        keys = {name: self.majlis.keymap.by_id(name).shown() for name in ("take_over", "keep")}
        if self._holder() is not None:
            return _("It cannot go out now: {take_over} takes the message over again with a reason, {keep} goes back.",
                     **keys)  # fmt: skip
        return _("It cannot go out from here; {keep} goes back.", keep=keys["keep"])

    # ---------------------------------------------------------------------------------------------------------- choices

    def _end(self, way: Way, outcome: Outcome | None = None) -> None:
        self.dismiss(
            Chosen(way=way, acknowledged=self._acknowledged, stamp=self._stamp, read=self._read, outcome=outcome)
        )

    def action_edit(self) -> None:
        """Go on writing."""
        self._end(Way.EDIT)

    def action_keep(self) -> None:
        """Keep the draft and the claim, and go back."""
        said = _("The draft is kept; r brings it back.")
        if self._review is not None and self._lost(self._review):
            said = _("The draft is kept; {key} in the list shows it.", key=self.majlis.keymap.by_id("drafts").shown())
        self.majlis.tell(said if self._text.strip() else "")
        self._end(Way.KEEP)

    async def action_take_over(self) -> None:
        """Take the message over again from the colleague who holds it now, with a reason."""

        async def taken(claim: ClaimCommand) -> None:
            await self.majlis.do(claim)
            await self._look()
            self.redraw()

        holder = self._holder()
        if self._review is not None and holder is not None:
            await ask_take_over(self.majlis, self._review.message, holder, taken)

    async def action_discard(self) -> None:
        """Throw the draft away, after asking, and give the message back."""

        async def answered(yes: bool | None) -> None:
            if yes:
                try:
                    await self.session.store.drop_draft(self._message.key, self.session.operator.name)
                except MajlisError as error:
                    self.majlis.tell_problem(error)
                    return
                if self._holds():
                    await self.majlis.do(Release(key=self._message.key))
                self._end(Way.DISCARD)

        if not self._text.strip():
            await answered(yes=True)
            return
        about = _("The text is gone then.")
        if self._holds():
            about = _("The text is gone then, and the message goes back to the queue.")
        await self.majlis.push_screen(AskScreen(_("Discard the draft?"), about), answered)

    def _holds(self) -> bool:
        """Whether the message is this operator's to give back."""
        return self._review is not None and _is_held_by(self._review.message, self.session.operator.name)

    async def action_confirm(self, number: str) -> None:
        """Confirm a warning, or take that back."""
        if self._review is None:
            return
        rules = warned(self._review.findings)
        index = int(number) - 1
        if index >= len(rules):
            return
        rule = rules[index]
        if rule in self._acknowledged:
            self._acknowledged = tuple(each for each in self._acknowledged if each != rule)
        else:
            self._acknowledged = (*self._acknowledged, rule)
        await self._look()

    async def action_send(self) -> None:
        """Send it, or queue it for the opening; off while anything stands against it."""
        review = self._review
        if review is None:
            return
        if review.blocked or review.unconfirmed or not self._text.strip() or self._lost(review):
            self.majlis.tell(self._verdict(review), look="problem")
            return
        await self._send(queue=not review.gate.open)

    async def action_reach(self) -> None:
        """Answer the writer alone, or everybody again; the rules look anew."""
        if self._has_reach():
            self._private = not self._private
            await self._look()
        else:
            self.majlis.tell(_("Only a public message on Facebook or X can be answered in public or privately."))

    async def action_override(self) -> None:
        """Send outside service hours, with a reason and a note."""
        review = self._review
        if review is None:
            return
        if review.gate.open:
            self.majlis.tell(_("Service hours are open; there is nothing to override."))
            return
        if Role.SUPERVISOR not in self.session.operator.roles:
            self.majlis.tell(_("Only a supervisor may send outside service hours."), look="problem")
            return

        if self._override is not None:
            await self._send(queue=False, override=self._override)
            return

        async def picked(choice: int | None) -> None:
            if choice is not None:
                await self._ask_note(tuple(OverrideReason)[choice])

        title = _("Send outside service hours: why?")
        await self.majlis.push_screen(PickScreen(title, [word(reason) for reason in OverrideReason]), picked)

    async def _ask_note(self, reason: OverrideReason) -> None:
        async def noted(note: str | None) -> None:
            if note is None:
                return
            if len(note) < OVERRIDE_NOTE:
                self.majlis.tell(_("The note needs at least {n} characters.", n=OVERRIDE_NOTE), look="problem")
                return
            await self._send(queue=False, override=Override(reason=reason, note=note))

        hint = _("At least {n} characters; it is recorded and counted.", n=OVERRIDE_NOTE)
        await self.majlis.push_screen(LineScreen(word(reason), hint), noted)

    async def _send(self, *, queue: bool, override: Override | None = None) -> None:
        reply = Reply(
            key=self._message.key,
            text=self._text,
            acknowledged=self._acknowledged,
            read=self._read,
            private=self._private,
            queue=queue,
            override=override,
            stamp=self._stamp,
        )

        async def goes_out() -> None:
            outcome = await self.majlis.do(reply if self._is_reply() else changing(reply))
            if outcome is None:
                await self._look()
            else:
                self._end(Way.SENT, outcome)

        await self.majlis.with_pledge(goes_out)

    async def action_help(self) -> None:
        """Show the keys of this place."""
        await self.majlis.push_screen(ReadScreen(_("Keys"), help_parts(self)))


def finding_facts(keymap: Keymap, finding: Finding, way: Sequence[str]) -> dict[str, str]:
    """Return what fills a rule's text beyond the finding's own facts: words and keys as this person knows them.

    Args:
        keymap: The keys in force.
        finding: Which may name a key of the list.
        way: Ids of the keys that lead from here to the list, for that key does something else here.
    """
    facts = {}
    if "reason" in finding.facts:
        facts["reason"] = word(finding.facts["reason"])
    if "key" in finding.facts:
        name = "urgent" if finding.rule == "R-ESC-URGENT" else "escalate"
        known = {key.id: key.shown() for key in keymap.table}
        facts["key"] = " ".join([*(known[each] for each in way), known.get(name) or finding.facts["key"]])
    return facts


def _is_held_by(message: Message, name: str) -> bool:
    claim = message.standing.claim
    return message.standing.state is MessageState.CLAIMED and claim is not None and claim.holder == name


def _inset(lines: list[Strip]) -> list[Strip]:
    """Leave two blank columns where the interface begins."""
    gap = Strip.blank(2)
    return [Strip.join([line, gap] if from_right() else [gap, line]) for line in lines]
