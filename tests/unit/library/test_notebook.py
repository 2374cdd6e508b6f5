"""Progress and displays in a notebook, with a real kernel."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop

SLOW = 'model="fake/society", model_args={"latency_ms": 200}'


@dataclass(frozen=True)
class Outputs:
    """The messages of a cell that a notebook displays, in their order."""

    messages: list[dict[str, Any]]

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [message["content"] for message in self.messages if message["msg_type"] in kinds]

    @property
    def html(self) -> list[str]:
        """The HTML of each display and of each update of a display."""
        return [content["data"]["text/html"] for content in self.of("display_data", "update_display_data")]

    @property
    def result(self) -> dict[str, str]:
        """The value of the last expression, by media type."""
        [content] = self.of("execute_result")
        return dict(content["data"])

    @property
    def printed(self) -> str:
        return "".join(content["text"] for content in self.of("stream"))


Cell = Callable[[str], Outputs]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path_factory.mktemp("notebook")))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        ensure_event_loop().close()  # of the clients' synchronous methods


@pytest.fixture
def cell(kernel: Any) -> Cell:
    """Execute a cell in a notebook."""

    def execute(code: str) -> Outputs:
        messages: list[dict[str, Any]] = []
        reply = kernel.execute_interactive(f"import govsim\n{code}", timeout=120, output_hook=messages.append)
        assert reply["content"]["status"] == "ok", reply["content"].get("traceback")
        return Outputs(messages)

    return execute


@pytest.mark.parametrize("call", ["govsim.run", "await govsim.arun"])
def test_progress_is_shown_while_runs_are_executed_and_ends_with_one_line(cell: Cell, call: str) -> None:
    shown = cell(f'{call}({SLOW}, months=2, runs=3, out="{call[-4:]}")')
    [first] = shown.of("display_data")
    updates = shown.of("update_display_data")
    assert len(updates) >= 3
    assert {update["transient"]["display_id"] for update in updates} == {first["transient"]["display_id"]}
    *tables, end = shown.html
    for table in tables:
        assert re.findall(r"<th[^>]*>([^<]*)</th>", table) == ["run", "month", "stock", "tokens"]
        assert re.search(r"[0-3] of 3 done, \d+ s", table)
    row = r"fishery 2</td>\s*<td[^>]*>[12]/2</td>\s*<td[^>]*>\d+/100</td>\s*<td[^>]*>[\d,]+</td>"
    assert any(re.search(row, table) for table in tables)
    assert any("<p>fishery 0: " in table for table in tables)
    assert re.fullmatch(r"<p>3 of 3 runs done, [\d,]+ tokens, [\d.]+ s</p>", end)
    assert updates[-1]["data"]["text/plain"] == end[3:-4]
    assert "<table" in shown.result["text/html"]


def test_updates_are_at_least_half_a_second_apart(cell: Cell) -> None:
    messages = cell(f'runs = govsim.run({SLOW}, months=2, runs=3, out="apart")').messages
    at = [message["header"]["date"] for message in messages if message["msg_type"].endswith("display_data")]
    gaps = [(after - before).total_seconds() for before, after in pairwise(at[:-1])]
    assert len(gaps) >= 2
    assert min(gaps) > 0.45


def test_waits_are_shown(cell: Cell) -> None:
    shown = cell(
        "import time\n"
        "from unittest.mock import patch\n"
        "from govsim.library.displays import NotebookDisplay\n"
        "from govsim.models.retrying import Wait\n"
        'wait = Wait(model="openai/gpt-4o", reason="429", seconds=30, until=time.monotonic() + 39)\n'
        'with patch.object(NotebookDisplay, "on_event", lambda display, *_: display.on_wait(wait)):\n'
        f'    runs = govsim.run({SLOW}, months=1, out="waits")'
    )
    assert re.search(r"<p>waiting 3\d s: 429 from openai \(\d+ requests\)</p>", shown.html[0])


def test_short_and_unwanted_progress_is_not_shown(cell: Cell) -> None:
    assert cell('runs = govsim.run(agent="policy:greedy", runs=3, out="short")').html == []
    assert cell(f'runs = govsim.run({SLOW}, months=1, progress=False, out="hidden")').html == []


def test_an_utterance_cannot_add_html(cell: Cell) -> None:
    shown = cell(
        "from unittest.mock import patch\n"
        "from govsim.jobs import JobProgress\n"
        'with patch.object(JobProgress, "asking", "<img src=x onerror=alert(1)>"):\n'
        f'    runs = govsim.run({SLOW}, months=1, out="hostile")'
    )
    assert all("<img" not in page for page in shown.html)
    assert "<img src=x" in html.unescape("".join(shown.html))


def test_runs_tables_results_and_replays_are_displayed(cell: Cell) -> None:
    cell('runs = govsim.run(agent="policy:greedy", runs=3, out="values")')
    for value in ("runs", "govsim.table(runs)", 'govsim.load("values")', 'govsim.figure(runs, "survival")'):
        result = cell(value).result
        assert "<table" in result["text/html"] or "<svg" in result["text/html"], value
        assert len(result["text/plain"]) < 300
        assert result["text/plain"].startswith("<")
    assert cell("govsim.replay(runs.results[0].path)").result["text/plain"] == "<Replay: identical, 1 month>"
    assert "survival" in cell("print(govsim.table(runs))").printed


def test_a_report_shows_its_steps_and_then_nothing(cell: Cell) -> None:
    shown = cell('path = govsim.report(govsim.run(agent="policy:greedy", runs=2, out="report"), "report.html")')
    assert [re.sub("<.*?>", "", page) for page in shown.html][:2] == ["reading journals …", "comparing conditions …"]
    assert shown.html[-1] == ""
    assert len(shown.of("display_data")) == 1
    assert Path("report.html").exists() is False  # it is in the folder of the notebook
    assert shown.printed == ""
