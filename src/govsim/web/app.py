"""The server: all routes, what they share, what is answered where there is none, and how it begins and ends."""

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
"""Seconds for which a page may be out of reach, as on a bad line or a busy machine, and go on where it was."""

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0072B2"/>'
    '<path d="M6 19c4-6 8-6 10 0s6 6 10 0" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>'
)


def serve(settings: ViewSettings, *, ready: Callable[[ViewSettings], None]) -> Site:
    """Serve pages until interrupted.

    Args:
        settings: what, where and to whom. Port 0 stands for any that is free.
        ready: told once requests are answered, with the port that it is.

    Returns:
        What the pages shared, for whoever wants to know what still goes on.

    Raises:
        ConfigError: the address cannot be listened at.
        KeyboardInterrupt: it was interrupted, as it is meant to be.
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
        proxy_headers=False,  # who asks is who connects
        timeout_graceful_shutdown=1,
    )
    before = signal.signal(signal.SIGTERM, _end)  # uvicorn hands it on once nobody is served any more
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)
        site.index.close()
        site.processes.close()
    return site


def application(settings: ViewSettings, *, ready: Callable[[], None]) -> tuple[FastAPI, Site]:
    """The pages as an application. NiceGUI allows one in each process.

    Args:
        settings: what, where and to whom.
        ready: called when it begins to answer.
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
    _answer_strangers(app, site)
    app.add_middleware(Guard, settings=settings)
    return app, site


def _answer_strangers(app: FastAPI, site: Site) -> None:
    """Answer addresses that are none, or that nobody can read, and mistakes of ours, with a page.

    Args:
        app: the application that holds the pages.
        site: what all pages share.
    """

    async def missing(request: Request, _: Exception) -> Response:
        if request.url.path.startswith("/_nicegui"):
            return PlainTextResponse("There is no such file here.\n", status_code=404)
        return _page(site, request, 404, "There is no such page.", "Choose one above; the list of runs leads to all.")

    async def unreadable(request: Request, error: Exception) -> Response:
        parts = error.errors() if isinstance(error, RequestValidationError) else []
        named = ", ".join(dict.fromkeys(str(one["loc"][-1]) for one in parts))
        said = f"This address cannot be read: what it gives as {named} is of another kind."
        return _page(site, request, 422, said, "A month is a whole number. Choose a run from the list instead.")

    async def failed(request: Request, _: Exception) -> Response:
        said = "This page could not be built, which is a mistake of govsim."
        return _page(site, request, 500, said, "The terminal in which govsim view runs says more. Other pages go on.")

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
    """End as by Ctrl-C, and leave nothing behind."""
    raise KeyboardInterrupt


def _listener(settings: ViewSettings) -> socket.socket:
    """A socket that listens, so that nobody is told of an address that does not answer."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((settings.host, settings.port), family=family, backlog=128)
    except OSError as error:
        raise ConfigError(
            f"{settings.host}, port {settings.port}: cannot be listened at ({error.strerror or error}); "
            "choose another with --port or --host"
        ) from error
