"""`govsim models`: install the embedded model."""

from __future__ import annotations

from typing import Annotated

import typer

from govsim.cli.console import say
from govsim.errors import ConfigError
from govsim.models.weights import install_weights

app = typer.Typer(no_args_is_help=True)


@app.callback()
def models() -> None:
    """Install bundled language models.

    Example:

        govsim models install embedded
    """


@app.command("install")
def install(
    which: Annotated[
        str, typer.Argument(metavar="MODEL", help="Model to install; only embedded is available.", show_default=False)
    ],
) -> None:
    """Download the weights of the embedded model to the cache, and verify them.

    Example:

        govsim models install embedded
    """
    if which != "embedded":
        raise ConfigError(f"{which}: there is no such bundled model; must be embedded")
    say(f"installed: {install_weights()}")
