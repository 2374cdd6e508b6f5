"""What a page shows while a computation is in progress, and when it fails."""

from __future__ import annotations

import logging
import operator
from collections.abc import Iterator
from functools import partial

import pytest
from nicegui import Client, ui
from starlette.requests import Request

from govsim.errors import AnalysisError
from govsim.web.parts.live import computed
from govsim.web.workers import Workers, page_message

DOING, FAILED = "Reading the talk; with many journals this takes a while …", "The dialogues cannot be shown."


@pytest.fixture
def place() -> Iterator[ui.element]:
    """A place on a page."""
    with Client(ui.page(""), request=Request({"type": "http", "headers": [], "query_string": b"", "path": "/"})):
        yield ui.element("div")


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Processes that compute."""
    one = Workers()
    yield one
    one.close()


def said(place: ui.element) -> list[str]:
    return [one.text for one in place.descendants() if isinstance(one, ui.label)]


async def test_result_replaces_the_activity_indicator(place: ui.element) -> None:
    async def compute() -> str:
        assert said(place) == [DOING]
        return "found"

    await computed(place, DOING, FAILED, compute, ui.label)
    assert said(place) == ["found"]


async def test_unexpected_error_of_a_worker_is_shown_in_one_line(
    place: ui.element, workers: Workers, caplog: pytest.LogCaptureFixture
) -> None:
    await computed(place, DOING, FAILED, partial(workers.compute, operator.floordiv, 1, 0), ui.label)
    title, problem = said(place)
    assert title == FAILED
    assert problem.startswith("ZeroDivisionError: ")
    assert problem.endswith("this is a bug in govsim, and the terminal in which govsim view runs shows the details")
    assert "\n" not in problem
    assert "Traceback" in caplog.text


def test_govsim_error_is_shown_as_it_is_and_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert page_message(AnalysisError("no run is like this")) == "no run is like this"
    assert caplog.text == ""
