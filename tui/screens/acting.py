"""What can be done with a message, from the list and from its thread alike: keys become commands for the desk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from majlis.commands import (
    Claim,
    Command,
    CorrectTriage,
    Delete,
    Done,
    DoneReason,
    Escalate,
    Hide,
    Override,
    OverrideReason,
    Reject,
    Release,
    Reveal,
    Snooze,
    TakeBack,
    Urgent,
    WriteMemo,
)
from majlis.errors import MajlisError, NeedsNote, NotOffered
from majlis.lines import Occasion, language_of, line, occasion_of
from majlis.masking import mask
from majlis.moderation import check_ours, check_public
from majlis.policy import Role
from majlis.ports import Capability
from majlis.sorting import ROUTES, SORTS, Sort
from majlis.states import MessageState
from tui.keymap import Place
from tui.language import _, listed, ngettext, problem, word
from tui.screens import questions
from tui.screens.dialogs import AskScreen, LineScreen, PaletteScreen, PickScreen, Reading, ReadScreen
from tui.screens.place import PlaceScreen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from majlis.message import Claim as ClaimLease
    from majlis.message import Message, MessageKey
    from majlis.outcome import Outcome
    from tui.app import MajlisApp

Result = TypeVar("Result")

_LINK: Final = re.compile(r"https?://[!-~]+")
"""What may reach the terminal as an address: printable ASCII, nothing that could end the escape sequence."""


class ActingScreen(PlaceScreen[Result]):
    """A place with a message that keys act on."""

    def target(self) -> Message | None:
        """Return the message that keys act on now."""
        raise NotImplementedError

    async def acted(self) -> None:
        """Take notice that an action of this screen changed the store."""
        raise NotImplementedError

    async def do(self, command: Command, *, tell: bool = True) -> Outcome | None:
        """Give a command to the desk and say what came of it; None when it was refused."""
        outcome = await self.majlis.do(command, tell=tell)
        if outcome is not None:
            await self.acted()
        return outcome

    async def ask_line(self, title: str, hint: str, command: Callable[[str], Command], *, not_done: str = "") -> None:
        """Ask for one line and give what is made of it to the desk; see `ask_line`."""
        await ask_line(self.majlis, title, hint, lambda words: self.do(command(words)), not_done=not_done)

    def _wanted(self) -> Message | None:
        """Return the target, or say that there is none."""
        message = self.target()
        if message is None:
            self.majlis.tell(_("There is no message here."))
        return message

    # -------------------------------------------------------------------------------------------------------- answering

    async def action_claim(self) -> None:
        """Claim the message, or give back what is mine; from a colleague only with a reason."""
        message = self._wanted()
        if message is None:
            return
        claim = message.standing.claim if message.standing.state is MessageState.CLAIMED else None
        if claim is not None and claim.holder == self.session.operator.name:
            await self.do(Release(key=message.key))
        elif claim is not None and claim.until > self.session.clock.now():
            await ask_take_over(self.majlis, message, claim, self.do)
        else:
            await self.do(Claim(key=message.key))

    async def action_reply(self) -> None:
        """Claim the message and open the editor."""
        message = self._wanted()
        if message is None:
            return
        if message.is_own_post:
            await self._write(message, None)  # a comment of ours: nobody waits for it, and nobody claims it
            return
        if message.standing.state is not MessageState.ESCALATED:
            outcome = await self.do(Claim(key=message.key), tell=False)
            if outcome is None or outcome.message is None:
                return
            claimed = outcome.message
        else:
            claimed = message  # a line meanwhile; the message stays with customer service
        store, policy = self.session.store, self.session.desk.policy
        case = await store.case(message.standing.case) if message.standing.case else None
        occasion = occasion_of(message, case)
        suggested = line(policy, occasion, language_of(message.text)) if occasion is not None else None
        await self._write(claimed, suggested)

    async def _write(self, message: Message, suggested: str | None, override: Override | None = None) -> None:
        from tui.screens.compose import ComposeScreen  # noqa: PLC0415  the editor costs the start 30 ms

        draft = await self.session.store.draft(message.key, self.session.operator.name)
        screen = ComposeScreen(message, draft, suggested=suggested, override=override)
        await self.majlis.push_screen(screen, self._composed)

    async def _composed(self, outcome: Outcome | None) -> None:
        await self.acted()
        if outcome is not None and outcome.also:
            self._offer_earlier(outcome.also)

    def _offer_earlier(self, also: tuple[MessageKey, ...]) -> None:
        async def answered(yes: bool | None) -> None:
            if yes:
                for key in also:
                    await self.do(Done(key=key, reason=DoneReason.ANSWERED_ELSEWHERE))

        text = ngettext(
            "The same person has {n} earlier open message in this thread. Does the answer serve it too?",
            "The same person has {n} earlier open messages in this thread. Does the answer serve them too?",
            len(also),
        )
        self.majlis.push_screen(AskScreen(_("Close as answered?"), text), answered)

    async def action_write(self) -> None:
        """Write a post of ours."""
        from tui.screens.draft import DraftScreen  # noqa: PLC0415  the editor costs the start 30 ms

        await self.majlis.push_screen(DraftScreen())

    async def action_memo(self) -> None:
        """Write a memo."""
        message = self._wanted()
        if message is None:
            return

        hint = _("Internal: a memo has no way out of the building.")
        await self.ask_line(_("Memo"), hint, lambda text: WriteMemo(key=message.key, text=text))

    # ------------------------------------------------------------------------------------------- handing on and closing

    async def action_escalate(self) -> None:
        """Hand the message to customer service, and ask for a note only where the reason wants one."""
        message = self._wanted()
        if message is None:
            return
        try:
            outcome = await self.majlis.decide(Escalate(key=message.key))
        except NeedsNote as error:
            await self._ask_note(message, str(error.facts["reason"]))
        except MajlisError as error:
            self.majlis.tell_problem(error)
        else:
            self.majlis.tell_outcome(outcome)
            await self.acted()

    async def _ask_note(self, message: Message, reason: str) -> None:
        title = _("Customer service: {reason}", reason=reason)
        hint = _("Write one line for your colleague: what does this person need?")
        await self.ask_line(
            title, hint, lambda text: Escalate(key=message.key, note=text), not_done=_("Not handed over.")
        )

    async def action_urgent(self) -> None:
        """Take the urgent path at once, then show whom to call and offer a public line."""
        message = self._wanted()
        if message is None:
            return
        outcome = await self.do(Urgent(key=message.key))
        if outcome is None or outcome.case is None or outcome.message is None:
            return
        urgent, case = outcome.message, outcome.case.id
        from tui.screens.urgent import UrgentScreen  # noqa: PLC0415  seldom needed, and then it may cost a moment

        async def picked(choice: int | None) -> None:
            if choice not in {0, 1}:
                return
            policy = self.session.desk.policy
            text = line(policy, Occasion.URGENT, "ar" if choice == 0 else "en")
            note = f"urgent path: {case}"
            await self._write(urgent, text, Override(reason=OverrideReason.LIFE_SAFETY, note=note))

        await self.majlis.push_screen(UrgentScreen(self.session.desk.policy, case), picked)

    async def action_done(self) -> None:
        """Close the message without a reply; the reason is picked."""
        message = self._wanted()
        if message is None:
            return

        async def answered(choice: int | None) -> None:
            if choice is not None:
                await self.do(Done(key=message.key, reason=tuple(DoneReason)[choice]))

        title = _("Close without a reply: why?")
        await self.majlis.push_screen(PickScreen(title, [word(reason) for reason in DoneReason]), answered)

    async def action_snooze(self) -> None:
        """Put the message away until the next service hour."""
        message = self._wanted()
        if message is not None:
            await self.do(Snooze(key=message.key))

    async def action_hide(self) -> None:
        """Hide the message on the network, or show it again, after asking."""
        message = self._wanted()
        if message is None:
            return
        from tui import strip  # noqa: PLC0415  looked at once in a while

        refused = strip.not_available(self.session.health(), message.key.account, Capability.HIDE)
        if refused is not None:
            self.majlis.tell(refused, look="problem")
            return
        await self._after_asking(questions.hide(message), Hide(key=message.key, hidden=not message.standing.hidden))

    async def action_reject(self) -> None:
        """Take the message off the network for good, after asking."""
        message = self._wanted()
        if message is not None and self._has(message, Capability.MODERATE, "reject"):
            await self._after_asking(questions.reject(message), Reject(key=message.key))

    async def action_delete_own(self) -> None:
        """Delete an answer of ours, after asking."""
        message = self._wanted()
        if message is not None and self._has(message, Capability.DELETE, "delete"):
            await self._after_asking(questions.delete(message), Delete(key=message.key))

    async def action_edit_own(self) -> None:
        """Open an answer of ours in the editor."""
        message = self._wanted()
        if message is None or not self._has(message, Capability.EDIT, "edit"):
            return
        from tui.screens.compose import ComposeScreen  # noqa: PLC0415  the editor costs the start 30 ms

        draft = await self.session.store.draft(message.key, self.session.operator.name)
        await self.majlis.push_screen(ComposeScreen(message, draft), self._composed)

    def _has(self, message: Message, need: Capability, action: str) -> bool:
        """Tell whether an action fits a message, or say why not."""
        try:
            (check_public if need is Capability.MODERATE else check_ours)(message, action, need)
        except NotOffered as error:
            from tui import strip  # noqa: PLC0415  looked at once in a while

            text = strip.not_offered(message.key.network, need)
            self.majlis.tell(text or problem(error), look="problem")
            return False
        except MajlisError as error:
            self.majlis.tell_problem(error)
            return False
        return True

    async def _after_asking(self, question: questions.Question, command: Command) -> None:
        async def answered(yes: bool | None) -> None:
            if yes:
                await self.do(command)

        await self.majlis.push_screen(AskScreen(*question), answered)

    async def action_undo(self) -> None:
        """Take back the last local action, or call back a reply that has not gone yet."""
        await self.do(TakeBack(key=self.undo_key()))

    def undo_key(self) -> MessageKey | None:
        """Return the message whose action is meant; None: whatever was last."""
        return None

    async def action_sort(self) -> None:
        """Correct what triage suggested: first whose it is, then what it is about."""
        message = self._wanted()
        if message is None:
            return

        async def routed(choice: int | None) -> None:
            if choice is not None:
                await self._ask_category(message, [sort for sort in SORTS if sort.route == ROUTES[choice]])

        await self.majlis.push_screen(PickScreen(_("Whose is it?"), [word(route) for route in ROUTES]), routed)

    async def _ask_category(self, message: Message, sorts: list[Sort]) -> None:
        async def picked(choice: int | None) -> None:
            if choice is not None:
                sort = sorts[choice]
                command = CorrectTriage(
                    key=message.key, category=sort.category, urgency=sort.urgency, reason=sort.reason or ""
                )
                await self.do(command)

        title = _("What is it about?")
        await self.majlis.push_screen(PickScreen(title, [word(sort.label) for sort in sorts]), picked)

    # ---------------------------------------------------------------------------------------------------------- looking

    async def action_reveal(self) -> None:
        """Show personal data that is covered; the look is logged."""
        message = self._wanted()
        if message is None:
            return
        if not message.personal:
            self.majlis.tell(_("Nothing is covered in this message."))
            return
        await self.reveal(message)

    async def reveal(self, message: Message, *, tell: bool = True) -> None:
        """Uncover a message for this sitting; the first look is logged, the next ones are the same look."""
        if str(message.key) in self.majlis.revealed:
            return
        if await self.do(Reveal(key=message.key), tell=tell) is not None:
            self.majlis.revealed.add(str(message.key))
            await self.acted()

    def _link(self) -> str | None:
        """Return the target's address on the network, or say that there is none."""
        message = self._wanted()
        link = message.link if message is not None else None
        if link is None or _LINK.fullmatch(link) is None:
            if message is not None:
                self.majlis.tell(_("The network gave no address for this message."))
            return None
        return link

    async def action_link_show(self) -> None:
        """Show the address on the network, as a link where the terminal knows links."""
        link = self._link()
        if link is not None:
            await self.majlis.push_screen(ReadScreen(_("Address on the network"), [Reading(text=link, link=link)]))

    def action_link_copy(self) -> None:
        """Copy the address on the network."""
        link = self._link()
        if link is not None:
            self.majlis.copy_to_clipboard(link)
            self.majlis.tell(_("The address is in the clipboard, if the terminal allows it."))

    def action_text_copy(self) -> None:
        """Copy the words of the message in logical order, covered where they are covered here."""
        message = self._wanted()
        if message is not None:
            self.majlis.copy_to_clipboard(self._shown_text(message))
            self.majlis.tell(_("The text is in the clipboard, if the terminal allows it."))

    def _shown_text(self, message: Message) -> str:
        is_whole = message.ours or str(message.key) in self.majlis.revealed
        return message.text if is_whole else mask(message.text, message.personal)

    async def action_raw(self) -> None:
        """Show the text in the order of plain UAX #9, and what in it cannot be seen."""
        message = self._wanted()
        if message is not None:
            from tui.screens.raw import raw_parts  # noqa: PLC0415  looked at once in a while

            parts = raw_parts(self._shown_text(message), message.author.shown())
            await self.majlis.push_screen(ReadScreen(_("As it was sent"), parts))

    # ------------------------------------------------------------------------------------------------------ the program

    async def action_palette(self) -> None:
        """Find a command by its name."""
        keys = [key for key in self.offered() if not key.id.startswith("move.")]

        async def answered(key_id: str | None) -> None:
            if key_id is not None:
                await self.run_action(self.majlis.keymap.by_id(key_id).action)

        await self.majlis.push_screen(PaletteScreen(_("Commands"), keys), answered)

    async def action_help(self) -> None:
        """Show the keys of this place."""
        await self.majlis.push_screen(ReadScreen(_("Keys"), help_parts(self)))

    async def action_health(self) -> None:
        """Say everything that is known about the accounts."""
        from tui import strip  # noqa: PLC0415  looked at once in a while

        session = self.session
        lines = strip.told(session.health(), session.clock.now(), session.desk.policy.hours)
        parts = [Reading(key=label, text=text, style=style) for label, text, style in lines]
        if not parts:
            parts = [Reading(text=_("There is no account yet; majlis config init writes an example."))]
        await self.majlis.push_screen(ReadScreen(_("Accounts"), parts))

    def action_language(self) -> None:
        """Change between Arabic and English."""
        self.majlis.switch_language()

    def action_theme(self) -> None:
        """Change the theme."""
        self.majlis.switch_theme()

    def action_calibrate(self) -> None:
        """Let the person say which drawing of Arabic reads correctly; the loops beside the screen go on meanwhile."""
        self.run_worker(self.majlis.calibrate(), exclusive=True, group="calibration")

    async def action_train(self) -> None:
        """Choose a scenario to learn by."""
        await self.majlis.choose_lesson()

    def action_quit(self) -> None:
        """Leave the program, after asking."""
        self.majlis.ask_to_leave()


