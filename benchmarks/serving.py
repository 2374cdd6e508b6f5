"""The fake model in a separate process, so that its processor time is not counted for the engine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

MODEL = "openai-api/fake/society"
LATENCY_MS = 50
LINES = 4
INSIGHTS = 3
START_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The answered requests of a server and their tokens; a token is four characters."""

    requests: int
    input_tokens: int

    def since(self, before: Seen) -> Seen:
        """The difference from an earlier count."""
        return Seen(requests=self.requests - before.requests, input_tokens=self.input_tokens - before.input_tokens)


class FakeServer:
    """A running server."""

    def __init__(self, address: str) -> None:
        self.address = address

    def seen(self) -> Seen:
        """Return the counts so far."""
        stats = httpx.get(f"{self.address}/stats").json()
        return Seen(requests=stats["requests"], input_tokens=stats["input_tokens"])


@contextmanager
def fake_server(lines: int = LINES) -> Iterator[FakeServer]:
    """Serve the fake model with a number of utterances per discussion, for use by this process and its children."""
    port = _free_port()
    options = {"--port": port, "--latency-ms": LATENCY_MS, "--lines": lines, "--insights": INSIGHTS}
    command = [
        sys.executable,
        "-m",
        "govsim.models.fake.server",
        *(str(word) for pair in options.items() for word in pair),
    ]
    process = subprocess.Popen(command)
    server = FakeServer(f"http://127.0.0.1:{port}")
    before = {name: os.environ.get(name) for name in ("FAKE_BASE_URL", "FAKE_API_KEY")}
    try:
        _wait_for(server, process)
        os.environ |= {"FAKE_BASE_URL": f"{server.address}/v1", "FAKE_API_KEY": "none"}
        yield server
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait_for(server: FakeServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.seen()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the fake model's server did not start")
