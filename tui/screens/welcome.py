"""What a person sees when nothing is set up yet: practise, learn, connect an account, or bring messages along."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from tui.keymap import Place, bindings
from tui.language import N_, _
from tui.screens.dialogs import Reading, ReadScreen
from tui.screens.place import PlaceScreen
from tui.widgets.lines import Lines, one_row, paragraphs, ui_field

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType
    from textual.strip import Strip
    from textual.widget import Widget

_CHOICES: Final = (
    (N_("Open the practice inbox"), N_("A made-up day of messages; nothing leaves this machine, nothing is set up.")),
    (N_("Learn by scenarios"), N_("Short made-up days, each with a goal; in the end it says what came of it.")),
    (N_("Connect an account"), N_("How a Facebook page, an X account or a YouTube channel is connected.")),
    (N_("Import messages"), N_("How a TinyDB file or an export of another Majlis is brought in.")),
    (N_("العربية / English"), N_("Change the language of the screens.")),
)
_CONNECT: Final = (
    N_("An account is named in the site file; whoever looks after this server does that once."),
    N_("1. majlis config init writes a site file with an example of each network."),
    N_("2. majlis login signs in: a browser is needed, here or on another machine."),
    N_("3. majlis doctor asks the network whether all is well."),
    N_("4. majlis opens the inbox."),
)
_IMPORT: Final = (
    N_("majlis import FILE reads a TinyDB file or what majlis export wrote."),
    N_("Nothing is sent by an import; it needs an inbox that is still empty."),
)


class WelcomeScreen(PlaceScreen[None]):
    """A few doors, each with its number."""

    PLACE = Place.WELCOME
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.WELCOME)]

    def __init__(self) -> None:
        super().__init__()
        self.doors = Lines(id="middle")

    def middle(self) -> Widget:
        """Return the doors."""
        return self.doors

    def title_text(self) -> str:
        """Return the name of the place."""
        return _("Welcome to Majlis")

    def redraw(self) -> None:
        """Draw everything for this size, language and theme."""
        super().redraw()
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        width = self.doors.size.width
        if width < 20:  # noqa: PLR2004  nothing readable fits
            return
        lines = [
            *paragraphs("", width),
            *paragraphs(
                _("One queue for the messages that people write to the ministry, and one answer to each."), width
            ),
            *paragraphs("", width),
        ]
        for number, (title, text) in enumerate(_CHOICES, start=1):
            lines += self._door(number, _(title), _(text), width)
        self.doors.put(lines)

    def _door(self, number: int, title: str, text: str, width: int) -> list[Strip]:
        blank = ui_field("", 4)
        head = one_row([ui_field(f"  {number}", 4, "key"), ui_field(title, None, "head")], width, gap="")
        return [head, one_row([blank, ui_field(text, None, "quiet")], width, gap=""), *paragraphs("", width)]

    async def on_key(self, event: events.Key) -> None:
        """Open a door by its number, in either script of digits."""
        char = event.character or ""
        if not char.isdecimal() or not 1 <= int(char) <= len(_CHOICES):
            return
        event.stop()
        event.prevent_default()
        await self._open(int(char))

    async def _open(self, number: int) -> None:
        from tui.app import PRACTICE  # noqa: PLC0415  the app imports its places, not the other way round

        match number:
            case 1:
                self.majlis.exit(PRACTICE)
            case 2:
                await self.majlis.choose_lesson()
            case 3:
                await self._tell(_CHOICES[2][0], _CONNECT)
            case 4:
                await self._tell(_CHOICES[3][0], _IMPORT)
            case _:
                self.majlis.switch_language()

    async def _tell(self, title: str, texts: tuple[str, ...]) -> None:
        await self.majlis.push_screen(ReadScreen(_(title), [Reading(text=_(text)) for text in texts]))

    def action_back(self) -> None:
        """Leave the program after asking."""
        self.majlis.ask_to_leave()
