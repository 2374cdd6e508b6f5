"""Take screenshots of every web page in two widths: `python -m docs.screenshots FOLDER`, or `make screenshots`.

Look at them after a change to the pages. Two of them are shown in the README.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import govsim
from tests.browser.serving import Served, chromium, served

WIDTHS = {"wide": 1400, "narrow": 390}
IN_README = {"list-wide": "runs.png", "run-wide": "run.png"}
MANY_SETTINGS: dict[str, Any] = {
    "world.capacity": 200,
    "world.growth": 1.8,
    "world.collapse": 12,
    "world.allocation": "proportional",
    "world.months": 20,
    "observation.stock": {"noise": 0.2},
}
IMAGES = Path(__file__).resolve().parent / "images"


@dataclass(frozen=True)
class Picture:
    """A screenshot of one page.

    Attributes:
        name: the name of the screenshot.
        path: the path of the page.
        ready: a text that is visible once the page is complete.
        scheme: the colour scheme, light or dark.
    """

    name: str
    path: str
    ready: str
    scheme: str = "light"


@dataclass(frozen=True)
class Shown:
    """Runs that show all parts of a page.

    Attributes:
        run: the name of a run with discussions.
        governed: the name of a run with votes, inspections and fines.
    """

    run: str
    governed: str


def societies(folder: Path) -> Shown:
    """Create runs in different conditions, and return the names of those that show all parts of a page."""
    govsim.run("fishery", agent="policy:random", runs=4, out=folder)
    govsim.run("pasture", agent="policy:fair-share", runs=2, out=folder)
    for condition, catch in (("default", 11), ("universalization", 10)):
        settings = {"models.args": {"catch": catch, "catch.Luke": catch + 2, "words": 24}}
        made = govsim.run("fishery", model="fake/society", condition=condition, settings=settings, runs=3, out=folder)
    govsim.run(
        "fishery",
        model="fake/society",
        condition="newcomer",
        settings={"models.args": {"catch": 9, "words": 15}, "world.growth": 1.9},
        out=folder,
    )
    rules: dict[str, Any] = {"models.args": {"catch": 10, "catch.Luke": 12, "words": 24}}
    governed = govsim.run("fishery", model="fake/society", condition="vote-inspected", settings=rules, out=folder)
    govsim.run("pollution", agent="policy:fair-share", settings=MANY_SETTINGS, out=folder)
    study("skills", "test", "--model", "fake/society", "--problems", "20", "--out", str(folder))
    asked = [word for name in ("labels", "promises", "knowledge") for word in ("--ask", name)]
    study("dialogue", "judge", str(folder), "--model", "fake/judge", *asked)
    one, other = (some.results[0].path.relative_to(folder).as_posix() for some in (made, governed))
    return Shown(run=one, governed=other)


def study(*words: str) -> None:
    """Run a govsim command that executes a study."""
    subprocess.run([sys.executable, "-m", "govsim.cli.main", *words], check=True, stdout=subprocess.DEVNULL)


def pictures(shown: Shown) -> Iterator[Picture]:
    """Yield the screenshots of all pages.

    Args:
        shown: the runs to show.
    """
    place, governed = quote(shown.run), quote(shown.governed)
    yield Picture("list", "/", "15 runs")
    yield Picture("list-dark", "/", "15 runs", "dark")
    yield Picture("settings", "/?tab=settings", "Gaffke")
    yield Picture("institutions", f"/run/{governed}?month=3", "Institutions and money")
    yield Picture("institutions-dark", f"/run/{governed}?month=3", "Institutions and money", "dark")
    yield Picture("run", f"/run/{place}?month=3", "Month 3 of")
    yield Picture("run-dark", f"/run/{place}?month=3", "Month 3 of", "dark")
    yield Picture("question", f"/run/{place}?month=3&member=Kate&call=harvest.harvest.0", "Prompt as sent")
    yield Picture("member", f"/member/{place}?member=Luke", "Asked and granted")
    yield Picture("member-dark", f"/member/{place}?member=Luke", "Asked and granted", "dark")
    yield Picture("compare-unpooled", "/compare?by=society", "Differences")
    yield Picture("compare", "/compare?together=1", "Differences from")
    yield Picture("compare-dark", "/compare?together=1", "Differences from", "dark")
    yield Picture("skills", "/skills", "Wrong answers and unreadable replies")
    yield Picture("skills-dark", "/skills", "Wrong answers and unreadable replies", "dark")
    yield Picture("dialogue", "/dialogue", "All labelled utterances")
    yield Picture("dialogue-dark", "/dialogue", "All labelled utterances", "dark")
    yield Picture("report", "/report", "Open in a new tab")
    yield Picture("report-dark", "/report", "Open in a new tab", "dark")
    yield Picture("new", "/new", "govsim run fishery")
    yield Picture("new-dark", "/new", "govsim run fishery", "dark")


def take(browser: Any, site: Served, picture: Picture, width: int, path: Path) -> None:
    """Take one screenshot.

    Args:
        browser: the browser.
        site: the server.
        picture: the page and its state.
        width: the width of the window, in pixels.
        path: the output file.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=picture.scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(site.at(picture.path))
    page.get_by_text(picture.ready).first.wait_for(timeout=90_000)
    page.wait_for_function("!document.body.innerText.includes('Reading journals')", timeout=90_000)
    page.wait_for_timeout(1500)
    is_shown = f"{path.stem}" in IN_README
    page.screenshot(path=path, full_page=not is_shown)
    if is_shown:
        IMAGES.mkdir(exist_ok=True)
        page.screenshot(path=IMAGES / IN_README[path.stem])
    context.close()


def main(arguments: Sequence[str]) -> int:
    """Take all screenshots, and return the exit code."""
    out = Path(arguments[0] if arguments else "screenshots")
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place:
        folder = Path(place) / "runs"
        shown = societies(folder)
        with served(folder) as site, chromium() as browser:
            for picture in pictures(shown):
                for size, width in WIDTHS.items():
                    take(browser, site, picture, width, out / f"{picture.name}-{size}.png")
    print(f"{out}: {len(list(out.glob('*.png')))} screenshots")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