async def ask_line(
    app: MajlisApp,
    title: str,
    hint: str,
    act: Callable[[str], Awaitable[object]],
    *,
    text: str = "",
    not_done: str = "",
) -> None:
    """Ask for one line and do something with it; while the store's server is away the line stays, with its words.

    Args:
        app: The program.
        title: Of the dialog.
        hint: What the line is for.
        act: What is done with the words; None: it was refused.
        text: What stands there already.
        not_done: Said when nothing was written.
    """

    async def answered(words: str | None) -> None:
        if not words:
            if not_done:
                app.tell(not_done)
        elif await act(words) is None and app.lost is not None:
            only_here = _("Not done. These words are kept in this line alone; Enter tries again.")
            await ask_line(app, title, only_here, act, text=words, not_done=not_done)

    await app.push_screen(LineScreen(title, hint, text), answered)


async def ask_take_over(
    app: MajlisApp, message: Message, claim: ClaimLease, do: Callable[[Claim], Awaitable[object]]
) -> None:
    """Ask why a message is taken from a colleague, and take it.

    Args:
        app: The program.
        message: As it is shown: it is taken from nobody else than is shown.
        claim: The colleague's.
        do: Gives the command on, and says what came of it.
    """
    desk, now = app.session.desk, app.session.clock.now()
    try:
        await desk.check_take_over(message)  # nobody types a reason for nothing
    except MajlisError as error:
        app.tell_problem(error)
    else:
        title, hint = questions.take_over(claim, now, desk.policy.hours)
        await ask_line(app, title, hint, lambda reason: do(Claim.taking_over(message, reason)))


