"""`govsim plugins`: list extensions with their origin and settings, and plug-ins that cannot be used."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Annotated, Any, Literal

import typer

from govsim.cli.console import say, wrapped
from govsim.errors import ConfigError
from govsim.inventory import Kind, Listed, inventory, plugin_problems


def plugins(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND|NAME", help="Kind, such as `rules`, or name, such as `quota`.", show_default=False
        ),
    ] = None,
    format: Annotated[  # noqa: A002  the option's name
        Literal["text", "json"],
        typer.Option("--format", metavar="text|json", help="Output format."),
    ] = "text",
) -> None:
    """List all extensions, built in or from plug-ins, and plug-ins that cannot be used.

    With a kind or a name, show all settings of each extension. The exit code is 1 if a plug-in cannot be used.

    Examples:

        govsim plugins

        govsim plugins rules

        govsim plugins discussion

        govsim plugins --format json
    """
    kinds = inventory()
    broken = plugin_problems()
    shown = kinds if what is None else _chosen(kinds, what)
    if what is not None and not shown and not any(f" {what} of " in problem for problem in broken):
        raise ConfigError(_unknown(kinds, what))
    if format == "json":
        say(_json(shown, broken))
    else:
        say("\n\n".join(_in_full(shown) if what else _listed(shown)))
        for problem in broken:
            say(f"govsim: {problem}", err=True)
    if broken:
        raise typer.Exit(1)


def _chosen(kinds: Sequence[Kind], what: str) -> list[Kind]:
    """Return the kind of this name, otherwise all kinds with extensions of this name."""
    asked = re.sub("[- ]", "_", what)
    if whole := [kind for kind in kinds if asked in (kind.group, kind.name.replace(" ", "_"))]:
        return whole
    found = (replace(kind, extensions=tuple(one for one in kind.extensions if one.name == what)) for kind in kinds)
    return [kind for kind in found if kind.extensions]


def _unknown(kinds: Sequence[Kind], what: str) -> str:
    names = [*(kind.group for kind in kinds), *(one.name for kind in kinds for one in kind.extensions)]
    close = get_close_matches(what, names, n=1)
    hint = f"did you mean {close[0]}? The kinds are" if close else "must be a name or one of the kinds"
    return f"{what}: there is no such kind or extension; {hint} {', '.join(kind.group for kind in kinds)}"


def _listed(kinds: Sequence[Kind]) -> Iterator[str]:
    """Yield each kind with a paragraph for each extension."""
    for kind in kinds:
        name = max(len(one.name) for one in kind.extensions)
        origin = max(len(one.origin) for one in kind.extensions)
        leads = [f"  {one.name:{name}}  {one.origin:{origin}}  " for one in kind.extensions]
        lines = [wrapped(_summary(one), lead=lead) for one, lead in zip(kind.extensions, leads, strict=True)]
        yield "\n".join([f"{kind.group} ({kind.entry_points})", *lines])


def _summary(one: Listed) -> str:
    keys = ", ".join(re.split("[.:]", key.name)[-1] for key in one.settings)
    return f"{one.summary} [{keys}]" if keys else one.summary


def _in_full(kinds: Sequence[Kind]) -> Iterator[str]:
    """Yield each extension with its settings."""
    for kind in kinds:
        for one in kind.extensions:
            lines = [f"{kind.name} {one.name} ({one.origin})", wrapped(one.summary, lead="  ")]
            for key in one.settings:
                default = "required" if key.default is None else f"default {key.default}"
                values = key.values.replace("`", "")
                lines.append(wrapped(f"{key.name}: {values}; {default}", lead="  "))
                lines.append(wrapped(key.meaning, lead=" " * 6))
            if one.written:
                lines.append(wrapped(f"Written as: {one.written}", lead="  "))
            yield "\n".join(lines)


def _json(kinds: Sequence[Kind], broken: Sequence[str]) -> str:
    extensions = [_as_json(kind, one) for kind in kinds for one in kind.extensions]
    return json.dumps({"extensions": extensions, "problems": list(broken)}, indent=2)


def _as_json(kind: Kind, one: Listed) -> Mapping[str, Any]:
    return {
        "kind": kind.name,
        "group": kind.entry_points,
        "name": one.name,
        "origin": one.origin,
        "summary": one.summary,
        "settings": [
            {"key": key.name, "values": key.values, "default": key.default, "description": key.meaning}
            for key in one.settings
        ],
    }
