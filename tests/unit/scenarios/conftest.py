"""A scenario folder of one's own, complete until a test spoils it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the fishery under another path."""
    with resources.as_file(resources.files("govsim.scenarios")) as package:
        return Path(shutil.copytree(package / "fishery", tmp_path / "canal"))


@pytest.fixture
def replace_in(folder: Path) -> Callable[[str, str, str], None]:
    """Replaces a passage in one of the folder's files."""

    def replacing(file: str, old: str, new: str) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    return replacing
