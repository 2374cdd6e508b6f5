"""Options that several commands have, declared once; and what is said of command lines that were right before."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar, cast, get_type_hints

import typer
from typer.core import TyperGroup

from govsim.errors import ConfigError

TableFormat = Literal["text", "markdown", "latex", "csv", "json", "html"]
"""For a reader, for a paper, for a program; the formats of `govsim.analysis.tables`."""

C = TypeVar("C", bound=Callable[..., Any])

Texts = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How models are asked, and what that may cost."""

    model_arg: Annotated[Texts, typer.Option("-M", metavar="NAME=VALUE", help="Argument of the model.")] = field(
        default_factory=list
    )
    sets: Annotated[
        Texts,
        typer.Option("--set", metavar="KEY=VALUE", help="Any key of the experiment that applies, or of execution."),
    ] = field(default_factory=list)
    connections: Annotated[int | None, typer.Option(help="The most questions in flight for each model.")] = None
    max_cost: Annotated[float | None, typer.Option(help="The most dollars that this command may cost.")] = None
    max_tokens: Annotated[int | None, typer.Option(help="The most tokens that it may use.")] = None
    max_calls: Annotated[int | None, typer.Option(help="The most calls that it may make.")] = None
    max_time: Annotated[float | None, typer.Option(help="The most seconds that it may ask questions.")] = None
    price: Annotated[
        Texts, typer.Option(metavar="MODEL=INPUT/OUTPUT[/CACHED]", help="Dollars for a million tokens of a model.")
    ] = field(default_factory=list)
    base_url: Annotated[str | None, typer.Option(help="Address of the model's server.")] = None
    accept_version: Annotated[
        bool, typer.Option("--accept-version", help="Continue journals of another version or other prompts.")
    ] = False
    estimate: Annotated[bool, typer.Option("--estimate", help="Show what it would take, and ask nobody.")] = False


Formatted = Annotated[
    TableFormat,
    typer.Option("--format", metavar="text|markdown|latex|csv|json|html", help="For a reader, or for a program."),
]
"""The option that says what tables are written as."""

TextOrJson = Annotated[
    Literal["text", "json"], typer.Option("--format", metavar="text|json", help="Plain text, or JSON for a program.")
]
"""The option that says what is written by commands that write no other format."""

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder with journals, at any depth, or one journal.")]
"""The argument of commands that read journals."""

FromMonth = Annotated[
    int,
    typer.Option(
        min=1, help="The first month that gain, efficiency and equality count; in figures and reports survival too."
    ),
]
"""The option that says from which month on measures count."""

Seed = Annotated[int, typer.Option(min=0, help="What random draws come from.")]
"""The option that random draws come from."""

Prompts = Annotated[Path | None, typer.Option(help="Folder with prompt templates of your own.")]
"""The option for words of one's own."""


def with_groups(command: C) -> C:
    """A command that takes groups of options: each parameter whose type is a dataclass stands for its fields."""
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

    del expanded.__wrapped__  # what it takes is not what the command takes
    expanded.__annotations__ = {option.name: option.annotation for option in options}
    setattr(expanded, "__signature__", inspect.Signature(options))  # noqa: B010 - a function has no such attribute yet
    return cast(C, expanded)


def _option(name: str, kind: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)


def _default_of(option: Field[Any]) -> Any:
    return option.default if option.default_factory is MISSING else option.default_factory()


class Renamed(TyperGroup):
    """A group of commands that was one command before: a command line of then is told the name of now."""

    now: ClassVar[Mapping[str, str]] = {}
    """The command of now by an option of then; by nothing, what it is without any of these."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse a command line of before.

        Raises:
            ConfigError: names the command of now.
        """
        first = args[0] if args else ""
        option = next((old for old in self.now if old and any(f"{arg}=".startswith(f"{old}=") for arg in args)), "")
        is_before = option or first[:1] in ("", "-") or Path(first).exists()
        if ctx.resilient_parsing or first in {*self.commands, *ctx.help_option_names} or not is_before:
            return super().parse_args(ctx, args)
        name = f"{ctx.command_path} {option or first}".strip()
        raise ConfigError(f"{name}: is now {ctx.command_path} {self.now[option]}; see {ctx.command_path} --help")
