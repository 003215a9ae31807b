"""One case, as customer service sees it: what was handed over, what happened since, and the keys that move it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from majlis.commands import Acknowledge, AnswerCase, AskBack, CloseCase, OpenContact, ReturnCase
from majlis.message import MessageKey
from tui.keymap import Place, bindings
from tui.language import _
from tui.screens.scrolled import ScrolledScreen
from tui.widgets.case import case_lines

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.strip import Strip

    from majlis.escalation import Case
    from majlis.message import Message


class CaseScreen(ScrolledScreen[None]):
    """Shows a case and scrolls through it."""

    PLACE = Place.CASE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.CASE)]

    def __init__(self, case: Case) -> None:
        super().__init__()
        self._case = case
        self._message: Message | None = None
        self._is_open = False
        """Whether what the person gave to be reached by is uncovered."""

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

    def lines(self, width: int) -> list[Strip]:
        """Return the case."""
        now, hours = self.session.clock.now(), self.session.desk.policy.hours
        return case_lines(self._case, width, now, hours, contact=self._is_open)

    async def changed(self, keys: frozenset[str]) -> None:
        """Read the case again when it has changed."""
        if self._case.id in keys:
            await self.acted()

    async def acted(self) -> None:
        """Read the case again."""
        self._case = await self.session.store.case(self._case.id) or self._case
        self.redraw()

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
        await self.ask_line(_("Ask the operator"), hint, lambda text: AskBack(case=self._case.id, text=text))

    async def action_case_answer(self) -> None:
        """Say what was done."""
        hint = _("What was done, for the operator; nothing of it is published. They decide on a public line.")
        await self.ask_line(_("Answer"), hint, lambda text: AnswerCase(case=self._case.id, text=text))

    async def action_case_return(self) -> None:
        """Give it back."""
        hint = _("Why it is not a matter of customer service; its messages are open again.")
        await self.ask_line(_("Return it"), hint, lambda text: ReturnCase(case=self._case.id, text=text))

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
