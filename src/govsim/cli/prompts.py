"""`govsim prompts`: make folders of custom prompts."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from govsim.cli.console import say
from govsim.scenarios.original import import_prompts

app = typer.Typer(no_args_is_help=True)


@app.callback()
def prompts() -> None:
    """Make folders of custom prompts, to be used with --prompts.

    Example:

        govsim prompts import GovSim --out original-prompts
    """


@app.command("import")
def import_original_prompts(
    checkout: Annotated[
        Path, typer.Argument(metavar="CHECKOUT", help="Folder of the original program.", show_default=False)
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="New folder for the templates.", show_default=False)
    ],
    scenario: Annotated[
        str, typer.Option(metavar="fishery|pasture|pollution", help="Scenario of the prompts.")
    ] = "fishery",
    version: Annotated[str, typer.Option(metavar="NAME", help="Version of the original's system prompt.")] = "v3",
) -> None:
    """Convert the prompts of the original GovSim, from your own copy of it, to a folder of templates.

    The code of the copy is read, not run. Texts that cannot be converted, or that have no counterpart in govsim, are
    listed on stderr with file and function; govsim's own texts are used there. No file is overwritten.

    Examples:

        govsim prompts import GovSim --out original-prompts

        govsim prompts import GovSim --out silent --scenario pasture --version v3_nocom
    """
    imported = import_prompts(checkout, out, scenario, version)
    for path in imported.files:
        say(str(path))
    for line in imported.unmapped:
        say(f"not converted: {line}", err=True)
    folder = shlex.quote(str(out))
    say(f"\nRun it: govsim run {scenario} --prompts {folder} --protocol paper --model PROVIDER/NAME", err=True)
