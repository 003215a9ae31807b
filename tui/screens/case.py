"""One case, as customer service sees it: what was handed over, what happened since, and the keys that move it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from majlis.commands import Acknowledge, AnswerCase, AskBack, CaseCommand, CloseCase, OpenContact, ReturnCase
from majlis.message import MessageKey
from tui.keymap import Place, bindings
from tui.language import _
from tui.screens.acting import ActingScreen
from tui.screens.dialogs import LineScreen
from tui.widgets.case import case_lines
from tui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType
    from textual.strip import Strip
    from textual.widget import Widget

    from majlis.escalation import Case
    from majlis.message import Message


class CaseScreen(ActingScreen[None]):
    """Shows a case and scrolls through it."""

    PLACE = Place.CASE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.CASE)]

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.body = Lines(id="middle")
        self._case = case
        self._message: Message | None = None
        self._is_open = False
        """Whether what the person gave to be reached by is uncovered."""
        self._top = 0
        self._drawn: list[Strip] = []

    def middle(self) -> Widget:
        """Return the lines."""
        return self.body

    def title_text(self) -> str:
        """Return the name of the place."""
        return _("Case")

    def target(self) -> Message | None:
        """Return the message that began it; its address is what o and y show."""
        return self._message

    async def on_mount(self) -> None:
        """Read what the keys need."""
        self._message = await self.session.store.message(MessageKey.parse(self._case.messages[0]))
        self.redraw()

    def redraw(self) -> None:
        """Draw everything for this size, language and theme."""
        super().redraw()
        if self.is_attached:
            self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        if not self.body.size.height:
            return
        now, hours = self.session.clock.now(), self.session.desk.policy.hours
        self._drawn = case_lines(self._case, self.body.size.width, now, hours, contact=self._is_open)
        self._show(self._top)

    def _show(self, top: int) -> None:
        height = self.body.size.height
        self._top = min(max(top, 0), max(len(self._drawn) - height, 0))
        self.body.put(self._drawn[self._top : self._top + height])

    async def changed(self, keys: frozenset[str]) -> None:
        """Read the case again when it has changed."""
        if self._case.id in keys:
            await self.acted()

    async def acted(self) -> None:
        """Read the case again."""
        self._case = await self.session.store.case(self._case.id) or self._case
        self.redraw()

    # ---------------------------------------------------------------------------------------------------------- moving

    def action_move_next(self) -> None:
        """A line down."""
        self._show(self._top + 1)

    def action_move_previous(self) -> None:
        """A line up."""
        self._show(self._top - 1)

    def action_move_first(self) -> None:
        """To the beginning."""
        self._show(0)

    def action_move_last(self) -> None:
        """To the end."""
        self._show(len(self._drawn))

    def action_move_half_down(self) -> None:
        """Half a page down."""
        self._show(self._top + self.body.size.height // 2)

    def action_move_half_up(self) -> None:
        """Half a page up."""
        self._show(self._top - self.body.size.height // 2)

    def action_move_page_down(self) -> None:
        """A page down."""
        self._show(self._top + self.body.size.height)

    def action_move_page_up(self) -> None:
        """A page up."""
        self._show(self._top - self.body.size.height)

    def action_back(self) -> None:
        """Go back to the list."""
        self.dismiss(None)

    # ----------------------------------------------------------------------------------------------------- what is done

    async def action_case_acknowledge(self) -> None:
        """Take it."""
        await self.do(Acknowledge(case=self._case.id))

    async def action_case_ask(self) -> None:
        """Ask the operator."""
        hint = _("The message comes back to the top of the operators' queue with your question.")
        await self._ask(_("Ask the operator"), hint, lambda text: AskBack(case=self._case.id, text=text))

    async def action_case_answer(self) -> None:
        """Say what was done."""
        hint = _("What was done, for the operator; nothing of it is published. They decide on a public line.")
        await self._ask(_("Answer"), hint, lambda text: AnswerCase(case=self._case.id, text=text))

    async def action_case_return(self) -> None:
        """Give it back."""
        hint = _("Why it is not a matter of customer service; its messages are open again.")
        await self._ask(_("Return it"), hint, lambda text: ReturnCase(case=self._case.id, text=text))

    async def action_case_close(self) -> None:
        """Close it without a public line."""
        await self.do(CloseCase(case=self._case.id))

    async def action_case_contact(self) -> None:
        """Open what the person gave to be reached by; the look is logged."""
        if not self._case.packet.contact:
            self.majlis.tell(_("The person gave nothing to be reached by."))
        elif not self._is_open and await self.do(OpenContact(case=self._case.id)) is not None:
            self._is_open = True
            self.redraw()

    async def _ask(self, title: str, hint: str, command: Callable[[str], CaseCommand]) -> None:
        async def answered(text: str | None) -> None:
            if text:
                await self.do(command(text))

        await self.majlis.push_screen(LineScreen(title, hint), answered)
