"""A browser, and servers for folders of runs. Without Chromium these tests are skipped."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

import govsim
from tests.browser.serving import CHROMIUM, Served, chromium, is_here, served
from tests.commands import govsim as command

Serve = Callable[..., Served]

MONTHS = 3

SOCIETY = "three-months"
"""The folder of all runs; a society's label would hold a hash of its settings."""

RUN = f"fishery/default/{SOCIETY}/seed-0.jsonl"
"""A run; in `studied`, with judgements."""

STALE = f"fishery/default/{SOCIETY}/seed-1.jsonl"
"""A run that was edited after it was judged."""

TOKEN = "a-long-enough-token"

_WRONG = re.compile(rb'(?<="least":)(\d+)(,"most":\d+,)"answer":\d+,"is_right":false')
"""A wrong answer in a journal of sub-skill tests."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests if there is no browser."""
    if CHROMIUM is None:
        for item in items:
            if "tests/browser/" in item.path.as_posix():
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed: apt-get install chromium"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the text of the page to the report of a failed test."""
    report = yield
    tab = getattr(item, "funcargs", {}).get("page")
    if report.when == "call" and report.failed and tab is not None:
        report.sections.append((f"The page {tab.url}", tab.locator("body").inner_text()))
    return report


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of two conditions, with discussions and memories."""
    pytest.importorskip("playwright", reason="Playwright is not installed: make install-dev")
    place = tmp_path_factory.mktemp("view") / "runs"
    for condition in ("default", "universalization"):
        govsim.run("fishery", model="fake/society", months=MONTHS, condition=condition, runs=2, out=place)
        (made,) = (place / "fishery" / condition).iterdir()
        made.rename(made.with_name(SOCIETY))
    return place


def orphaned(folder: Path) -> bytes:
    """The journal of a run with a dead process."""
    (whole,) = folder.glob("fishery/default/*/seed-0.jsonl")
    return re.sub(rb'"process":\d+', b'"process":4194305', whole.read_bytes())


@pytest.fixture(scope="session")
def studied(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two judged runs, one of which was edited afterwards, and a tested model.

    Made before the browser: its loop would be in the way of that of a command.
    """
    place = tmp_path_factory.mktemp("studied") / "runs"
    shutil.copytree(folder / "fishery" / "default", place / "fishery" / "default")
    asked = [word for name in ("labels", "promises") for word in ("--ask", name)]
    assert command(place.parent, "dialogue", "judge", "runs", "--model", "fake/judge", *asked).returncode == 0
    words = ("--model", "fake/society", "--scenario", "fishery", "--problems", "4", "--test", "dynamics")
    assert command(place.parent, "skills", "test", *words, "--out", "runs").returncode == 0
    edited = place / STALE
    edited.write_bytes(edited.read_bytes().replace(b"I say", b"I sing"))
    return place


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two societies that differ in a member and in the growth rate, in folders labelled by hashes, read by a judge."""
    place = tmp_path_factory.mktemp("mixed") / "runs"
    for changes in ({"members.Luke.agent": "policy:greedy"}, {}):
        settings = {"models.args": {"catch": 11}, "world.growth": 1.8, **changes}
        govsim.run("fishery", model="fake/society", months=1, settings=settings, out=place)
    assert (
        command(place.parent, "dialogue", "judge", "runs", "--model", "fake/judge", "--ask", "labels").returncode == 0
    )
    return place


@pytest.fixture(scope="session")
def skilled(studied: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three models that were both tested and run: copies of one under other names, with 0 to 2 correct answers."""
    place = tmp_path_factory.mktemp("skilled") / "runs"
    (study,) = studied.glob("skills/**/*.study")
    for correct, name in enumerate((b"alpha/one", b"beta/two", b"gamma/three")):
        for source in (study, studied / RUN):
            copy = place / name.decode().replace("/", "-") / source.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            content = source.read_bytes().replace(b"fake/society", name)
            copy.write_bytes(_WRONG.sub(rb'\1\2"answer":\1,"is_right":true', content, count=correct))
    return place


