"""What visitors have chosen, as addresses say it: which runs are listed, and what is compared with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from govsim.analysis.runs import RunMeasures
from govsim.web.index import RunEntry

RUNS, SETTINGS = "runs", "settings"
"""What the list shows: runs, or the settings that they share."""

BY = {"condition": "conditions", "model": "models", "scenario": "scenarios", "society": "societies", "agent": "agents"}
"""Columns that sides can differ in, and what their values are called."""

FILTERS = ("scenario", "condition", "model")
"""Columns by which runs are chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Which runs are listed. Nothing chosen is all.

    Attributes:
        scenario: the scenario.
        condition: the condition.
        model: the model.
        society: the society's label.
        status: how they stand.
        text: what the name or the setup of the runs contains.
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
        """What an address says."""
        given = {one.name: query[one.name] for one in fields(cls) if one.name in query}
        return cls(**{**given, "tab": SETTINGS if given.get("tab") == SETTINGS else RUNS})

    def has(self, entry: RunEntry) -> bool:
        """Whether a run is among them."""
        if self.status and entry.standing != self.status:
            return False
        wanted = {name: getattr(self, name) for name in (*FILTERS, "society")}
        are_so = (not value or getattr(entry.measures, name, None) == value for name, value in wanted.items())
        names = [entry.name, *([entry.measures.setup] if entry.measures else [])]
        return any(self.text.lower() in name.lower() for name in names) and all(are_so)

    @property
    def address(self) -> str:
        """The address that says it."""
        said = {one.name: value for one in fields(self) if (value := getattr(self, one.name)) and value != one.default}
        return f"/?{urlencode(said)}" if said else "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is compared with what.

    Attributes:
        by: the column that sides differ in.
        levels: its values that are shown; all when empty.
        baseline: the one that others are compared with; `default` or the first when empty.
        scenario: the scenario; all when empty.
        condition: the condition; all when empty.
        model: the model; all when empty.
        is_together: whether runs of one level are put together, whatever else they differ in.
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
        """What an address says."""
        return cls(
            by=by if (by := query.get("by", "condition")) in BY else "condition",
            levels=tuple(query.getlist("level")),
            is_together=query.get("together") == "1",
            **{name: query.get(name, "") for name in ("baseline", *FILTERS)},
        )

    @property
    def address(self) -> str:
        """The address that says it."""
        chosen = [("by", self.by), *(("level", level) for level in self.levels)]
        chosen += [(name, value) for name in ("baseline", *FILTERS) if (value := getattr(self, name))]
        return f"/compare?{urlencode([*chosen, *([('together', '1')] if self.is_together else [])])}"


def offered(runs: Sequence[RunMeasures]) -> dict[str, list[str]]:
    """What can be chosen: the values that occur of each column, `default` first.

    Args:
        runs: all runs that could be read.
    """
    return {
        column: sorted({str(getattr(run, column)) for run in runs}, key=lambda name: (name != "default", name))
        for column in BY
    }
