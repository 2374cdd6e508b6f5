"""`govsim view`: pages over journals, in the browser."""

from __future__ import annotations

import secrets
import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from govsim.cli.options import Folder
from govsim.cli.words import say
from govsim.errors import ConfigError

_DEFAULT = Path("runs")


def view(
    folder: Folder = _DEFAULT,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any that is free.")] = 8080,
    host: Annotated[
        str, typer.Option(help="The address to listen at. Another than this machine's own wants a token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            help="What everybody has to show once, in the address. At another address one is made where none is given.",
            envvar="GOVSIM_VIEW_TOKEN",
            show_envvar=True,
        ),
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Start, stop and continue nothing.")] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Whether to open a browser.")] = True,
) -> None:
    """Show pages over journals: watch runs as they go on, replay and compare them, look into every mind.

    Nothing is loaded from the network. Runs can be started, stopped and continued from the page, on this machine alone.
    Ctrl-C ends it; runs that were started from the page go on.

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
        raise ConfigError("--token: must have 8 characters or more, so that nobody guesses it")
    from govsim.web import ViewSettings, serve  # with NiceGUI, which --help and what is refused do not wait for
    from govsim.web.security import is_this_machine

    if token is None and not is_this_machine(host):
        token = secrets.token_urlsafe(24)
    settings = ViewSettings(folder=folder, host=host, port=port, token=token, is_read_only=read_only)
    try:
        serve(settings, ready=lambda used: _tell(used.address, used.token, opens=browser))
    except KeyboardInterrupt:  # which is how it is meant to end
        return


def _tell(address: str, token: str | None, *, opens: bool) -> None:
    """Say where the pages are, with the token, and open a browser there."""
    if token:
        address += f"?token={token}"
    say(f"govsim view: {address}  (Ctrl-C ends it)")
    if opens:
        threading.Timer(0.3, webbrowser.open, [address]).start()
