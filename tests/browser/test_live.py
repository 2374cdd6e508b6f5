"""Running runs, started from a terminal and from the page."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from govsim.journal import read_journal
from tests.browser.conftest import Serve, orphaned
from tests.browser.serving import Served

RUN = [sys.executable, "-m", "govsim.cli.main", "run", "fishery", "--model", "fake/society", "--months", "4"]


@contextmanager
def slow_run(out: Path) -> Iterator[str]:
    """Start a run of some seconds as from a terminal; yield the name of its journal."""
    words = [*RUN, "-M", "latency_ms=400", "--out", str(out)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (found := list(out.glob("**/*.jsonl"))):
            assert process.poll() is None, "the command ended without a journal"
            time.sleep(0.05)
        yield found[0].relative_to(out).as_posix()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def test_running_run_is_followed_live(page: Any, empty_site: tuple[Served, Path]) -> None:
    site, place = empty_site
    with slow_run(place / "watched") as name:
        page.goto(site.at(f"/run/watched/{name}"))
        live = page.get_by_role("status", name="Current activity")
        live.get_by_text(re.compile("Month [23] of 4")).wait_for(timeout=60_000)
        live.get_by_text(re.compile(r"(harvest|line|thoughts|insights|summary|limit)")).first.wait_for()
        page.get_by_text("survived", exact=True).wait_for(timeout=60_000)
        assert not live.is_visible()
        page.get_by_text("gain, units").wait_for()
    page.goto(site.at("/?text=watched"))
    page.get_by_role("link", name="fishery · default").wait_for()


def test_truncated_line_and_replaced_file_do_not_break_a_live_page(
    page: Any, empty_site: tuple[Served, Path], folder: Path
) -> None:
    lines = orphaned(folder).splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith(b'{"kind":"month"')]
    site, place = empty_site
    path = place / "torn" / "live.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"".join(lines[: starts[1]]) + lines[starts[1]][:20])
    page.goto(site.at("/run/torn/live.jsonl"))
    page.get_by_text("Month 1 of 1").wait_for()
    page.locator(".badge-killed").get_by_text("killed").first.wait_for()
    with path.open("ab") as file:
        file.write(lines[starts[1]][20:] + b"".join(lines[starts[1] + 1 : starts[2] + 1]))
    page.get_by_text("Month 3 of 3").wait_for()
    assert page.get_by_role("alert").count() == 0
    path.write_bytes(b"".join(lines[: starts[0] + 1]))
    page.get_by_text("Month 1 of 1").wait_for()
    gone = page.get_by_role("alert").get_by_text("The journal is no longer readable.")
    for there in ("/run/torn/live.jsonl", "/member/torn/live.jsonl?member=Kate"):
        page.goto(site.at(there))
        page.get_by_text("Kate").first.wait_for()
        path.unlink()
        gone.wait_for()
        path.write_bytes(b"".join(lines))
        gone.wait_for(state="detached")


def test_a_run_is_started_stopped_and_resumed_from_the_page(
    page: Any, serve: Serve, browser: Any, tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    out.mkdir()
    site = serve(out)
    page.goto(site.at("/"))
    page.get_by_text("No runs in").wait_for()
    page.get_by_role("link", name="New run").click()
    page.get_by_label("Model, as PROVIDER/NAME").fill("fake/society")
    page.get_by_label("Months").fill("2")
    page.get_by_text("Other settings").click()
    page.get_by_label("Model arguments").fill("latency_ms=400")
    page.get_by_text("-Mlatency_ms=400").wait_for()  # the button moves when the command becomes longer
    page.get_by_role("button", name="Estimate").click()
    page.get_by_text("No model was called.").wait_for(timeout=60_000)
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/run/fishery/default/**", timeout=60_000)
    page.get_by_role("status", name="Current activity").get_by_text(re.compile("Month . of 2")).wait_for()
    page.get_by_role("button", name="Stop").dblclick()
    page.get_by_text("cancelled", exact=True).wait_for(timeout=30_000)
    (path,) = out.glob("**/*.jsonl")
    assert read_journal(path).status == "cancelled", "the journal has an end event"
    page.get_by_role("button", name="Resume").wait_for()
    closed = path.read_bytes()
    path.write_bytes(
        re.sub(rb'"process":\d+', b'"process":%d' % os.getpid(), closed[: closed.rindex(b'{"kind":"end"')])
    )
    page.get_by_text("run by another process").wait_for()
    assert page.get_by_role("button", name="Resume").count() == 0
    path.write_bytes(closed)
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("survived", exact=True).wait_for(timeout=60_000)
    assert read_journal(path).status == "completed"
    assert page.get_by_role("button", name="Resume").count() == 0, "the run has finished"


def test_failed_command_shows_its_error(page: Any, empty_site: tuple[Served, Path]) -> None:
    site, _ = empty_site
    page.goto(site.at("/new"))
    page.get_by_label("Model, as PROVIDER/NAME").fill("fake/nobody")
    page.get_by_role("button", name="Start").click()
    page.get_by_text("The command ended before creating a journal.").wait_for(timeout=60_000)
    page.get_by_text("no such fake model; choose from fake/society").first.wait_for()


def test_read_only_pages_start_nothing(page: Any, guarded: Served) -> None:
    site = guarded
    page.goto(site.address)
    page.get_by_role("link", name="fishery · default").first.wait_for()
    assert page.get_by_role("link", name="New run").count() == 0
    page.goto(site.at("/new"))
    page.get_by_text("Runs cannot be started from this page.").wait_for()
    assert page.get_by_role("button", name="Start").count() == 0


def test_interrupted_server_prints_nothing_and_leaves_no_worker(page: Any, serve: Serve, folder: Path) -> None:
    site = serve(folder)
    page.goto(site.at("/"))
    page.locator(".badge-completed").first.wait_for()
    readers = _children(site.process.pid)
    site.process.send_signal(signal.SIGINT)
    said, _ = site.process.communicate(timeout=30)
    assert site.process.returncode == 0
    assert said == ""
    assert readers
    end = time.monotonic() + 20
    while any(map(_is_alive, readers)):
        assert time.monotonic() < end, "a worker has outlived its server"
        time.sleep(0.1)


def _is_alive(process: str) -> bool:
    """Whether a process is alive, and not a zombie."""
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return False


def _children(process: int) -> list[str]:
    """The child processes of all threads of a process."""
    return [
        child
        for tasks in Path(f"/proc/{process}/task").glob("*/children")
        for child in tasks.read_text(encoding="utf-8").split()
    ]
