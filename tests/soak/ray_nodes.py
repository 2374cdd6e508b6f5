"""A Ray cluster of several nodes on this machine, started outside the command, whose nodes can be killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

RAY = Path(sys.executable).with_name("ray")

ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "FAKE_API_KEY": "none-needed"}


@dataclass
class RayNodes:
    """The nodes of a cluster.

    Attributes:
        address: where the head listens on this machine.
        nodes: the nodes with workers, without the head.
    """

    address: str
    folder: Path
    nodes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add(self, processors: int = 1) -> None:
        """Start a node, and wait until it has: nodes that start at the same time can choose the same socket."""
        node = _start(self.folder, f"--address={self.address}", f"--num-cpus={processors}")
        self.nodes.append(node)
        _found(self.folder, node, r"(Ray runtime started)")

    def kill(self, number: int) -> None:
        """Kill a node with all processes on it, as if the machine had lost its power."""
        _kill(self.nodes.pop(number))

    @property
    def workers(self) -> list[int]:
        """Process IDs of the workers that execute runs."""
        found = []
        for node in self.nodes:
            for process in _below(node.pid):
                with suppress(psutil.Error):
                    if any("RayWorker" in word for word in process.cmdline()):
                        found.append(process.pid)
        return found


@contextmanager
def ray_nodes(count: int) -> Iterator[RayNodes]:
    """A cluster with a head that executes nothing, and nodes with one processor each."""
    folder = Path(tempfile.mkdtemp(prefix="gs-", dir="/tmp"))  # paths of sockets must be short
    head = _start(folder, "--head", "--port=0", "--num-cpus=0", "--include-dashboard=false")
    cluster = RayNodes(address="", folder=folder)
    try:
        cluster.address = _found(folder, head, r"--address='([\d.]+:\d+)'")
        for _ in range(count):
            cluster.add()
        yield cluster
    finally:
        for node in (*cluster.nodes, head):
            _kill(node)
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    log = folder / f"{time.monotonic_ns()}.log"
    temp = [f"--temp-dir={folder / 'ray'}"] if "--head" in words else []
    with log.open("wb") as file:
        return subprocess.Popen(
            [str(RAY), "start", "--block", "--object-store-memory=80000000", *temp, *words],
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | ENVIRONMENT,
        )


def _found(folder: Path, node: subprocess.Popen[bytes], pattern: str) -> str:
    """Wait for a text in the newest log, and return it.

    Raises:
        AssertionError: the node has ended, or did not start within two minutes.
    """
    log, deadline = max(folder.glob("*.log"), key=lambda log: int(log.stem)), time.monotonic() + 120
    while time.monotonic() < deadline and node.poll() is None:
        if found := re.search(pattern, log.read_text(encoding="utf-8", errors="replace")):
            return found[1]
        time.sleep(0.2)
    raise AssertionError(f"a node did not start: {log.read_text(encoding='utf-8', errors='replace')}")


def _below(process: int) -> list[psutil.Process]:
    try:
        return [*psutil.Process(process).children(recursive=True), psutil.Process(process)]
    except psutil.NoSuchProcess:
        return []


def _kill(node: subprocess.Popen[bytes]) -> None:
    for process in _below(node.pid):
        with suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)
    node.wait(30)
