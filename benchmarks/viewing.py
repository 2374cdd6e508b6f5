"""Loading times of the pages of `govsim view`: ``python -m benchmarks.viewing``.

Prints a table, or JSON with ``--json``; ``--write`` writes viewing.json and updates the table in docs/performance.md.
It requires Chromium, writes about 800 MB to a temporary folder, and takes some minutes.

Times are those of a visitor: from requesting a page, in a browser with an empty cache, until its main content is shown.
Pages are served by a separate process, as `govsim view` does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import govsim
from benchmarks import page as docs
from benchmarks import reading, results
from benchmarks.__main__ import REPEATS, machine
from benchmarks.results import Row
from tests.browser.serving import CHROMIUM, Served, chromium, served

FILE = Path(__file__).with_name("viewing.json")

MONTHS, MEMBERS = 60, 50
"""Size of the large society."""

WATCHED = 40
"""Number of months that are watched live, and so of measured delays."""

LONGEST_PAUSE = 0.9
"""Maximum seconds between two months: more than the interval at which the page checks for changes."""

PACKAGES = ("govsim", "nicegui", "playwright")
WIDTH, HEIGHT = 1400, 900
PATIENCE = 60_000
MB = 1e6

Found = dict[str, list[float]]
Tell = Callable[[str], None]

_SCROLL = """async () => {
  const frames = [];
  let last = performance.now();
  while (window.scrollY + window.innerHeight < document.documentElement.scrollHeight - 2) {
    window.scrollBy({top: 200, behavior: "instant"});
    await new Promise(requestAnimationFrame);
    frames.push(performance.now() - last);
    last = performance.now();
  }
  return Math.max(...frames);
}"""
"""Scrolls through the whole page, and returns the milliseconds for drawing its slowest step."""


def main() -> int:
    """Measure, print or write the results, and report missed targets."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.viewing", description="Measure loading times of pages.")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="number of measurements of each value")
    parser.add_argument("--journals", type=int, default=reading.RUNS, help="number of listed journals")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--write", action="store_true", help="write viewing.json and update the table in docs/performance.md"
    )
    chosen = parser.parse_args()
    if CHROMIUM is None:
        print("Chromium is not installed; install it with: apt-get install chromium", file=sys.stderr)
        return 2
    with TemporaryDirectory() as name:
        found = measure(Path(name), chosen.repeats, chosen.journals, _tell)
    print(json.dumps(found, indent=1, ensure_ascii=False) if chosen.json else docs.tables_of_pages(found)["pages"])
    if chosen.write:
        results.write(found, FILE)
        docs.put(docs.tables_of_pages(found))
    missed = [row["what"] for row in found["rows"] if not row["is_reached"]]
    for what in missed:
        print(f"missed: {what}", file=sys.stderr)
    return 1 if missed else 0


