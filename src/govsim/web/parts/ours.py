"""Stop and resume, for a run whose process was started from the page."""

from __future__ import annotations

from nicegui import ui

from govsim.web.parts.dialog import dialog
from govsim.web.parts.words import said
from govsim.web.processes import Started
from govsim.web.site import Site
from govsim.web.theme import wrong


class Ours:
    """What can be done with a run that was started here; nothing for any other.

    Args:
        site: what all pages share.
        name: the run.
    """

    def __init__(self, site: Site, name: str) -> None:
        self._site, self._name = site, name
        self._shown: tuple[int, bool, bool, bool] | None = None
        self._place = ui.element("div").classes("stack-tight")

    def refresh(self, *, is_running: bool) -> None:
        """Show the buttons that fit what the process does.

        Args:
            is_running: whether the run is carried out by anybody.
        """
        started = self._site.processes.that_runs(self._name) if self._site.settings.may_start else None
        now = None
        if started is not None:
            now = (started.process.pid, started.is_going_on, started.is_stopping, is_running)
        if now == self._shown:
            return
        self._shown = now
        self._place.clear()
        if started is not None:
            with self._place:
                with ui.element("div").classes("row-line"):
                    buttons(self._site, started, is_held=is_running and not started.is_going_on)
                if started.complaint and not is_running:
                    wrong("Its command has ended.", started.complaint)


def buttons(site: Site, started: Started, *, is_held: bool = False) -> None:
    """Stop, or resume where something is left to do; and what the command has said.

    Args:
        site: what all pages share.
        started: the command.
        is_held: whether its run is carried out by another process.
    """
    if started.is_stopping:
        ui.button("Stopping …", icon="stop").props("outline dense no-caps color=negative disable")
    elif started.is_going_on:
        ui.button("Stop", icon="stop", on_click=lambda: _stop(site, started)).props(
            "outline dense no-caps color=negative"
        )
    elif is_held:
        ui.label("carried out by another process").classes("chip")
    elif started.process.returncode != 0:
        ui.button("Resume", icon="play_arrow", on_click=lambda: _resume(site, started)).props("outline dense no-caps")
    ui.button("What it says", icon="terminal", on_click=lambda: _tell(started)).props("flat dense no-caps")


def _stop(site: Site, started: Started) -> None:
    site.processes.stop(started)
    ui.notify("Asked to stop. It closes its journals and can be resumed.")


def _resume(site: Site, started: Started) -> None:
    try:
        site.processes.resume(started)
    except OSError as error:
        ui.notify(f"It cannot be resumed ({error.strerror or error}).", type="negative")
        return
    ui.notify("Goes on where it stopped; a finished run is left as it is.")


def _tell(started: Started) -> None:
    with dialog("What the command says"):
        ui.label(started.command).classes("mono said strong")
        said(started.said or "Nothing yet.", classes="mono")
