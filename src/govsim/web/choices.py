"""The selections of visitors, as encoded in addresses: the listed runs, and the comparison."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Self
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from govsim.analysis.runs import RunMeasures
from govsim.config import DeclaredAnalysis
from govsim.web.index import RunEntry

RUNS, SETTINGS = "runs", "settings"
"""The tabs of the list: runs, or settings that several runs share."""

BY = {"condition": "conditions", "model": "models", "scenario": "scenarios", "society": "societies", "agent": "agents"}
"""Columns by which runs can be grouped for a comparison, and their labels."""

FILTERS = ("scenario", "condition", "model")
"""Columns by which runs are filtered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """The filters of the list of runs. An empty value matches all runs.

    Attributes:
        scenario: the scenario.
        condition: the condition.
        model: the model.
        society: the society's label.
        status: the status.
        text: a part of the name or the setup.
        tab: `RUNS` or `SETTINGS`.
    """

    scenario: str = ""
    condition: str = ""
    model: str = ""
    society: str = ""
    status: str = ""
    text: str = ""
    tab: str = RUNS

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Read the selection from an address."""
        given = {one.name: query[one.name] for one in fields(cls) if one.name in query}
        return cls(**{**given, "tab": SETTINGS if given.get("tab") == SETTINGS else RUNS})

    def has(self, entry: RunEntry) -> bool:
        """Whether a run matches."""
        if self.status and entry.status != self.status:
            return False
        wanted = {name: getattr(self, name) for name in (*FILTERS, "society")}
        matches = (not value or getattr(entry.measures, name, None) == value for name, value in wanted.items())
        names = [entry.name, *([entry.measures.setup] if entry.measures else [])]
        return any(self.text.lower() in name.lower() for name in names) and all(matches)

    @property
    def address(self) -> str:
        """The address of the selection."""
        given = {one.name: value for one in fields(self) if (value := getattr(self, one.name)) and value != one.default}
        return f"/?{urlencode(given)}" if given else "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The selection of a comparison.

    Attributes:
        by: the column that defines the groups.
        levels: the values of this column that are shown; all if empty.
        baseline: the value that the others are compared with; `default` or the first if empty.
        scenario: the scenario; all if empty.
        condition: the condition; all if empty.
        model: the model; all if empty.
        is_together: whether runs of one group are pooled even if they differ in other settings.
    """

    by: str = "condition"
    levels: tuple[str, ...] = ()
    baseline: str = ""
    scenario: str = ""
    condition: str = ""
    model: str = ""
    is_together: bool = False

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Read the selection from an address."""
        return cls(
            by=by if (by := query.get("by", "condition")) in BY else "condition",
            levels=tuple(query.getlist("level")),
            is_together=query.get("together") == "1",
            **{name: query.get(name, "") for name in ("baseline", *FILTERS)},
        )

    @property
    def address(self) -> str:
        """The address of the selection."""
        chosen = [("by", self.by), *(("level", level) for level in self.levels)]
        chosen += [(name, value) for name in ("baseline", *FILTERS) if (value := getattr(self, name))]
        return f"/compare?{urlencode([*chosen, *([('together', '1')] if self.is_together else [])])}"


def declared_in(entries: Iterable[RunEntry]) -> DeclaredAnalysis:
    """The analysis that runs declare; the default one if they declare none, or different ones.

    Args:
        entries: the runs.
    """
    found = {one.analysis for one in entries if one.analysis is not None}
    return found.pop() if len(found) == 1 else DeclaredAnalysis()


def offered(runs: Sequence[RunMeasures]) -> dict[str, list[str]]:
    """The values of each column among the runs, `default` first.

    Args:
        runs: all readable runs.
    """
    return {
        column: sorted({str(getattr(run, column)) for run in runs}, key=lambda name: (name != "default", name))
        for column in BY
    }
