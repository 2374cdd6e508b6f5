"""A server in its own process, and Debian's Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
"""The path of the browser; None if it is not installed."""

_SAID = re.compile(r"govsim view: (http://\S+)")


@dataclass(frozen=True)
class Served:
    """A running server.

    Attributes:
        address: its address, with the token if it requires one.
        process: its process.
    """

    address: str
    process: subprocess.Popen[str]

    def at(self, path: str) -> str:
        """The address of a page."""
        return self.address.split("?")[0].rstrip("/") + path


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    """Serve a folder until the block ends.

    Args:
        folder: the folder of the journals.
        *options: further arguments of `govsim view`.
    """
    # As from a shell in the parent folder.
    words = [sys.executable, "-m", "govsim.cli.main", "view", folder.name, "--port", "0", "--no-browser", *options]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=folder.parent
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = _SAID.search(said)
        assert found, said + process.stdout.read()
        yield Served(found[1], process)
    finally:
        process.kill()  # interrupts are tested separately
        process.communicate()


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def is_here(address: str) -> bool:
    """Whether an address is on this machine."""
    return re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:", address) is not None
