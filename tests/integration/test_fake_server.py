"""The fake model over HTTP is the same model, and counts its requests."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from govsim.journal import Call
from govsim.models.fake.member import tokens
from tests.living import Live


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "govsim.models.fake.server", "--port", str(port), "--latency-ms", "5"]
    process = subprocess.Popen(command, env=dict(os.environ))
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            httpx.get(f"{address}/stats")
            break
        except httpx.TransportError:
            time.sleep(0.05)
    monkeypatch.setenv("FAKE_BASE_URL", f"{address}/v1")
    monkeypatch.setenv("FAKE_API_KEY", "none-needed")
    yield address
    process.terminate()
    process.wait()


def test_a_society_is_the_same_over_http_and_the_server_counts_requests(live: Live, server: str) -> None:
    settings = {"world.months": 2, "seed": 3}
    [over_http] = live("fishery", settings | {"models.default": "openai-api/fake/society"})
    [in_process] = live("fishery", settings | {"models.default": "fake/society"})
    replies = [{call.identity: call.reply for call in run.calls(month=2)} for run in (over_http, in_process)]
    assert replies[0] == replies[1], "whichever of those asked at the same time answers first"
    assert over_http.harvests == in_process.harvests
    stats = json.loads(httpx.get(f"{server}/stats").content)
    calls = list(over_http.journal.of(Call))
    assert stats["requests"] == len(calls) == 42
    assert stats["input_tokens"] == sum(call.input_tokens or 0 for call in calls)
    assert stats["output_tokens"] == sum(tokens(call.reply) for call in calls)
    assert stats["most_in_flight"] >= 5
    assert stats["in_flight"] == 0
