"""`govsim plugins`: every extension that is there, whose it is, its settings, and plug-ins that cannot be used."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from textwrap import fill
from typing import Annotated, Any, Literal

import typer

from govsim.cli.words import say
from govsim.errors import ConfigError
from govsim.inventory import Kind, Listed, inventory, problems

_NARROWEST = 40


def plugins(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND|NAME", help="A kind, as in `rules`, or a name, as in `quota`.", show_default=False
        ),
    ] = None,
    format: Annotated[  # noqa: A002  the option's name
        Literal["text", "json"],
        typer.Option("--format", metavar="text|json", help="Plain text, or JSON with all settings."),
    ] = "text",
) -> None:
    """List extensions of every kind: those of govsim and of installed plug-ins, and plug-ins that cannot be used.

    With a kind or a name, show the settings of each extension in full, by the keys that set them. The exit code is 1
    when a plug-in cannot be used.

    Examples:
        govsim plugins

        govsim plugins rules

        govsim plugins discussion

        govsim plugins --format json
    """
    kinds = inventory()
    broken = problems()
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
    """The kind of a name, else all kinds with the extensions of that name."""
    asked = re.sub("[- ]", "_", what)
    if whole := [kind for kind in kinds if asked in (kind.group, kind.name.replace(" ", "_"))]:
        return whole
    found = (replace(kind, extensions=tuple(one for one in kind.extensions if one.name == what)) for kind in kinds)
    return [kind for kind in found if kind.extensions]


def _unknown(kinds: Sequence[Kind], what: str) -> str:
    names = [*(kind.group for kind in kinds), *(one.name for kind in kinds for one in kind.extensions)]
    close = get_close_matches(what, names, n=1)
    hint = f"did you mean {close[0]}? Kinds are" if close else "give a name, or one of the kinds"
    return f"{what}: there is no such kind or extension; {hint} {', '.join(kind.group for kind in kinds)}"


def _listed(kinds: Sequence[Kind]) -> Iterator[str]:
    """Each kind with a paragraph for each extension."""
    for kind in kinds:
        name = max(len(one.name) for one in kind.extensions)
        origin = max(len(one.origin) for one in kind.extensions)
        leads = [f"  {one.name:{name}}  {one.origin:{origin}}  " for one in kind.extensions]
        lines = [_paragraph(_summary(one), lead=lead) for one, lead in zip(kind.extensions, leads, strict=True)]
        yield "\n".join([f"{kind.group} ({kind.entry_points})", *lines])


def _summary(one: Listed) -> str:
    keys = ", ".join(re.split("[.:]", key.name)[-1] for key in one.settings)
    return f"{one.summary} [{keys}]" if keys else one.summary


def _in_full(kinds: Sequence[Kind]) -> Iterator[str]:
    """Each extension with its settings."""
    for kind in kinds:
        for one in kind.extensions:
            lines = [f"{kind.name} {one.name} ({one.origin})", _paragraph(one.summary, lead="  ")]
            for key in one.settings:
                default = "required" if key.default is None else f"default {key.default}"
                values = key.values.replace("`", "")
                lines.append(_paragraph(f"{key.name}: {values}; {default}", lead="  "))
                lines.append(_paragraph(key.meaning, lead=" " * 6))
            if one.written:
                lines.append(_paragraph(f"Written as {one.written}", lead="  "))
            yield "\n".join(lines)


def _paragraph(text: str, *, lead: str) -> str:
    """A text behind a lead, in the width of the terminal; on one line where there is none."""
    if not sys.stdout.isatty():
        return f"{lead}{text}".rstrip()
    width = max(len(lead) + _NARROWEST, shutil.get_terminal_size().columns)
    return fill(
        text,
        width,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


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