_REPEATED: Final = frozenset(f"confirm.{digit}" for digit in range(2, 10))
"""Keys that do the same as the one before, with another number: the help has one line for all."""


def help_parts(screen: PlaceScreen[Result]) -> list[Reading]:
    """Return the keys of a place, group by group, then as what one sits here, and by which policy (C1)."""
    parts: list[Reading] = []
    group = None
    for key in screen.offered():
        if not key.keys or key.id in _REPEATED:
            continue
        if key.group is not group:
            group = key.group
            parts += [*([Reading(text="")] if parts else []), Reading(text=_(group.value), style="head")]
        is_first = key.id == "confirm.1"
        parts.append(Reading(text=_(key.help), key=f"{key.all_shown()} … 9" if is_first else key.all_shown()))
    policy = screen.session.desk.policy
    signs = [
        Reading(text=""),
        Reading(text=_("Signs of the list"), style="head"),
        Reading(text=_("new, and nobody has opened it"), key="*"),
        Reading(text=_("mine"), key="="),
        Reading(text=_("a colleague composes"), key="@"),
        Reading(text=_("who else is at it just now: reading it, or writing an answer"), key="&"),
        Reading(text=_("urgent: somebody may be in danger"), key="!"),
        Reading(text=_("customer service has answered"), key="#"),
        Reading(text=_("the text changed after somebody had acted"), key="%"),
        Reading(text=_("held back by the network or by us: the public does not see it"), key="o"),
        Reading(text=_("time left to answer; with a minus it is late"), key="2 -2"),
    ]
    law = _("Policy {policy}, version {version}.", policy=policy.id, version=policy.version)
    if screen.PLACE is not Place.LIST:
        signs = []
    operator = screen.session.operator
    roles = listed(word(role) for role in Role if role in operator.roles)
    who = _("{operator}: {roles}.", operator=operator.name, roles=roles)
    return [*parts, *signs, Reading(text=""), Reading(text=f"{who} {law}", style="quiet")]
