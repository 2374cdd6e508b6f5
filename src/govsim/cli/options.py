"""Options that several commands share, and errors for renamed commands."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar, cast, get_args, get_type_hints

import typer
from typer.core import TyperGroup

from govsim.errors import ConfigError

TableFormat = Literal["text", "markdown", "latex", "csv", "json", "html"]
"""The formats of `govsim.analysis.tables`."""

Design = Literal["unpaired", "paired"]
"""The designs of `govsim.analysis.statistics`, whose modules are slow to import."""

C = TypeVar("C", bound=Callable[..., Any])

Texts = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """Options of model calls and budgets."""

    model_arg: Annotated[Texts, typer.Option("-M", metavar="NAME=VALUE", help="Argument of the model. Repeatable.")] = (
        field(default_factory=list)
    )
    sets: Annotated[
        Texts,
        typer.Option("--set", metavar="KEY=VALUE", help="Setting of the experiment or the execution. Repeatable."),
    ] = field(default_factory=list)
    connections: Annotated[int | None, typer.Option(help="Maximum number of concurrent requests per model.")] = None
    max_cost: Annotated[float | None, typer.Option(help="Maximum cost of this command in dollars.")] = None
    max_tokens: Annotated[int | None, typer.Option(help="Maximum tokens of this command.")] = None
    max_calls: Annotated[int | None, typer.Option(help="Maximum model calls of this command.")] = None
    max_time: Annotated[float | None, typer.Option(help="Maximum time of this command in seconds.")] = None
    price: Annotated[
        Texts,
        typer.Option(
            metavar="MODEL=IN/OUT[/CACHED]",
            help="Price of a model in dollars per million input, output and cached tokens. Repeatable.",
        ),
    ] = field(default_factory=list)
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="URL of the model's server.")] = None
    accept_version: Annotated[
        bool, typer.Option("--accept-version", help="Resume journals of another version or with other prompts.")
    ] = False
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Estimate calls, tokens and cost without calling a model.")
    ] = False


DesignOption = Annotated[
    Design | None,
    typer.Option(
        metavar="unpaired|paired",
        help="Compare all runs, or pairs of runs with the same seed.",
        show_default="as declared, or unpaired",
    ),
]
"""The option for the design of comparisons."""

PrimaryOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Primary measure, shown first; all others are secondary.",
        show_default="as declared, or survival_time",
    ),
]
"""The option for the primary measure."""

Formatted = Annotated[
    TableFormat,
    typer.Option("--format", metavar="FORMAT", help="Output format: text, markdown, latex, csv, json or html."),
]
"""The option for the format of tables."""

Columns = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,...",
        help="Columns, separated by commas; for csv and json, keys of the JSON output. An unknown name lists all.",
        show_default="all",
    ),
]
"""The option for the columns of tables."""

TextOrJson = Annotated[Literal["text", "json"], typer.Option("--format", metavar="text|json", help="Output format.")]
"""The option for the format of commands that write only text or JSON."""

Campaign = Annotated[
    str, typer.Argument(metavar="EXPERIMENT.yaml|SCENARIO", help="Experiment file, or scenario.", show_default=False)
]
"""The argument of commands that plan runs without executing them."""

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder with journals, searched recursively, or one journal.")
]
"""The argument of commands that read journals."""

FromMonth = Annotated[
    int,
    typer.Option(
        min=1, help="First month counted in gain, efficiency and equality; in figures and reports also in survival."
    ),
]
"""The option for the first month that measures include."""

Seed = Annotated[int, typer.Option(min=0, help="Random seed.")]
"""The option for the random seed of an analysis."""

Prompts = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder with custom prompt templates.")]
"""The option for custom prompt templates."""


FigureFormat = Literal["png", "svg", "pdf"]
"""The formats of figures, which are the endings of their files."""


def figure_format(file: Path) -> FigureFormat:
    """Return the format of the file of `--figure`.

    Raises:
        ConfigError: the file has another ending.
    """
    for known in get_args(FigureFormat):
        if file.suffix.lower() == f".{known}":
            return cast(FigureFormat, known)
    raise ConfigError(f"--figure {file}: must end in .png, .svg or .pdf")


def check_page(file: Path, option: str) -> None:
    """Reject a file for a page that a browser would not open.

    Raises:
        ConfigError: the file does not end in .html.
    """
    if file.suffix.lower() not in {".html", ".htm"} and not file.is_dir():
        raise ConfigError(f"{option} {file}: must end in .html")


def with_groups(command: C) -> C:
    """Replace each parameter of a command whose type is a dataclass by one option per field of the dataclass."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    options = []
    for parameter in inspect.signature(command).parameters.values():
        if (group := groups.get(parameter.name)) is None:
            options.append(_option(parameter.name, hints[parameter.name], parameter.default))
        else:
            own = get_type_hints(group, include_extras=True)
            options += [_option(one.name, own[one.name], _default_of(one)) for one in fields(group)]

    @wraps(command)
    def expanded(**given: Any) -> Any:
        made = {name: kind(**{one.name: given.pop(one.name) for one in fields(kind)}) for name, kind in groups.items()}
        return command(**given, **made)

    del expanded.__wrapped__  # its parameters differ from those of the command
    expanded.__annotations__ = {option.name: option.annotation for option in options}
    setattr(expanded, "__signature__", inspect.Signature(options))  # noqa: B010 - a function has no such attribute yet
    return cast(C, expanded)


def _option(name: str, kind: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)


def _default_of(option: Field[Any]) -> Any:
    return option.default if option.default_factory is MISSING else option.default_factory()


class Renamed(TyperGroup):
    """A group of commands that replaces one earlier command, and reports the new name for an earlier command line."""

    now: ClassVar[Mapping[str, str]] = {}
    """The new command by earlier option; by the empty string, the new command if no such option is given."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reject an earlier command line, and a command that does not exist.

        Raises:
            ConfigError: names the new command, or lists the commands.
        """
        if not args:
            return super().parse_args(ctx, ["--help"])
        first = args[0]
        option = next((old for old in self.now if old and any(f"{arg}=".startswith(f"{old}=") for arg in args)), "")
        if ctx.resilient_parsing or first in {*self.commands, *ctx.help_option_names}:
            return super().parse_args(ctx, args)
        name, now = f"{ctx.command_path} {option or first}".strip(), f"{ctx.command_path} {self.now[option]}"
        if option or first.startswith("-") or _is_path(first):
            raise ConfigError(f"{name}: is now {now}; see {ctx.command_path} --help")
        raise ConfigError(
            f"{name}: there is no such command; must be one of {', '.join(self.commands)}; show the results in a "
            f"folder with {now}"
        )


def _is_path(word: str) -> bool:
    """Whether a word is a path: it has a separator, or there is such a file or folder."""
    return "/" in word or os.sep in word or Path(word).exists()
