"""The command line: one module per command; what a user can mend is told in one line."""

from __future__ import annotations

import ast
import sys
import traceback
import warnings
from functools import cache
from importlib import import_module
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from govsim.cli.streams import OutputFailed, leave_output, set_up_streams
from govsim.cli.words import INTERRUPTED_CODE, say
from govsim.errors import GovSimError, out_of_files
from govsim.plugins import PluginWarning
from govsim.redaction import redacted

UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]  # typer gives its base class no public name
"""What typer raises where a command line has not the form it should have."""

COMMANDS = (
    *("run", "status", "table", "figure", "compare", "export", "report", "view", "cost", "replay", "diff"),
    *("import-original", "plugins", "dialogue", "skills", "scenarios", "models"),
)
"""The commands in the order of the help. Each is a module, which defines a function of its name or a group `app`."""


@cache
def loaded(command: str) -> Any:
    """A command with its module, ready to be invoked."""
    name = _module_of(command)
    module = import_module(f"govsim.cli.{name}")
    alone = typer.Typer(rich_markup_mode="markdown")
    if hasattr(module, "app"):
        alone.add_typer(module.app, name=command)
    else:
        alone.command(command)(getattr(module, name))
    return typer.main.get_group(alone).commands[command]


@cache
def outlined(command: str) -> TyperCommand:
    """A command as lists of commands show it: its name, and its help from the source of its module, not imported."""
    name = _module_of(command)
    tree = ast.parse((Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return TyperCommand(command, help=ast.get_docstring(function))


def _module_of(command: str) -> str:
    return command.replace("-", "_")


class _Commands(TyperGroup):
    """Imports the module of a command when the command is invoked, or its own help is asked for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = dict.fromkeys(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """The command of a name, with nothing but its help."""
        return outlined(cmd_name) if cmd_name in self.commands else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that a command line names, loaded."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else loaded(name), rest


app = typer.Typer(
    name="govsim",
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        say(version_of("govsim"))
        raise typer.Exit


@app.callback()
def govsim(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Societies of language-model agents share a renewable resource, and cooperate or collapse."""


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


def _show_warning(message: Warning | str, category: type[Warning], *where: Any, **named: Any) -> None:
    """Show what is wrong with a plug-in in one line, once for each, and any other warning as Python does."""
    if issubclass(category, PluginWarning):
        text = " ".join(str(message).split())
        plugin = text.partition(": ")[0]
        if plugin not in _shown:
            _shown.add(plugin)
            say(redacted(f"govsim: {text}"), err=True)
    else:
        _show_other_warning(message, category, *where, **named)


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
