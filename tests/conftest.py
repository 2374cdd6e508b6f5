"""What holds for every test: no test reaches a real provider, and no key of the person who runs them is used."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint
from ipaddress import ip_address
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import hypothesis
import pytest

from govsim import plugins
from govsim.config import Execution, merge, nested
from govsim.jobs import execute_all, plan_runs, prepare
from govsim.journal import read_journal
from tests.living import Live, Lived

PLUG_IN = SimpleNamespace(name="govsim-toys", version="1.2")
"""The package that extensions of `plug_in` come from."""

KEYS = re.compile(r"(API_KEY|TOKEN|SECRET|BASE_URL)$")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--soak` runs slow tests, full sizes of those in tests/soak, and ten times as many examples of properties."""
    parser.addoption("--soak", action="store_true", help="slow tests, full sizes of tests/soak and tests/properties")


def pytest_configure(config: pytest.Config) -> None:
    """Let commands that tests start be interrupted, also in the background, and choose the number of examples."""
    config.addinivalue_line("markers", "slow: covers more cases of what quicker tests check; runs with --soak")
    hypothesis.settings.register_profile("small", deadline=None, max_examples=25)
    hypothesis.settings.register_profile("soak", deadline=None, max_examples=250)
    hypothesis.settings.load_profile("soak" if config.getoption("--soak") else "small")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect slow tests unless they are asked for."""
    if not config.getoption("--soak"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two workers more than processors: many tests wait for a process, a browser or a provider that takes its time."""
    return (os.cpu_count() or 1) + 2


class ForbiddenConnectionError(AssertionError):
    """A test tried to reach another machine."""


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a socket of this machine's file system
    host = str(address[0])
    return host == "localhost" or ip_address(host).is_loopback


@pytest.fixture(autouse=True)
def no_real_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sockets connect to this machine only, and hide every key and address of a provider."""

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            if not _is_local(address):
                raise ForbiddenConnectionError(f"a test tried to reach {address}; tests use fake/society")
            return method(self, address)

        return connect

    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    for name in list(os.environ):
        if KEYS.search(name):
            monkeypatch.delenv(name)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An empty folder for journals."""
    return tmp_path / "runs"


@pytest.fixture
def live(out: Path) -> Live:
    """Carry out runs: `live("fishery", {"world.months": 3}, condition="newcomer", runs=2)`."""

    def carry_out(
        scenario: str,
        settings: Mapping[str, Any] | None = None,
        *,
        condition: str | None = None,
        protocol: str | None = None,
        folder: Path = out,
        **execution: Any,
    ) -> list[Lived]:
        layers = merge({"scenario": scenario}, *(nested(key, value) for key, value in (settings or {}).items()))
        how = Execution(out=folder, **execution)
        plans = plan_runs(layers, how, condition=condition, protocol=protocol)
        results = asyncio.run(execute_all(plans, prepare(plans, how)))
        return [Lived(read_journal(result.path)) for result in results]

    return carry_out


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Installs a package `govsim-garden` 0.3: its entry points, as they are written in their file, and its module."""

    def install(points: str, module: str) -> None:
        site = tmp_path / "site"
        about = site / "govsim_garden-0.3.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: govsim-garden\nVersion: 0.3\n")
        (about / "entry_points.txt").write_text(points)
        (site / "govsim_garden.py").write_text(module)
        monkeypatch.syspath_prepend(str(site))
        plugins.installed.cache_clear()

    yield install
    plugins.installed.cache_clear()
    sys.modules.pop("govsim_garden", None)
    for registry in plugins.registries():
        registry.forget()


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Makes an object an extension of an installed plug-in: of a group, as in `measures`, under a name."""
    module, points, real = ModuleType("govsim_toys"), list[EntryPoint](), plugins.installed
    monkeypatch.setitem(sys.modules, "govsim_toys", module)

    def installed(group: str) -> tuple[EntryPoint, ...]:
        return (*real(group), *(point for point in points if point.group == group))

    def add(group: str, name: str, value: object) -> None:
        attribute = f"{group}_{name}".replace("-", "_")
        setattr(module, attribute, value)
        point = EntryPoint(name=name, value=f"govsim_toys:{attribute}", group=f"govsim.{group}")
        vars(point)["dist"] = PLUG_IN
        points.append(point)

    monkeypatch.setattr(plugins, "installed", installed)
    yield add
    for registry in plugins.registries():
        registry.forget()
