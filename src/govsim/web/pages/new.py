"""The page that starts runs, with an estimate, and the controls to stop and resume them."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any

from nicegui import run, ui
from nicegui.events import ValueChangeEventArguments

from govsim.characters import visible
from govsim.config import DEFAULT, condition_names, protocol_names
from govsim.errors import ConfigError
from govsim.scenarios import scenario_names
from govsim.web.parts.live import LivePart
from govsim.web.processes import Form, Started, agents_offered, arguments_of, estimate
from govsim.web.site import Site
from govsim.web.theme import address, busy, card, dialog, empty, frame, heading, note, said, short, wrong
from govsim.web.titles import run_name

_PAUSE = 0.4
_PATIENCE = 600.0  # seconds; keeps the input of the form while a laptop sleeps
_NUMBERS = {
    "members": "Members",
    "months": "Months",
    "runs": "Runs",
    "seed": "First seed",
    "max_cost": "Maximum cost, $",
    "max_tokens": "Maximum tokens",
}


def add(site: Site) -> None:
    """Register the page.

    Args:
        site: the shared state.
    """

    @ui.page("/new", reconnect_timeout=_PATIENCE)
    def new() -> None:
        with frame(site, "New run", here="/new"):
            heading("New run")
            if site.settings.may_start:
                NewPage(site).build()
            else:
                with card():
                    empty(
                        "lock",
                        "Runs cannot be started from this page.",
                        "Open the pages at a local address without --read-only, or run:",
                        "govsim run fishery",
                    )


class NewPage:
    """One visitor's form.

    Args:
        site: the shared state.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._given: dict[str, Any] = {one.name: one.default for one in fields(Form)}
        self._waiting: Started | None = None

    def build(self) -> None:
        """Build the page."""
        with card():
            with ui.element("div").classes("form"):
                self._fields()
            note("Empty fields keep the values of the condition.")
            with ui.expansion("Other settings").classes("box"):
                with ui.element("div").classes("form"):
                    self._text("settings", "Settings, KEY=VALUE", is_long=True)
                    self._text("model_args", "Model arguments, NAME=VALUE", is_long=True)
                note("One setting or argument a line.")
            self._command = ui.label().classes("mono said box").props('aria-label="Command"')
            with ui.element("div").classes("row-line"):
                ui.button("Estimate", icon="calculate", on_click=self._estimate).props("outline no-caps")
                ui.button("Start", icon="rocket_launch", on_click=self._start).props("unelevated no-caps color=primary")
            self._answer = ui.element("div").props("aria-live=polite")
        self._list = LivePart("stack")
        self._changed()
        ui.timer(_PAUSE, self._refresh)

    def _fields(self) -> None:
        self._choice("scenario", "Scenario", scenario_names())
        self._choice("condition", "Condition", _default_first(condition_names()))
        self._choice("protocol", "Protocol", _default_first(protocol_names()))
        self._choice("agent", "Agents", list(agents_offered()), is_open=True)
        models = {run.model for run in self._site.index.measures} - {"none", "mixed"}
        known = sorted({*models, "embedded/smollm2"})
        field = ui.input("Model, as PROVIDER/NAME", autocomplete=known, on_change=partial(self._typed, "model"))
        field.classes("twice")
        for name, label in _NUMBERS.items():
            step = 0.01 if name == "max_cost" else 1
            ui.number(label, min=0, step=step, on_change=partial(self._typed, name))
        self._text("price", "Price, $ per million").tooltip("Input and output tokens, as INPUT/OUTPUT.")

    def _choice(self, name: str, label: str, options: list[str], *, is_open: bool = False) -> None:
        ui.select(
            options,
            value=self._given[name],
            label=label,
            new_value_mode="add-unique" if is_open else None,
            on_change=partial(self._typed, name),
        )

    def _text(self, name: str, label: str, *, is_long: bool = False) -> ui.input | ui.textarea:
        field = ui.textarea if is_long else ui.input
        return field(label, on_change=partial(self._typed, name))

    def _typed(self, name: str, event: ValueChangeEventArguments[Any]) -> None:
        is_whole = isinstance(event.value, float) and event.value.is_integer() and name != "max_cost"
        value = int(event.value) if is_whole else event.value
        self._given[name] = value if name in _NUMBERS else value or ""
        self._changed()

    def _words(self) -> tuple[str, ...]:
        folder = self._site.folder
        return arguments_of(Form(**self._given), folder.root if folder.is_one else folder.place)

    def _changed(self) -> None:
        try:
            self._command.text = visible(shlex.join(["govsim", "run", *self._words()]))
        except ConfigError as error:
            self._command.text = str(error)

    async def _estimate(self) -> None:
        words = self._allowed()
        if words is None:
            return
        self._say(lambda: busy("Estimating without calling a model …"))
        is_known, text = await run.io_bound(estimate, words) or (False, "")
        self._say(lambda: _show_estimate(text) if is_known else wrong("The estimate failed.", text))

    def _start(self) -> None:
        words = self._allowed()
        if words is None or self._waiting is not None:  # ignores a second click
            return
        try:
            self._waiting = self._site.processes.start(words)
        except OSError as error:
            self._refuse(f"govsim run cannot be started ({error.strerror or error})")
            return
        self._say(lambda: busy("Starting; the page of the run opens automatically …"))

    def _allowed(self) -> tuple[str, ...] | None:
        try:
            return self._words()
        except ConfigError as error:
            self._refuse(str(error))
            return None

    def _refuse(self, why: str) -> None:
        self._say(lambda: wrong("This run cannot be started.", why))

    def _say(self, build: Callable[[], object]) -> None:
        """Replace the message below the buttons."""
        self._answer.clear()
        with self._answer:
            build()

    def _refresh(self) -> None:
        waiting, started = self._waiting, self._site.processes.all
        if waiting is not None and waiting.journals:
            self._waiting = None
            ui.navigate.to(address("run", waiting.journals[0]))
        elif waiting is not None and not waiting.is_running:
            self._waiting = None
            self._say(lambda: _show_end(waiting))
        self._list.show(tuple((*one.state, len(one.journals)) for one in started), self._show_started)

    def _show_started(self) -> None:
        if not self._site.processes.all:
            return
        runs = {entry.name: entry.measures for entry in self._site.index.named}
        with card("Started from this page"):
            for one in self._site.processes.all:
                with ui.element("div").classes("box stack-tight"):
                    ui.label(short(one.command, 400)).classes("mono said")
                    for name in one.journals[:20]:
                        ui.link(short(run_name(runs.get(name), name), 160), address("run", name))
                    with ui.element("div").classes("row-line"):
                        state = "running" if one.is_running else f"exit code {one.process.returncode}"
                        ui.label(state).classes("chip")
                        _buttons(self._site, one)
                    if one.error:
                        note(short(one.error, 400)).classes("said")


