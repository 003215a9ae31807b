"""What the screens are given for one sitting: values and ports; `tui/wiring.py` makes them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from majlis.desk import Desk
    from majlis.errors import MajlisError
    from majlis.gap import Gap
    from majlis.message import Network
    from majlis.policy import Operator
    from majlis.ports import Budget, Capability, Clock, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenSettings:
    """How the screens look and listen; from the personal file."""

    language: str = "ar"
    """`ar` or `en`; what the operator chose last on the screen comes first."""
    drawing: str = "pf"
    """`pf`, `pf+lro` or `logical`; put into force before the screens start."""
    theme: str = "terminal"
    """`terminal`: the terminal's own colours; `plain`: none."""
    mouse: bool = False
    """Off by default: reports of every move cost a line its breath."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Key id → keys."""


class HealthState(StrEnum):
    """One word for an account."""

    WELL = "well"
    """Read lately, without trouble."""
    WAITING = "waiting"
    """The service asks to wait."""
    DOWN = "down"
    """It cannot be reached, or answers with errors."""
    SIGNED_OUT = "signed_out"
    """The token is dead."""
    OFF = "off"
    """Nobody reads it from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How an account is doing, as far as this machine knows."""

    account: str
    """Its id in the settings."""
    network: Network
    state: HealthState
    last_success: datetime | None = None
    next_attempt: datetime | None = None
    problem: MajlisError | None = None
    """What is wrong, and what to do about it."""
    gap: Gap | None = None
    """A time that was not read."""
    importing: int | None = None
    """How many messages of the backlog are here, while it is brought."""
    set_back: timedelta | None = None
    """By how much this machine's clock was set back lately."""
    budget: Budget | None = None
    """What the service still allows."""
    capabilities: frozenset[Capability] | None = None
    """What the account can do; None: another process knows."""


class Pace(Protocol):
    """How the time of a replay passes; whoever watches decides."""

    def told(self) -> str:
        """Return what the banner says: whose day it is, what time it is in it, and how fast that goes."""
        ...

    def hold(self) -> None:
        """Stand still, or go on."""
        ...

    def step(self) -> None:
        """Go to the next line that happens, and stand there."""
        ...

    def faster(self) -> None:
        """Go faster; from the fastest, as fast as a clock."""
        ...

    def slower(self) -> None:
        """Go slower; no slower than a clock."""
        ...

    def jump(self, text: str) -> str | None:
        """Hurry to a time, `+HH:MM:SS` after the start or an instant; return what is wrong with it, if anything."""
        ...


Background = Callable[[], Coroutine[Any, Any, None]]
"""Makes a loop that runs beside the screens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One operator at one terminal."""

    store: Store
    desk: Desk
    clock: Clock
    operator: Operator
    settings: ScreenSettings
    banner: str | None
    """Said on every screen where nothing is real; a catalogue id where it is one of ours."""
    health: Callable[[], Sequence[Health]]
    pace: Pace | None = None
    """How time passes, where it is for whoever watches to say."""
