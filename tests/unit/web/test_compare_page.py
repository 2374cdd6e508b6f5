"""When the page of comparisons computes its results anew, and when it keeps them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from nicegui import Client, ui
from starlette.requests import Request

from govsim.config import DeclaredAnalysis
from govsim.web.choices import Choice
from govsim.web.compare_results import Compared
from govsim.web.pages.compare import ComparePage, _Shown
from govsim.web.workers import Memo


class Index:
    """Stands for the list of runs: computes at once, and counts."""

    def __init__(self, unread: int = 0, *, is_listed: bool = True) -> None:
        self.summaries: list[object] = []
        self.unread, self.is_listed, self.times = unread, is_listed, 0

    async def compute(self, what: object, summaries: object, choice: Choice) -> Compared:
        self.times += 1
        return Compared(baseline=choice.baseline)


def page(index: Index, known: Memo[Compared] | None = None) -> ComparePage:
    return ComparePage(SimpleNamespace(index=index), Choice(), Memo(8) if known is None else known)  # type: ignore[arg-type]


def state(version: int = 1, choice: Choice | None = None, runs: int = 0) -> _Shown:
    return _Shown(version=version, choice=choice or Choice(), runs=runs)


async def test_results_are_cached_for_all_visitors() -> None:
    index, known = Index(), Memo[Compared](8)
    first = await page(index, known)._found(state())
    assert await page(index, known)._found(state()) is first
    assert await page(index, known)._found(state(version=2)) is not first
    other = await page(index, known)._found(state(choice=Choice(baseline="x")))
    assert (other.baseline, index.times) == ("x", 3)
    for version in range(20):
        await page(index, known)._found(state(version=version))
    assert len(known) == 8


@pytest.mark.parametrize(
    ("shown", "wanted", "is_enough"),
    [(None, 0, True), (None, 1, False), (40, 79, True), (40, 80, False)],
    ids=["nothing to compare yet", "the first", "a few more", "twice as many"],
)
def test_while_journals_are_read_a_comparison_is_updated_when_their_number_doubles(
    shown: int | None, wanted: int, is_enough: bool
) -> None:
    one = page(Index(unread=500))
    one._shown = None if shown is None else state(runs=shown)
    assert one._is_enough(state(version=2, runs=wanted)) is is_enough
    assert not one._is_enough(state(choice=Choice(by="model"), runs=max(wanted, 1))), "another choice is shown at once"
    one._site.index.unread = 0  # type: ignore[misc]
    assert not one._is_enough(state(version=2, runs=wanted)), "the last look is at all of them"


async def test_unexpected_error_is_shown_in_one_line() -> None:
    class Failing(Index):
        version, measures = 1, ()

        async def compute(self, what: object, summaries: object, choice: Choice) -> Compared:
            raise ZeroDivisionError("division by zero")

    index = Failing()
    index.summaries = [object()]
    said = await texts_of(index)
    assert "Comparing …" not in said
    assert said[-2] == "These runs cannot be compared."
    assert said[-1].startswith("ZeroDivisionError: division by zero; this is a bug in govsim")


async def test_a_folder_without_runs_needs_no_computation() -> None:
    class Empty(Index):
        version, measures = 1, ()

    index = Empty()
    assert (await texts_of(index))[-2:] == ["No runs to compare.", "Start runs first."]
    assert index.times == 0


async def texts_of(index: Index) -> list[str]:
    """The texts of the page after its first refresh."""
    with Client(ui.page(""), request=Request({"type": "http", "headers": [], "query_string": b"", "path": "/"})) as one:
        shown = page(index)
        shown.build()
        await shown._refresh()
    return [label.text for label in one.content.descendants() if isinstance(label, ui.label)]


async def test_declared_groups_are_compared_until_others_are_chosen() -> None:
    declared = SimpleNamespace(analysis=DeclaredAnalysis(by="model"))
    index = Index()
    index.summaries = [declared]
    site: Any = SimpleNamespace(index=index)
    opened, chosen = (ComparePage(site, Choice(), Memo(8), is_open=is_open) for is_open in (True, False))
    for one in (opened, chosen):
        if one._is_open:
            one._follow_declared()
    assert (opened._choice.by, chosen._choice.by) == ("model", "condition")
    index.summaries = [SimpleNamespace(analysis=DeclaredAnalysis(by="world.growth"))]
    opened._follow_declared()
    assert opened._choice.by == "model", "the page has no such groups"
