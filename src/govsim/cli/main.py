"""The command line: one module per command; what a user can mend is told in one line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from govsim.cli import diff, models, replay, run, scenarios, table
from govsim.errors import GovSimError

app = typer.Typer(
    name="govsim",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(version("govsim"))
        raise typer.Exit


@app.callback()
def govsim(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Societies of language-model agents share a renewable resource, and cooperate or collapse."""


app.command("run")(run.run)
app.command("table")(table.table)
app.command("scenarios")(scenarios.scenarios)
app.command("replay")(replay.replay)
app.command("diff")(diff.diff)
app.add_typer(models.app, name="models")


def main() -> None:
    """Run a command; exits with 2 for bad input."""
    try:
        app()
    except GovSimError as error:
        typer.echo(f"govsim: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
