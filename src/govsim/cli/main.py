"""The command line: one module per command; what a user can mend is told in one line."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Annotated, TextIO

import typer

from govsim.cli import (
    compare,
    cost,
    dialogue,
    diff,
    export,
    figure,
    import_original,
    models,
    plugins,
    replay,
    report,
    run,
    scenarios,
    skills,
    status,
    table,
    view,
)
from govsim.cli.streams import OutputFailed, leave_output, set_up_streams
from govsim.cli.words import INTERRUPTED_CODE, say
from govsim.errors import GovSimError, out_of_files
from govsim.plugins import PluginWarning
from govsim.redaction import redacted

UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]  # typer gives its base class no public name
"""What typer raises where a command line has not the form it should have."""

app = typer.Typer(
    name="govsim",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        say(version("govsim"))
        raise typer.Exit


@app.callback()
def govsim(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Societies of language-model agents share a renewable resource, and cooperate or collapse."""


COMMANDS: tuple[Callable[..., None], ...] = (
    *(run.run, status.status, table.table, figure.figure, compare.compare, export.export, report.report, view.view),
    *(cost.cost, replay.replay, diff.diff, import_original.import_original, plugins.plugins),
)

for command in COMMANDS:
    app.command()(command)
for module in (dialogue, skills, scenarios, models):
    app.add_typer(module.app, name=module.__name__.rpartition(".")[2])


def main() -> None:
    """Run a command; bad input gets one line and exit code 2."""
    set_up_streams()
    warnings.showwarning = _show_warning
    _shown.clear()
    warnings.filterwarnings("always", category=PluginWarning)
    try:
        code = _exit_code()
        sys.stdout.flush()
    except OutputFailed as failed:
        leave_output()
        code = failed.exit_code
        if failed.reason:
            say(f"govsim: {failed.reason}", err=True)
    sys.exit(code)


_show_other_warning = warnings.showwarning

_shown: set[str] = set()
"""Plug-ins of which a problem has been shown. Python itself forgets it whenever a library changes its filters."""


def _show_warning(  # noqa: PLR0917 - Python's own signature
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show what is wrong with a plug-in in one line, once for each, and any other warning as Python does."""
    if issubclass(category, PluginWarning):
        text = " ".join(str(message).split())
        plugin = text.partition(": ")[0]
        if plugin not in _shown:
            _shown.add(plugin)
            say(redacted(f"govsim: {text}"), err=True)
    else:
        _show_other_warning(message, category, filename, lineno, file, line)


def _exit_code() -> int:
    """The exit code of a command; what it cannot do is printed in one line."""
    try:
        returned = app(standalone_mode=False, prog_name="govsim")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except UsageError as error:
        told = " ".join(error.format_message().split()).rstrip(".")
        if not told:  # nothing was asked for, and the help has been shown
            return 0
        say(redacted(f"govsim: {told}; see govsim --help"), err=True)
        return 2
    except GovSimError as error:
        say(redacted(f"govsim: {error}"), err=True)
        return error.exit_code
    except OutputFailed:
        raise
    except Exception as error:  # noqa: BLE001 - a mistake of ours keeps its traceback, but no secret that stands in it
        limit = out_of_files(error)
        say(redacted(traceback.format_exc() if limit is None else f"govsim: {limit}"), err=True)
        return 1
    if returned == INTERRUPTED_CODE:
        say("govsim: interrupted", err=True)
    return returned if isinstance(returned, int) else 0


if __name__ == "__main__":
    main()
