"""Starting a run from the page, with what it would take; and what was started here."""

from __future__ import annotations

import shlex
from dataclasses import fields
from typing import Any

from nicegui import run, ui

from govsim.characters import shortened, visible
from govsim.config import condition_names
from govsim.errors import ConfigError
from govsim.scenarios import scenario_names
from govsim.web.command import Form, agents_offered, words_of
from govsim.web.parts.ours import buttons
from govsim.web.parts.words import said
from govsim.web.processes import Started, estimate
from govsim.web.site import Site
from govsim.web.theme import address, card, empty, frame, heading, wrong

_PAUSE = 0.4
_PATIENCE = 600.0  # what somebody has typed is there still when a laptop wakes
_LOOK = "outlined dense options-dense"
_NUMBERS = ("members", "months", "runs", "seed", "max_tokens")


def add(site: Site) -> None:
    """Put the page at its address."""

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
                        "Runs cannot be started from here.",
                        "They can at the local address, without --read-only. Or type:",
                        "govsim run fishery",
                    )


class NewPage:
    """One visitor's form.

    Args:
        site: what all pages share.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._given: dict[str, Any] = {one.name: one.default for one in fields(Form)}
        self._waiting: Started | None = None
        self._listed: list[tuple[int, bool, bool, int]] = []

    def build(self) -> None:
        """Build the page."""
        with card():
            with ui.element("div").classes("form"):
                self._fields()
            ui.label("What is left empty is as the condition says.").classes("soft small")
            with ui.expansion("Any other setting").props("dense").classes("box"), ui.element("div").classes("form"):
                self._text("settings", "Keys of the experiment, a line KEY=VALUE each", is_long=True)
                self._text("model_args", "Arguments of the model, a line NAME=VALUE each", is_long=True)
            self._command = ui.label().classes("mono said box").props('aria-label="The command"')
            with ui.element("div").classes("row-line"):
                ui.button("Estimate", icon="calculate", on_click=self._estimate).props("outline no-caps")
                ui.button("Start", icon="rocket_launch", on_click=self._start).props("unelevated no-caps color=primary")
            self._answer = ui.element("div").props("aria-live=polite")
        self._list = ui.element("div").classes("stack")
        self._changed()
        ui.timer(_PAUSE, self._refresh)

    def _fields(self) -> None:
        self._choice("scenario", "Scenario", scenario_names())
        self._choice("condition", "Condition", sorted(condition_names(), key=lambda name: (name != "default", name)))
        self._choice("agent", "Agents", list(agents_offered()), is_open=True)
        models = {one.measures.model for one in self._site.index.summaries if one.measures} - {"none", "mixed"}
        known = sorted({*models, "embedded/smollm2"})
        field = ui.input(
            "Model, as PROVIDER/NAME", autocomplete=known, on_change=lambda e: self._set("model", e.value or "")
        )
        field.props(_LOOK).classes("twice")
        for name, label in (
            ("members", "Members"),
            ("months", "Months"),
            ("runs", "Runs"),
            ("seed", "First seed"),
        ):
            self._number(name, label)
        self._number("max_cost", "Most dollars", step=0.01)
        self._number("max_tokens", "Most tokens")
        self._text("price", "Price in/out, $ a million")

    def _choice(self, name: str, label: str, options: list[str], *, is_open: bool = False) -> None:
        ui.select(
            options,
            value=self._given[name],
            label=label,
            new_value_mode="add-unique" if is_open else None,
            on_change=lambda e: self._set(name, e.value or ""),
        ).props(_LOOK)

    def _number(self, name: str, label: str, step: float = 1) -> None:
        ui.number(label, min=0, step=step, on_change=lambda e: self._set(name, e.value)).props(_LOOK)

    def _text(self, name: str, label: str, *, is_long: bool = False) -> None:
        field = ui.textarea if is_long else ui.input
        field(label, on_change=lambda e: self._set(name, e.value or "")).props(_LOOK)

    def _set(self, name: str, value: object) -> None:
        is_whole = name in _NUMBERS and isinstance(value, float | int) and value == int(value)
        self._given[name] = int(value) if is_whole else value  # type: ignore[call-overload]
        self._changed()

    def _words(self) -> tuple[str, ...]:
        return words_of(
            Form(**self._given), self._site.folder.root if self._site.folder.is_one else self._site.folder.place
        )

    def _changed(self) -> None:
        try:
            self._command.text = visible(shlex.join(["govsim", "run", *self._words()]))
        except ConfigError as error:
            self._command.text = str(error)

    async def _estimate(self) -> None:
        words = self._allowed()
        if words is None:
            return
        self._tell_busy("Rehearsing with a fake model; nobody is asked …")
        told = await run.io_bound(estimate, words)
        self._answer.clear()
        with self._answer:
            if told is not None and told[0]:
                with ui.element("div").classes("box scroll"):
                    ui.label(told[1]).classes("mono").style("white-space: pre")
            else:
                wrong("There is no estimate.", told[1] if told else "")

    def _start(self) -> None:
        words = self._allowed()
        if words is None or self._waiting is not None:  # a second click on the button starts nothing
            return
        try:
            self._waiting = self._site.processes.start(words)
        except OSError as error:
            self._refuse(f"govsim run cannot be started ({error.strerror or error})")
            return
        self._tell_busy("Starting; its page opens as soon as its journal begins …")

    def _allowed(self) -> tuple[str, ...] | None:
        try:
            return self._words()
        except ConfigError as error:
            self._refuse(str(error))
            return None

    def _refuse(self, why: str) -> None:
        self._answer.clear()
        with self._answer:
            wrong("This cannot be run.", why)

    def _tell_busy(self, text: str) -> None:
        self._answer.clear()
        with self._answer, ui.element("div").classes("row-line"):
            ui.spinner(size="sm")
            ui.label(text).classes("soft")

    def _refresh(self) -> None:
        waiting = self._waiting
        if waiting is not None and waiting.journals:
            self._waiting = None
            ui.navigate.to(address("run", waiting.journals[0]))
        elif waiting is not None and not waiting.is_going_on:
            self._waiting = None
            self._answer.clear()
            with self._answer:
                if waiting.stopped is not None:
                    empty("pause_circle", "It was stopped before its journal began.")
                elif waiting.process.returncode == 0:
                    empty("task_alt", "These runs are there already, and have ended.", "Choose another seed.")
                else:
                    wrong("The command has ended without beginning a journal.")
                if waiting.said and waiting.stopped is None:
                    said(waiting.said, classes="mono box")
        now = [
            (one.process.pid, one.is_going_on, one.is_stopping, len(one.journals)) for one in self._site.processes.all
        ]
        if now != self._listed:
            self._listed = now
            self._list.clear()
            with self._list:
                self._started()

    def _started(self) -> None:
        if not self._site.processes.all:
            return
        with card("Started here"):
            for one in self._site.processes.all:
                with ui.element("div").classes("box stack-tight"):
                    ui.label(visible(shortened(one.command, 400))).classes("mono said")
                    for name in one.journals[:20]:
                        ui.link(visible(shortened(name, 120)), address("run", name))
                    with ui.element("div").classes("row-line"):
                        ui.label("goes on" if one.is_going_on else f"ended with {one.process.returncode}").classes(
                            "chip"
                        )
                        buttons(self._site, one)
                    if one.complaint:
                        ui.label(visible(shortened(one.complaint, 400))).classes("soft small said")
