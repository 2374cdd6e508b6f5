"""Truncation of a journal at any byte, as after a kill or a power failure.

Lines are only appended and never changed. So what a process has written, or a disk holds after a power failure, is a
prefix of the complete journal: every possible state is a truncation at some byte, followed by zeros on some file
systems.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govsim.journal import Journal, first_difference, read_journal
from tests.living import Live
from tests.soak.conftest import Figure
from tests.soak.societies import LIVES

MODEL = {"models.default": "fake/society", "models.args": {"catch": 11, "catch.Luke": 9}}
KINDS = (
    *("header", "session", "month", "message", "asked", "call", "harvest", "report", "utterance", "agreement"),
    *("memory", "retrieval", "end"),
)

Unbroken = Callable[[str, Live], Journal]


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    """The journal of an undisturbed society."""
    journals: dict[str, Journal] = {}

    def lived(society: str, live: Live) -> Journal:
        if society not in journals:
            journals[society] = _live(society, live, tmp_path_factory.mktemp("unbroken"))
        return journals[society]

    return lived


def test_a_journal_truncated_at_any_byte_is_resumed_to_the_same_end(
    cut: int, unbroken: Unbroken, live: Live, tmp_path: Path, figure: Figure
) -> None:
    draws = random.Random(f"cut {cut}")
    society = list(LIVES)[cut % len(LIVES)]
    content = unbroken(society, live).path.read_bytes()
    kept = content[: draws.randrange(len(content))]
    zeros = draws.choice((0, 0, 0, draws.randrange(1, 5000)))
    _check_goes_on(kept + bytes(zeros), society, unbroken, live, tmp_path)
    figure("cuts: at a byte drawn at random: all the same", 1)
    figure("cuts: with zeros behind them", int(zeros > 0))


@pytest.mark.parametrize("kind", KINDS)
def test_a_journal_truncated_in_any_kind_of_line_is_resumed_to_the_same_end(
    kind: str, unbroken: Unbroken, live: Live, tmp_path: Path, figure: Figure
) -> None:
    content = unbroken("talk and thoughts", live).path.read_bytes()
    start = content.index(f'{{"kind":"{kind}"'.encode(), len(content) // 2 if kind not in ("header", "session") else 0)
    end = content.index(b"\n", start)
    for number, at in enumerate((start, (start + end) // 2, end)):
        _check_goes_on(content[:at], "talk and thoughts", unbroken, live, tmp_path / str(number))
    figure("cuts: before, within and after each kind of line: all the same", 3)


def test_an_empty_journal_is_started(unbroken: Unbroken, live: Live, tmp_path: Path) -> None:
    _check_goes_on(b"", "direct", unbroken, live, tmp_path)


def _check_goes_on(content: bytes, society: str, unbroken: Unbroken, live: Live, folder: Path) -> None:
    whole = unbroken(society, live)
    [place] = [parent for parent in whole.path.parents if (parent / "unbroken").exists()]
    path = folder / whole.path.relative_to(place)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    again = _live(society, live, folder, parallel=1, connections=2, retries=0, timeout=60)
    assert again.path == path
    assert again.partial_line == ""
    assert first_difference(whole, again) is None
    assert path.read_bytes().startswith(content.rpartition(b"\n")[0])


def _live(society: str, live: Live, folder: Path, **execution: Any) -> Journal:
    settings = MODEL | {"world.months": 3} | LIVES[society]
    condition, scenario = settings.pop("condition", None), settings.pop("scenario", "fishery")
    [lived] = live(scenario, settings, condition=condition, folder=folder, **execution)
    (folder / "unbroken").touch()
    return read_journal(lived.journal.path)
