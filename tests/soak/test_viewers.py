"""Viewers of a run in progress, and their effect on the memory of the server."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from tests.browser.serving import CHROMIUM, Served, chromium, served
from tests.soak.conftest import Figure, Size

RUN = [sys.executable, "-m", "govsim.cli.main", "run", "fishery", "--model", "fake/society", "--months", "500"]

MOST_GROWTH = 24
"""Maximum growth of the server's memory in MiB after the warm-up, including its data of the run."""


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here: apt-get install chromium")
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_memory_stays_flat_while_browsers_watch(tmp_path: Path, size: Size, figure: Figure) -> None:
    if not size.watchers:
        pytest.skip("needs --soak")
    pytest.importorskip("playwright", reason="Playwright is not installed: make install-dev")
    words = [*RUN, "-M", "latency_ms=250", "--out", str(tmp_path / "runs")]
    society = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        name = _journal(tmp_path / "runs", society)
        with served(tmp_path / "runs") as site, chromium() as browser:
            pages = [browser.new_page() for _ in range(size.watchers)]
            for page in pages:
                page.goto(site.at(f"/run/{name}"))
                page.get_by_role("status", name="Current activity").wait_for(timeout=60_000)
            seen, held = _watch(pages, site, size.watched_seconds)
    finally:
        society.send_signal(signal.SIGINT)
        society.wait(timeout=60)
    third = len(held) // 3
    growth = median(held[-third:]) - median(held[third : 2 * third])
    assert seen[-1] > seen[0], "the page has moved by itself"
    assert growth < MOST_GROWTH, f"the server has grown by {growth:.0f} MiB: {held}"
    figure("watching: seconds that browsers watched", size.watchers * size.watched_seconds)
    figure("watching: MiB that the server held at the end", round(held[-1]))
    figure("watching: KiB that it had grown by in the last third", max(0, round(1024 * growth)))


def _journal(out: Path, society: subprocess.Popen[bytes]) -> str:
    """The name of the society's journal, once it exists."""
    while not (found := list(out.glob("**/*.jsonl"))):
        assert society.poll() is None, "it has ended without a journal"
        time.sleep(0.1)
    return found[0].relative_to(out).as_posix()


def _watch(pages: list[object], site: Served, seconds: int) -> tuple[list[int], list[float]]:
    """The months shown by the first page, and the server's memory in MiB, each second."""
    seen: list[int] = []
    held: list[float] = []
    for _ in range(seconds):
        pages[0].wait_for_timeout(1000)  # type: ignore[attr-defined]
        said = pages[0].get_by_role("status", name="Current activity").inner_text()  # type: ignore[attr-defined]
        month = re.search(r"Month (\d+) of", said)
        seen += [int(month[1])] if month else []
        held.append(_held(site.process.pid))
    return seen, held


def _held(process: int) -> float:
    """Memory of a process in MiB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024
