"""Placeholders for the values of options and arguments in help texts: NUMBER, TEXT, or nothing for a flag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_type_hints

import typer

_NUMBERS = frozenset({int, float})


def with_placeholders(command: Any) -> Any:
    """Let the help of a command, and of those in a group, show placeholders instead of Python's types."""
    hints = get_type_hints(command.callback)
    set_placeholders(command.get_params(typer.Context(command, help_option_names=["-h", "--help"])), hints)
    for inner in getattr(command, "commands", {}).values():
        with_placeholders(inner)
    return command


def set_placeholders(parameters: Sequence[Any], hints: Mapping[str, Any]) -> None:
    """Set the placeholders of parameters by the types of their values; those without a type are flags."""
    for parameter in parameters:
        if parameter.param_type_name == "argument":
            parameter.display_type_rich = _nothing  # its name is shown already
        elif parameter.metavar is None:
            parameter.metavar = _placeholder(hints.get(parameter.name, bool))


def _placeholder(kind: Any) -> str:
    kinds = {kind, *get_args(kind)}
    if bool in kinds:
        return ""
    return "NUMBER" if kinds & _NUMBERS else "TEXT"


def _nothing(ctx: typer.Context) -> None:
    return None