def measure(folder: Path, repeats: int, journals: int, tell: Tell) -> results.Results:
    """Run all measurements in sequence."""
    tell("simulating societies")
    reading.write(folder / "many", journals)
    large, watched = _large(folder / "large"), _to_be_watched(folder / "watched")
    found: Found = defaultdict(list)
    with chromium() as browser:
        browser.new_page().goto("about:blank")
        for number in range(repeats):
            tell(f"a list without a cache: {number + 1} of {repeats}")
            with served(folder / "many") as site, _tab(browser) as tab:
                found["cold"].append(_home(tab, site))
        tell("the list, runs and memory")
        _known_list(browser, folder / "many", repeats, found)
        tell("a large society")
        _large_society(browser, large, repeats, found)
        tell("a running run")
        found["delay"] = _delays(browser, watched)
    return {
        "machine": machine(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "browser": browser.version,
        "repeats": repeats,
        "rows": [row.as_json() for row in _rows(found, journals)],
    }


def _rows(found: Found, journals: int) -> Iterator[Row]:
    listed, large = f"{journals:,} journals", f"{MONTHS} months of {MEMBERS} members"

    def row(what: str, values: list[float], **more: Any) -> Row:
        return Row(**{"what": what, "values": values, "unit": "s", "digits": 2, **more})

    yield row(f"list of {listed}, a fresh server: first rows", found["cold"], target=1.5)
    yield row(f"list of {listed}, all of which are known: first rows", found["warm"], target=1.5)
    yield row(f"{listed}: all are known after", found["known"], digits=0)
    yield row("run of 12 months: usable", found["run"], target=2)
    yield row(f"{large}: usable", found["large"])
    yield row(f"{large}: next month", found["step"])
    yield row(f"{large}: slowest step of scrolling", found["scroll"], unit="ms", digits=0)
    yield row(f"delay of the live page, {len(found['delay'])} measurements", found["delay"], target=1)
    yield row("maximum of these", [max(found["delay"])], target=1)
    yield row(f"memory of the server with {listed}", found["memory"], unit="MB", digits=0)
    yield row("memory of its readers", found["readers"], unit="MB", digits=0)


def _known_list(browser: Any, folder: Path, repeats: int, found: Found) -> None:
    """Measure the list once all journals are read, runs that were not opened before, and memory."""
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.jsonl"))]
    with served(folder) as site:
        began = time.perf_counter()
        with _tab(browser) as tab:
            tab.goto(site.at("/"))
            tab.get_by_text(f"{len(names):,} runs").first.wait_for()
            tab.get_by_text("Reading journals").wait_for(state="detached")
        found["known"].append(time.perf_counter() - began)
        for number in range(repeats):
            with _tab(browser) as tab:
                found["warm"].append(_home(tab, site))
            with _tab(browser) as tab:
                found["run"].append(_run(tab, site, names[number], 12))
        memory = _memory(site.process.pid)
        found["memory"].append(memory.pop(site.process.pid))
        found["readers"].append(sum(memory.values()))


def _large_society(browser: Any, journal: Path, repeats: int, found: Found) -> None:
    """Measure a society of many members and months: its page, another month, and scrolling, each on a new server."""
    for _ in range(repeats):
        with served(journal.parent) as site, _tab(browser) as tab:
            found["large"].append(_run(tab, site, f"{journal.name}?month=30", MONTHS, month=30))
            tab.wait_for_timeout(1000)
            found["step"].append(_seconds(lambda tab=tab: _step(tab, 31)))  # type: ignore[misc]
            tab.wait_for_timeout(500)
            found["scroll"].append(tab.evaluate(_SCROLL))


def _home(tab: Any, site: Served) -> float:
    def look() -> None:
        tab.goto(site.at("/"), wait_until="commit")
        tab.locator("tbody tr a").nth(24).wait_for()

    return _seconds(look)


def _run(tab: Any, site: Served, name: str, months: int, month: int | None = None) -> float:
    """Seconds until the charts, and the questions and replies of the month, are shown."""

    def look() -> None:
        tab.goto(site.at(f"/run/{name}"), wait_until="commit")
        tab.get_by_text(f"Month {month or months} of {months}").wait_for()
        for chart in ("Stock over", "Catch by"):
            tab.get_by_role("img", name=re.compile(f"^{chart}")).locator("svg path").first.wait_for(state="attached")
        tab.get_by_role("region", name="Decisions").get_by_role("row").nth(1).wait_for()
        tab.locator(".q-table tbody button").first.wait_for()

    return _seconds(look)


def _step(tab: Any, month: int) -> None:
    tab.keyboard.press("ArrowRight")
    tab.get_by_text(f"Month {month} of {MONTHS}").wait_for()


def _delays(browser: Any, content: bytes) -> list[float]:
    """Seconds from the start of each month in the journal until the page shows it."""
    rng = np.random.default_rng(0)
    months = _by_month(content)
    found = []
    with TemporaryDirectory() as name:
        journal = Path(name) / "seed-0.jsonl"
        journal.write_bytes(b"".join(months[:2]))
        with served(journal.parent) as site, _tab(browser) as tab:
            tab.goto(site.at(f"/run/{journal.name}"))
            status = tab.get_by_role("status", name="Current activity")
            status.get_by_text("Month 1 of").wait_for()
            for number, month in enumerate(months[2:], start=2):
                tab.wait_for_timeout(100 + 1000 * LONGEST_PAUSE * rng.random())
                with journal.open("ab") as file:
                    file.write(month)
                found.append(_seconds(lambda number=number: status.get_by_text(f"Month {number} of").wait_for()))  # type: ignore[misc]
    return found


def _by_month(content: bytes) -> list[bytes]:
    """Split a journal into the part before the first month, and one part for each month."""
    starts = [found.start() for found in re.finditer(rb'^{"kind":"month"', content, re.MULTILINE)]
    return [content[start:end] for start, end in zip([0, *starts], [*starts, len(content)], strict=True)]


def _large(folder: Path) -> Path:
    """Simulate a large society whose stock is just sustained, and return its journal."""
    settings = {"society.members": MEMBERS, "world.capacity": 20 * MEMBERS}
    (result,) = govsim.run("fishery", model="fake/society", months=MONTHS, settings=settings, out=folder).results
    return result.path


def _to_be_watched(folder: Path) -> bytes:
    """Return a journal without an end event and with the ID of this process, so that it counts as running."""
    (result,) = govsim.run("fishery", model="fake/society", months=WATCHED + 1, out=folder).results
    content = re.sub(rb'"process":\d+', b'"process":%d' % os.getpid(), result.path.read_bytes())
    return content[: content.index(b'{"kind":"end"')]


@contextmanager
def _tab(browser: Any) -> Iterator[Any]:
    """Open a tab in a browser with an empty cache."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    context.set_default_timeout(PATIENCE)
    try:
        yield context.new_page()
    finally:
        context.close()


def _seconds(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def _memory(process: int) -> dict[int, float]:
    """Memory in MB of a process and its children."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    held = re.search(r"VmRSS:\s+(\d+) kB", status)
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8").split()
    found = {process: int(held[1]) * 1024 / MB if held else 0.0}
    for child in children:
        found |= _memory(int(child))
    return found


def _tell(what: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {what}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
