"""Options that repeat those of modules that are slow to import, and the help texts of all commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from typer.testing import CliRunner

from govsim.analysis.statistics import sides
from govsim.cli.main import COMMANDS, app, loaded
from govsim.cli.options import Design


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    for name in COMMANDS:
        command: Any = loaded(name)
        yield (name,), command
        yield from (((name, inner), one) for inner, one in getattr(command, "commands", {}).items())


def help_of(words: tuple[str, ...], width: int) -> str:
    shown = CliRunner(env={"COLUMNS": str(width), "TERMINAL_WIDTH": str(width)}).invoke(app, [*words, "--help"])
    assert shown.exit_code == 0
    return shown.output


def test_the_designs_of_the_option_are_those_of_the_statistics() -> None:
    assert get_args(Design) == get_args(sides.Design)


@pytest.mark.parametrize("width", [80, 140])
def test_help_texts_show_whole_placeholders_instead_of_types(width: int) -> None:
    assert not re.search("<[a-z ]+>", help_of((), width))
    for words, command in commands():
        shown = help_of(words, width)
        assert not re.search("<[a-z ]+>", shown), words
        placeholders = [one.metavar for one in command.params if one.param_type_name == "option"]
        assert [one for one in placeholders if one not in shown] == [], words