def _show_estimate(text: str) -> None:
    """Show the table of an estimate, which scrolls, and its notes, which do not."""
    table, _, notes = text.partition("\n\n")
    with ui.element("div").classes("box stack-tight"):
        with ui.element("div").classes("scroll"):
            ui.label(table).classes("mono").style("white-space: pre")
        for paragraph in notes.split("\n\n"):
            note(" ".join(paragraph.split()))


def _show_end(started: Started) -> None:
    """Show why a command ended before it created a journal."""
    if started.stopped is not None:
        empty("pause_circle", "Stopped before the journal was created.")
        return
    if started.process.returncode == 0:
        empty("task_alt", "These runs exist already and have finished.", "Choose another seed.")
    else:
        wrong("The command ended before creating a journal.")
    if started.output:
        said(started.output, classes="mono box")


class RunControls:
    """The controls of a run that was started from a page; empty for any other run.

    Args:
        site: the shared state.
        name: the name of the run.
    """

    def __init__(self, site: Site, name: str) -> None:
        self._site, self._name = site, name
        self._place = LivePart("stack-tight")

    def refresh(self, *, is_running: bool) -> None:
        """Show the buttons for the state of the process.

        Args:
            is_running: whether any process executes the run.
        """
        started = self._site.processes.starter_of(self._name) if self._site.settings.may_start else None
        if started is not None:
            self._place.show((started.state, is_running), lambda: self._show(started, is_running=is_running))

    def _show(self, started: Started, *, is_running: bool) -> None:
        with ui.element("div").classes("row-line"):
            _buttons(self._site, started, is_held=is_running and not started.is_running)
        if started.error and not is_running:
            wrong("The command has ended.", started.error)


def _buttons(site: Site, started: Started, *, is_held: bool = False) -> None:
    """Buttons to stop or resume a command, and to show its output.

    Args:
        site: the shared state.
        started: the command.
        is_held: whether another process executes its run.
    """
    look = "outline dense no-caps"
    if started.is_stopping:
        ui.button("Stopping …", icon="stop").props(f"{look} color=negative disable")
    elif started.is_running:
        ui.button("Stop", icon="stop", on_click=lambda: _stop(site, started)).props(f"{look} color=negative")
    elif is_held:
        ui.label("run by another process").classes("chip")
    elif started.process.returncode != 0:
        ui.button("Resume", icon="play_arrow", on_click=lambda: _resume(site, started)).props(look)
    ui.button("Output", icon="terminal", on_click=lambda: _tell(started)).props("flat dense no-caps")


def _stop(site: Site, started: Started) -> None:
    site.processes.stop(started)
    ui.notify("Stopping. The runs can be resumed.")


def _resume(site: Site, started: Started) -> None:
    try:
        site.processes.resume(started)
    except OSError as error:
        ui.notify(f"The run cannot be resumed ({error.strerror or error}).", type="negative")
        return
    ui.notify("Resuming. Finished runs are not changed.")


def _tell(started: Started) -> None:
    with dialog("Output of the command"):
        ui.label(started.command).classes("mono said strong")
        said(started.output or "No output yet.", classes="mono")


def _default_first(names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: (name != DEFAULT, name))
