"""What is shown where there is no page: what that means, and the way back."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from nicegui import Client, ui
from nicegui import app as pages
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from govsim.web.site import Site
from govsim.web.theme import card, empty, frame, heading


def answer_strangers(app: FastAPI, site: Site) -> None:
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
