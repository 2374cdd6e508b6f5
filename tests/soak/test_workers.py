"""Workers, nodes and the command killed at random while 200 societies run: the journals are those of one process."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from govsim.journal import Call, Session, read_journal
from tests.soak.conftest import Figure, Size
from tests.soak.ray_nodes import ENVIRONMENT, RayNodes, ray_nodes
from tests.soak.societies import bytes_in, check_same, journals

KILLS = ("worker", "worker", "driver", "worker", "node", "worker", "driver", "node", "worker", "worker")
"""What is killed, in this order, at random places of the campaign."""

SECONDS = 1200


def words_of(societies: int, folder: Path, *more: str) -> list[str]:
    """The command that runs a campaign whose provider takes a fifth of a second."""
    model = ("--model", "fake/society", "-M", "latency_ms=200", "-M", "catch=11")
    runs = ("--months", "2", "--runs", str(societies), "--parallel", "24", "--out", str(folder))
    return [sys.executable, "-m", "govsim.cli.main", "run", "fishery", *model, *runs, *more]


def start(words: list[str]) -> subprocess.Popen[bytes]:
    """Start a command whose output never blocks it."""
    environment = os.environ | ENVIRONMENT
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)


@pytest.fixture(scope="module")
def unbroken(size: Size, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the same campaign in one process."""
    folder = tmp_path_factory.mktemp("unbroken")
    assert start(words_of(size.distributed, folder)).wait(SECONDS) == 0
    return folder


@contextmanager
def processes() -> Iterator[tuple[list[str], Callable[[subprocess.Popen[bytes]], list[int]], RayNodes | None]]:
    """Options of a command with worker processes, their process IDs, and no nodes."""

    def workers(driver: subprocess.Popen[bytes]) -> list[int]:
        with suppress(psutil.Error):
            return [process.pid for process in psutil.Process(driver.pid).children()]
        return []

    yield ["--executor", "processes", "--workers", "3"], workers, None


@contextmanager
def ray() -> Iterator[tuple[list[str], Callable[[subprocess.Popen[bytes]], list[int]], RayNodes | None]]:
    """Options of a command on a cluster of three nodes, the process IDs of the workers, and the nodes."""
    with ray_nodes(3) as nodes:
        options = ["--executor", "ray", "--workers", "3", "--address", nodes.address]
        yield options, lambda driver: nodes.workers, nodes


@contextmanager
def shared_storage() -> Iterator[tuple[list[str], Callable[[subprocess.Popen[bytes]], list[int]], RayNodes | None]]:
    """The same cluster, whose workers write the journals themselves."""
    with ray() as (options, workers, nodes):
        yield [*options, "--shared-storage"], workers, nodes


@pytest.mark.parametrize("cluster", [processes, ray, shared_storage], ids=["processes", "ray", "shared storage"])
def test_a_campaign_with_kills_ends_as_in_one_process(
    cluster: Callable[[], object], size: Size, request: pytest.FixtureRequest, tmp_path: Path, figure: Figure
) -> None:
    if not size.distributed:
        pytest.skip("needs --soak")
    unbroken: Path = request.getfixturevalue("unbroken")
    total, draws = bytes_in(unbroken), random.Random(f"workers {cluster}")
    places = sorted(draws.uniform(0.02, 0.9) * total for _ in KILLS)
    killed: Counter[str] = Counter()
    with cluster() as (options, workers, nodes):  # type: ignore[attr-defined]
        words = words_of(size.distributed, tmp_path, *options)
        driver, deadline = start(words), time.monotonic() + SECONDS
        for kind, place in zip(KILLS, places, strict=True):
            while bytes_in(tmp_path) < place and driver.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            if kind == "driver":
                driver.kill()
                driver.wait()
                driver = start(words)
            elif kind == "node" and nodes is not None:
                nodes.kill(draws.randrange(len(nodes.nodes)))
                nodes.add()
            elif kind == "worker" and (found := workers(driver)):
                with suppress(ProcessLookupError):
                    os.kill(draws.choice(found), signal.SIGKILL)
            else:
                continue
            killed[kind] += 1
        assert driver.wait(max(1.0, deadline - time.monotonic())) == 0
    check_same(unbroken, tmp_path)
    moved = 0
    for path in journals(tmp_path).values():
        calls = [call.identity for call in read_journal(path).of(Call)]
        assert len(set(calls)) == len(calls), "nothing that was answered is asked again"
        moved += len(list(read_journal(path).of(Session))) - 1
    assert killed["driver"] == KILLS.count("driver")
    assert killed["worker"] >= 2
    assert killed["node"] == (0 if nodes is None else KILLS.count("node"))
    name = getattr(cluster, "__name__", "")
    for kind, count in killed.items():
        figure(f"workers: {name}: killed: {kind}", count)
    figure(f"workers: {name}: sessions continued by another worker", moved)
    figure(f"workers: {name}: societies, all the same", size.distributed)
