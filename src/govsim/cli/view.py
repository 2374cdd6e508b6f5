"""`govsim view`: show journals in the browser."""

from __future__ import annotations

import secrets
import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from govsim.cli.console import say
from govsim.cli.options import Folder
from govsim.errors import ConfigError

_DEFAULT = Path("runs")


def view(
    folder: Folder = _DEFAULT,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 selects a free one.")] = 8080,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Address to listen on; addresses that other machines can reach require a token."
        ),
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            help="Access token, part of the URL; generated if it is required and not given.",
            envvar="GOVSIM_VIEW_TOKEN",
            show_envvar=True,
        ),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Disable starting, stopping and resuming runs.")
    ] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """Show journals in a web browser: follow running runs, inspect prompts and memories, compare runs, start new ones.

    No data is loaded from the network. Runs can be started, stopped and resumed only if the server
    listens on the local machine. Press Ctrl-C to exit; runs that were started from a page continue.

    Examples:

        govsim view runs

        govsim view runs --port 8000 --read-only --no-browser

        govsim view runs --host 0.0.0.0
    """
    if not folder.exists() and folder != _DEFAULT:
        raise ConfigError(
            f"{folder}: there is no such folder or journal; start a run with: govsim run fishery --out DIR"
        )
    if token is not None and len(token) < 8:
        raise ConfigError("--token: must have at least 8 characters")
    from govsim.web import ViewSettings, serve  # imports NiceGUI, which --help and errors do not need
    from govsim.web.security import is_this_machine

    if token is None and not is_this_machine(host):
        token = secrets.token_urlsafe(24)
    settings = ViewSettings(folder=folder, host=host, port=port, token=token, is_read_only=read_only)
    try:
        serve(settings, ready=lambda used: _announce(used.address, used.token, opens=browser))
    except KeyboardInterrupt:  # Ctrl-C is the regular way to exit
        return


def _announce(address: str, token: str | None, *, opens: bool) -> None:
    """Print the URL of the pages, with the token, and open a browser if wanted."""
    if token:
        address += f"?token={token}"
    say(f"govsim view: {address}  (press Ctrl-C to exit)")
    if opens:
        threading.Timer(0.3, webbrowser.open, [address]).start()
