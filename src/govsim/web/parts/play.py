"""The controls that step through the months."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui
from nicegui.events import KeyEventArguments, ValueChangeEventArguments

_SECONDS = 1.5


class PlayBar:
    """Buttons for back, play and forward, and a slider over the months. The arrow keys step too.

    Args:
        chosen: called with a month when it is selected, by the visitor or by playing.
    """

    def __init__(self, chosen: Callable[[int], None]) -> None:
        self._chosen = chosen
        self.month, self._last = 0, 0
        self._bar = ui.element("div").classes("play card").style("flex-direction: row")
        with self._bar.props('role=group aria-label="Months"'):
            self._button("first_page", "First month", lambda: self._go(1))
            self._button("chevron_left", "Previous month", lambda: self._go(self.month - 1))
            self._play = self._button("play_arrow", "Play", self._toggle)
            self._button("chevron_right", "Next month", lambda: self._go(self.month + 1))
            self._button("last_page", "Last month", lambda: self._go(self._last))
            self._slider = ui.slider(min=1, max=1, step=1, value=1, on_change=self._slid).props(
                'label snap markers aria-label="Month"'
            )
            self._label = ui.label().classes("play-month").props("aria-live=polite")
        self._timer: ui.timer | None = None
        self._keys = ui.keyboard(on_key=self._key, ignore=["input", "select", "textarea"])

    def show(self, month: int, last: int) -> None:
        """Show the selected month and the number of months.

        Args:
            month: the selected month; 0 for none.
            last: the last month; 0 for none.
        """
        self.month, self._last = month, last
        self._slider.props(f"max={max(last, 1)}")
        if last > 30:
            self._slider.props(remove="markers")
        self._slider.value = max(month, 1)
        self._label.text = f"Month {month} of {last}" if last else "No months yet"

    def enable_keys(self, is_enabled: bool) -> None:
        """Enable or disable the arrow keys, such as while a dialog is open.

        Args:
            is_enabled: whether the keys step through the months.
        """
        self._keys.active = is_enabled

    def _button(self, icon: str, label: str, act: Callable[[], None]) -> ui.button:
        return ui.button(icon=icon, on_click=act).props(f'flat round dense aria-label="{label}"')

    def _go(self, month: int) -> None:
        if 1 <= month <= self._last and month != self.month:
            self._chosen(month)

    def _slid(self, event: ValueChangeEventArguments[float | None]) -> None:
        self._go(int(event.value or 1))

    def _toggle(self) -> None:
        if self._timer is not None:
            self._pause()
            return
        if self.month == self._last:
            self._go(1)
        with self._bar:
            # A new timer each time: a deactivated one keeps ticking, which would shorten the first month.
            self._timer = ui.timer(_SECONDS, self._tick, immediate=False)
        self._play.props("icon=pause aria-label=Pause")

    def _pause(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._play.props("icon=play_arrow aria-label=Play")

    def _tick(self) -> None:
        if self.month >= self._last:
            self._pause()
        else:
            self._go(self.month + 1)

    def _key(self, event: KeyEventArguments) -> None:
        if not event.action.keydown or event.modifiers.ctrl or event.modifiers.alt or event.modifiers.meta:
            return
        if event.key.arrow_left:
            self._go(self.month - 1)
        elif event.key.arrow_right:
            self._go(self.month + 1)
