"""`govsim models`: the embedded model."""

from __future__ import annotations

from typing import Annotated

import typer

from govsim.cli.words import say
from govsim.errors import ConfigError
from govsim.models.weights import install_weights

app = typer.Typer(no_args_is_help=True)


@app.callback()
def models() -> None:
    """Language models that come with govsim."""


@app.command("install")
def install(which: Annotated[str, typer.Argument(help="The model: embedded.", show_default=False)]) -> None:
    """Fetch the weights of the embedded model into the cache, and verify them.

    Example:
        govsim models install embedded
    """
    if which != "embedded":
        raise ConfigError(f"{which}: there is nothing to install for it; the model that can be installed is embedded")
    say(f"installed: {install_weights()}")
