"""Where progress is shown: a notebook, a terminal, or lines on stderr. Loads neither a terminal library nor IPython."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from importlib import import_module
from typing import Any, Literal, Self

from govsim.characters import visible

DisplayKind = Literal["notebook", "terminal", "lines"]
"""Where progress is shown: in the output of a notebook cell, live on a terminal, or as lines on stderr."""

StepListener = Callable[[str], None]
"""Called with a description of each step before it."""

_TERMINAL_SHELL = "TerminalInteractiveShell"
"""The class of IPython's shells in terminals; all others display outputs as a notebook does."""


def display_kind(progress: bool | None) -> DisplayKind | None:
    """Return where progress is shown; None if it is not shown.

    Args:
        progress: whether it is shown; if None, in notebooks and terminals only.
    """
    if progress is False:
        return None
    if _is_notebook():
        return "notebook"
    if sys.stderr is not None and sys.stderr.isatty():
        return "terminal"
    return "lines" if progress else None


def _is_notebook() -> bool:
    """Return whether IPython executes this code outside a terminal."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and all(kind.__name__ != _TERMINAL_SHELL for kind in type(shell).__mro__)


def write_line(text: str) -> None:
    """Write a line to stderr, with control characters escaped."""
    sys.stderr.write(f"{visible(text)}\n")
    sys.stderr.flush()


class CellOutput:
    """An output of a notebook cell whose content can be replaced. It needs no ipywidgets.

    It must be used in the thread that executes the cell: a notebook assigns outputs to cells by thread.
    """

    def __init__(self) -> None:
        self._handle: Any = None

    @property
    def is_shown(self) -> bool:
        """Whether it has had any content."""
        return self._handle is not None

    def show(self, html: str, text: str) -> None:
        """Show or replace the content.

        Args:
            html: the content for notebooks in a browser.
            text: the content for others.
        """
        display: Any = import_module("IPython.display").display  # not a dependency: only notebooks have it
        content = {"text/html": html, "text/plain": text}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)


class NoDisplay:
    """A display of the progress of jobs that shows nothing; the others are in `govsim.library.displays`."""

    def on_event(self, job: Any, event: Any) -> None:
        """Update the progress after an event of a job."""

    def on_progress(self, job: Any, progress: Any) -> None:
        """Show the progress of a job that another process executes."""

    def on_wait(self, wait: Any) -> None:
        """Update the progress after the start of a wait before a failed request is retried."""

    def refresh(self) -> None:
        """Show the current progress if that is due. The thread that waits for the jobs calls it several times a second.

        Displays that do not depend on a thread show the progress by themselves.
        """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Show the end."""


@contextmanager
def showing_steps(progress: bool | None = None) -> Iterator[StepListener]:
    """Show the current step of a longer computation: in one line of a notebook, otherwise in a line for each step.

    Args:
        progress: whether steps are shown; if None, in notebooks and terminals only.
    """
    kind = display_kind(progress)
    if kind != "notebook":
        yield _ignored if kind is None else write_line
        return
    output = CellOutput()
    try:
        yield lambda step: output.show(f"<p>{escape(visible(step))} …</p>", f"{visible(step)} …")
    finally:
        if output.is_shown:
            output.show("", "")


def _ignored(_step: str) -> None:
    """A step that is not shown."""
