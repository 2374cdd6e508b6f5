"""Judgements of a run are computed once for each state of its files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from govsim.web import site
from govsim.web.folder import Folder
from govsim.web.site import Judgements


class Counting:
    """Stands for the index: computes at once, and counts."""

    def __init__(self) -> None:
        self.times = 0

    async def compute(self, what: object, path: Path, root: Path) -> Any:
        self.times += 1
        return f"{path.name}, {self.times}"


@pytest.mark.usefixtures("without_pause")
def test_judgements_are_recomputed_only_after_a_file_changed(tmp_path: Path) -> None:
    (tmp_path / "seed-0.jsonl").write_text("{}\n")
    index = Counting()
    found = Judgements(Folder(tmp_path), index)  # type: ignore[arg-type]

    async def look() -> object:
        found.of("seed-0.jsonl")
        await asyncio.gather(*(one.task for one in found._known.values() if one.task is not None))
        return found.of("seed-0.jsonl")

    async def all_of_it() -> None:
        assert await look() is None, "no judge has read it"
        (tmp_path / "seed-0.labels.judge.study").write_text("{}\n")
        assert await look() == "seed-0.jsonl, 1"
        assert await look() == "seed-0.jsonl, 1"
        (tmp_path / "seed-0.jsonl").write_text("{}\n{}\n")
        assert await look() == "seed-0.jsonl, 2"
        (tmp_path / "seed-0.labels.judge.study").unlink()
        assert await look() is None

    asyncio.run(all_of_it())
    assert index.times == 2


@pytest.fixture
def without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the files whenever asked."""
    monkeypatch.setattr(site, "_PAUSE", 0.0)
