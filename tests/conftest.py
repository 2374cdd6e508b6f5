"""What holds for every test: no test reaches a real provider, and no key of the person who runs them is used."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

KEYS = re.compile(r"(API_KEY|TOKEN|SECRET|BASE_URL)$")


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