@pytest.fixture(scope="session")
def governed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A society with a quota and one without."""
    place = tmp_path_factory.mktemp("governed") / "runs"
    for condition, rules in (("default", []), ("universalization", [{"quota": {"amount": 7}}])):
        settings = {"institutions": rules}
        govsim.run("fishery", agent="policy:fixed:9", condition=condition, months=2, settings=settings, out=place)
    return place


@pytest.fixture(scope="session")
def long_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A greedy society of members with long names."""
    place = tmp_path_factory.mktemp("names") / "runs"
    names = ["Maximiliane von Hohenlohe-Langenburg", "Bartholomew Featherstonehaugh-Cholmond", "Kate"]
    govsim.run("fishery", agent="policy:greedy", months=1, settings={"society.members": names}, out=place)
    return place


@pytest.fixture(scope="module")
def browser(studied: Path, mixed: Path, skilled: Path, governed: Path, long_names: Path) -> Iterator[Any]:
    """One browser for the tests of a module; its event loop must not run during other tests."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def site(folder: Path) -> Iterator[Served]:
    """A server of `folder`."""
    with served(folder) as one:
        yield one


@pytest.fixture(scope="session")
def guarded(folder: Path) -> Iterator[Served]:
    """A read-only server of `folder` with a token."""
    with served(folder, "--token", TOKEN, "--read-only") as one:
        yield one


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    """A server of an initially empty folder, and the folder."""
    place = tmp_path_factory.mktemp("live") / "runs"
    place.mkdir()
    with served(place) as one:
        yield one, place


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers of other folders: `serve(folder, "--read-only")`."""
    with ExitStack() as open_ones:
        yield lambda place, *options: open_ones.enter_context(served(place, *options))


_REFUSED = "ERR_CONNECTION_REFUSED"


class Watched:
    """Records what must not happen in a browser context: requests to other machines, and errors of scripts.

    The console also reports the error status of a page itself, and of the icon that the browser then requests. Tests
    that request such a page assert its status, so these two are not recorded; nor are connections refused after a
    test has stopped the server.

    Args:
        context: the context.
    """

    def __init__(self, context: Any) -> None:
        self.foreign: list[str] = []
        self._messages: list[tuple[str, str]] = []
        self._refused_pages: set[str] = set()
        context.on("page", self._watch)

    @property
    def errors(self) -> list[str]:
        """Errors of scripts, and error messages of the console."""
        return [
            f"{text} {url}".strip()
            for text, url in self._messages
            if not (text.startswith("Failed to load resource") and self._is_of_refused_page(url))
            and _REFUSED not in text
        ]

    def _is_of_refused_page(self, address: str) -> bool:
        return address in self._refused_pages or (bool(self._refused_pages) and address.endswith("/favicon.ico"))

    def _watch(self, tab: Any) -> None:
        tab.on("request", lambda request: self._visit(request.url))
        tab.on("websocket", lambda socket: self._visit(socket.url))
        tab.on("response", self._answered)
        tab.on("pageerror", lambda error: self._messages.append((str(error), "")))
        tab.on("console", self._said)

    def _visit(self, address: str) -> None:
        if not is_here(address):
            self.foreign.append(address)

    def _answered(self, response: Any) -> None:
        if response.request.is_navigation_request() and response.status >= 400:
            self._refused_pages.add(response.url)

    def _said(self, message: Any) -> None:
        if message.type == "error":
            self._messages.append((message.text, message.location.get("url", "")))


def wait_until_connected(tab: Any) -> None:
    """Wait until a page of the app is connected to its server: NiceGUI drops every click before that."""
    tab.wait_for_function("window.did_handshake !== false")  # other pages do not define it


def click_until(button: Any, shown: Any) -> None:
    """Click on a button in a table until something is shown.

    NiceGUI makes the cells of a table anew whenever anything on the page changes; a click in that moment is lost.
    """
    from playwright.sync_api import TimeoutError as NotShown

    for _ in range(5):
        with suppress(NotShown):
            button.click(timeout=15_000)
        with suppress(NotShown):
            shown.wait_for(timeout=15_000)
            return
    shown.wait_for()


def _connecting(tab: Any, load: Callable[..., Any]) -> Callable[..., Any]:
    def load_and_connect(*args: Any, **options: Any) -> Any:
        response = load(*args, **options)
        wait_until_connected(tab)
        return response

    return load_and_connect


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A tab without cookies; its test fails on any error in the console and on any request to another machine.

    Its `goto` and `reload` return when the page is connected to its server.
    """
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    watched = Watched(context)
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    for name in ("goto", "reload"):
        setattr(tab, name, _connecting(tab, getattr(tab, name)))
    yield tab
    context.close()
    assert watched.foreign == []
    assert watched.errors == []
