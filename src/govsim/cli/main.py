"""The command line: one module per command; errors that a user can fix are printed on one line."""

from __future__ import annotations

import ast
import re
import sys
import traceback
import warnings
from functools import cache
from importlib import import_module
from importlib.metadata import version as version_of
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from govsim.cli.console import INTERRUPTED_CODE, say
from govsim.cli.placeholders import set_placeholders, with_placeholders
from govsim.cli.streams import OutputFailed, leave_output, set_up_streams
from govsim.errors import ConfigError, GovSimError, out_of_files, was_interrupted
from govsim.plugins import PluginWarning
from govsim.redaction import redacted

UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]  # typer gives its base class no public name
"""Raised by typer for an invalid command line."""

COMMANDS = (
    *("run", "status", "table", "figure", "compare", "report", "view", "plan", "register", "campaign", "export"),
    *("cost", "replay", "diff", "scenarios", "prompts", "models", "plugins", "dialogue", "skills", "probe"),
    *("tournament", "game", "import-original"),
)
"""The commands in the order of the help. Each is a module that defines a function of the same name or a group `app`."""


@cache
def loaded(command: str) -> Any:
    """Import the module of a command and return the command."""
    name = _module_of(command)
    module = import_module(f"govsim.cli.{name}")
    alone = typer.Typer(rich_markup_mode="markdown")
    if hasattr(module, "app"):
        alone.add_typer(module.app, name=command)
    else:
        alone.command(command)(getattr(module, name))
    return with_placeholders(typer.main.get_group(alone).commands[command])


@cache
def outlined(command: str) -> TyperCommand:
    """Return a command with only its name and its help, read from the source of its module without importing it."""
    name = _module_of(command)
    tree = ast.parse((Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return TyperCommand(command, help=ast.get_docstring(function))


def _module_of(command: str) -> str:
    return command.replace("-", "_")


class _Commands(TyperGroup):
    """Imports the module of a command only when the command is invoked or its help is shown."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = dict.fromkeys(COMMANDS)

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, which are flags."""
        parameters = super().get_params(ctx)
        set_placeholders(parameters, {})
        return parameters

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """Return a command with only its help."""
        return outlined(cmd_name) if cmd_name in self.commands else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command of a command line, imported; reject an empty `--out`, which would be this folder.

        Raises:
            ConfigError: `--out` is empty.
        """
        if "--out=" in args or any(word in ("--out", "-o") and not value for word, value in pairwise(args)):
            raise ConfigError("--out: must not be empty; give a path, or . for the current folder")
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
    """Run a command; invalid input prints one line and exits with 2."""
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
"""Plug-ins whose problem has been shown. Python loses track of this whenever a library changes its filters."""


def _show_warning(message: Warning | str, category: type[Warning], *where: Any, **named: Any) -> None:
    """Print the problem of a plug-in on one line, once per plug-in, and any other warning as Python does."""
    if issubclass(category, PluginWarning):
        text = " ".join(str(message).split())
        plugin = text.partition(": ")[0]
        if plugin not in _shown:
            _shown.add(plugin)
            say(redacted(f"govsim: {text}"), err=True)
    else:
        _show_other_warning(message, category, *where, **named)


def _exit_code() -> int:
    """Run a command and return its exit code; errors are printed on one line."""
    try:
        returned = app(standalone_mode=False, prog_name="govsim")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except UsageError as error:
        text = " ".join(error.format_message().split()).rstrip(".")
        if not text:  # no command was given, and the help was printed
            return 0
        text = _plain(text)
        command = "govsim" if error.ctx is None else error.ctx.command_path
        say(redacted(f"govsim: {text}; see {command} --help"), err=True)
        return 2
    except GovSimError as error:
        say(redacted(f"govsim: {error}"), err=True)
        return error.exit_code
    except OutputFailed:
        raise
    except Exception as error:  # noqa: BLE001 - bugs keep their traceback, without secrets
        return _unexpected(error)
    if returned == INTERRUPTED_CODE:
        say("govsim: interrupted", err=True)
    return returned if isinstance(returned, int) else 0


def _unexpected(error: Exception) -> int:
    """Print an error that is not the user's, and return the exit code."""
    if was_interrupted(error):
        say("govsim: interrupted", err=True)
        return INTERRUPTED_CODE
    limit = out_of_files(error)
    say(redacted("".join(traceback.format_exception(error)) if limit is None else f"govsim: {limit}"), err=True)
    return 1


def _plain(text: str) -> str:
    """Replace the words in which option values are rejected by those of errors in settings."""
    for words, replacement in _WORDS:
        text = words.sub(replacement, text)
    return text


_WORDS = tuple(
    (re.compile(words), replacement)
    for words, replacement in (
        (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", r"Unexpected argument: \1"),
        (r"(No such (?:command|option)\b.*?)\.? Did you mean '?([^'?]+)'?\?", r"\1; did you mean \2?"),
        (r" \(Possible options: (.+)\)", r"; did you mean \1?"),
        (r": Value error, ", ": "),
        (r": Input should be greater than or equal to (\S+)", r": must be at least \1"),
        (r": Input should be less than or equal to (\S+)", r": must be at most \1"),
        (r": Input should be a valid integer.*?(?=;|$)", ": must be a whole number"),
        (r": Input should be a valid number.*?(?=;|$)", ": must be a number"),
    )
)
"""Words of the validation of options, and what is shown instead."""


if __name__ == "__main__":
    main()
