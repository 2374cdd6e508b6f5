"""`kill -9` of an evaluation by Inspect: a retry of its log resumes the journals."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path

from inspect_ai.event import ModelEvent
from inspect_ai.log import read_eval_log

from govsim.jobs.replay import replay
from tests.soak.conftest import Figure

INSPECT = (sys.executable, "-m", "inspect_ai")
TASK = ("govsim/fishery", "--model", "fake/society", "-M", "latency_ms=100", "-T", "runs=2", "-T", "months=2")


def test_a_retry_of_a_killed_evaluation_repeats_no_recorded_call(
    evaluation: int, tmp_path: Path, figure: Figure
) -> None:
    calls_before = random.Random(f"evaluation {evaluation}").randint(1, 70)
    process = subprocess.Popen([*INSPECT, "eval", *TASK, "--display", "none"], cwd=tmp_path)
    try:
        deadline = time.monotonic() + 120
        while calls_in(tmp_path) < calls_before and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait(timeout=60)
    kept = {path: path.read_bytes().rpartition(b"\n")[0] for path in tmp_path.rglob("*.jsonl")}
    recorded = calls_in(tmp_path)
    (log,) = tmp_path.glob("logs/*.eval")
    retry = [*INSPECT, "eval-retry", str(log), "--display", "none"]
    subprocess.run(retry, cwd=tmp_path, check=True, timeout=300, capture_output=True)
    (again,) = set(tmp_path.glob("logs/*.eval")) - {log}
    found = read_eval_log(str(again))
    assert found.status == "success"
    assert set(tmp_path.rglob("*.jsonl")) == set(kept)
    assert all(path.read_bytes().startswith(content) for path, content in kept.items())
    sent = [event for sample in found.samples or () for event in sample.events if isinstance(event, ModelEvent)]
    assert len(sent) == calls_in(tmp_path) - recorded
    for path in kept:
        replayed = asyncio.run(replay(path))
        assert (replayed.difference, replayed.is_complete) == (None, True)
    figure("kills: evaluations by Inspect killed and retried", 1)


def calls_in(folder: Path) -> int:
    """The number of recorded calls in the journals of a folder, of which the last line may be incomplete."""
    lines = (line for path in folder.rglob("*.jsonl") for line in path.read_bytes().split(b"\n")[:-1])
    return sum(line.startswith(b'{"kind":"call"') for line in lines)
