"""The server: its routes, shared state, error pages, start and end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import NoReturn

import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from nicegui import Client, ui
from nicegui import app as pages
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from govsim.errors import ConfigError
from govsim.web.pages import add_pages
from govsim.web.security import Guard, ViewSettings
from govsim.web.site import Site, site_of
from govsim.web.theme import card, dress_pages, empty, frame, heading

_PATIENCE = 30.0
"""Seconds for which a page may lose its connection, for example on a busy machine, and continue afterwards."""

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0072B2"/>'
    '<path d="M6 19c4-6 8-6 10 0s6 6 10 0" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>'
)


def serve(settings: ViewSettings, *, ready: Callable[[ViewSettings], None]) -> Site:
    """Serve pages until interrupted.

    Args:
        settings: how the pages are served. Port 0 selects any free port.
        ready: called with the settings, and the selected port, once the server answers requests.

    Returns:
        The shared state of the pages, which lists the runs that are still running.

    Raises:
        ConfigError: the server cannot listen at the address.
        KeyboardInterrupt: the server was interrupted, which is the normal way to stop it.
    """
    listener = _listener(settings)
    settings = replace(settings, port=listener.getsockname()[1])
    app, site = application(settings, ready=lambda: ready(settings))
    config = uvicorn.Config(
        app,
        ws="wsproto",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the client is the peer of the connection
        timeout_graceful_shutdown=1,
    )
    before = signal.signal(signal.SIGTERM, _end)  # uvicorn calls it once all requests are finished
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)
        site.index.close()
        site.processes.close()
    return site


def application(settings: ViewSettings, *, ready: Callable[[], None]) -> tuple[FastAPI, Site]:
    """Create the application. NiceGUI allows one in each process.

    Args:
        settings: how the pages are served.
        ready: called when the application starts.
    """
    site = site_of(settings)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    dress_pages()
    add_pages(site)
    pages.on_startup(site.index.start)
    pages.on_startup(site.watch_processes)
    pages.on_startup(ready)
    pages.on_shutdown(site.index.stop)
    ui.run_with(
        app,
        title="govsim",
        favicon=_ICON,
        dark=None,
        language="en-GB",
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=_PATIENCE,
    )
    _add_error_pages(app, site)
    app.add_middleware(Guard, settings=settings)
    return app, site


def _add_error_pages(app: FastAPI, site: Site) -> None:
    """Add pages for unknown addresses, invalid addresses and internal errors.

    Args:
        app: the application that contains the pages.
        site: the shared state.
    """

    async def missing(request: Request, _: Exception) -> Response:
        if request.url.path.startswith("/_nicegui"):
            return PlainTextResponse("File not found.\n", status_code=404)
        return _page(site, request, 404, "Page not found.", "Choose a page above.")

    async def unreadable(request: Request, error: Exception) -> Response:
        parts = error.errors() if isinstance(error, RequestValidationError) else []
        named = ", ".join(dict.fromkeys(str(one["loc"][-1]) for one in parts))
        said = f"Invalid address: {named} has the wrong type."
        return _page(site, request, 422, said, "A month is a whole number. Choose a run from the list.")

    async def failed(request: Request, _: Exception) -> Response:
        said = "This page failed because of a bug in govsim."
        return _page(
            site,
            request,
            500,
            said,
            "The terminal in which govsim view runs shows the details. Other pages still work.",
        )

    for one in (app, pages):
        one.add_exception_handler(404, missing)
        one.add_exception_handler(RequestValidationError, unreadable)
        one.add_exception_handler(Exception, failed)


def _page(site: Site, request: Request, status: int, text: str, what_next: str) -> Response:
    with Client(ui.page(""), request=request) as client, frame(site, text):
        heading(text)
        with card():
            empty("explore_off", what_next)
            ui.link("All runs", "/").classes("middle")
    return client.build_response(request, status)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Stop the server as Ctrl-C does."""
    raise KeyboardInterrupt


def _listener(settings: ViewSettings) -> socket.socket:
    """A listening socket, so that the printed address answers from the start."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((settings.host, settings.port), family=family, backlog=128)
    except OSError as error:
        raise ConfigError(
            f"{settings.host}, port {settings.port}: cannot listen ({error.strerror or error}); "
            "choose another with --port or --host"
        ) from error
