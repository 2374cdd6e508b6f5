"""The command line: one module per command; what a user can mend is told in one line."""

from __future__ import annotations

import sys

import typer

from govsim.cli import diff, models, replay, run, scenarios, table
from govsim.errors import GovSimError

app = typer.Typer(
    name="govsim",
    help="Societies of language-model agents share a renewable resource, and cooperate or collapse.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
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
