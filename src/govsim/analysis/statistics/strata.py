"""The runs of two groups that are compared, and what they have in common, whichever measure is compared."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from govsim.analysis.runs import excluded_by_reason
from govsim.analysis.settings import VERSION
from govsim.scenarios import PROMPTS_VERSION

SETUP = "setup"

IDENTITY = ("scenario", "condition", "society", SETUP)
"""The columns that identify a run, together with its seed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stratum:
    """Runs that are compared with each other: those of a level and of the baseline, identical in the shared columns.

    What does not depend on the compared measure is computed once, as many measures are compared.

    Attributes:
        within: columns and values that all of them share.
        names: the names of the level and of the baseline.
        level: the level's runs.
        baseline: the baseline's runs; empty where it has none in this stratum.
    """

    within: tuple[tuple[str, str], ...]
    names: tuple[str, str]
    level: pd.DataFrame
    baseline: pd.DataFrame

    @property
    def sides(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The runs of the level and those of the baseline."""
        return self.level, self.baseline

    @cached_property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios of the runs, in order of first occurrence."""
        return tuple(dict.fromkeys(str(name) for side in self.sides for name in side["scenario"]))

    @cached_property
    def by_scenario(self) -> tuple[Stratum, ...]:
        """A stratum for each scenario."""
        return tuple(
            Stratum(
                within=(("scenario", name), *self.within),
                names=self.names,
                level=self.level[self.level["scenario"] == name],
                baseline=self.baseline[self.baseline["scenario"] == name],
            )
            for name in self.scenarios
        )

    @cached_property
    def months(self) -> tuple[int, ...]:
        """The planned numbers of months."""
        return tuple(sorted({int(month) for side in self.sides for month in side["months_planned"]}))

    @cached_property
    def settings(self) -> int:
        """The number of different settings in one group, of the group with more of them."""
        return max(int(side["cell"].nunique()) for side in self.sides)

    @cached_property
    def prompts_versions(self) -> tuple[int, ...]:
        """The versions of govsim's prompts of the runs."""
        return tuple(sorted({int(version) for side in self.sides for version in prompts_versions(side)}))

    @cached_property
    def has_copies(self) -> bool:
        """Whether a group has copies of one run besides other runs."""
        return any(map(has_copies, self.sides))

    @cached_property
    def copies(self) -> int:
        """The number of counted runs that repeat another one."""
        return sum(map(copies_in, self.sides))

    @cached_property
    def excluded(self) -> tuple[Counter[str], Counter[str]]:
        """The number of runs of both groups that are excluded from measures, by reason."""
        return excluded_by_reason(self.level), excluded_by_reason(self.baseline)


def prompts_versions(runs: pd.DataFrame) -> pd.Series[Any]:
    """Return the version of govsim's prompts that each run was made with; the current one for runs without a model.

    Args:
        runs: a frame of runs.
    """
    changes = runs["changes"].astype("string").fillna("{}")
    return changes.map(lambda text: json.loads(text or "{}").get(VERSION, PROMPTS_VERSION)).astype("int64")


def has_copies(runs: pd.DataFrame) -> bool:
    """Return whether a group has copies of one run besides other runs; see `RunMeasures.trajectory`."""
    counted = runs.loc[runs["is_counted"], "trajectory"].dropna()
    return bool(1 < counted.nunique() < len(counted))


def copies_in(runs: pd.DataFrame) -> int:
    """Return how many counted runs repeat another one: identical in settings and seed, as in a copied folder.

    Imported runs of one seed are different runs, unless their files have the same name too.

    Args:
        runs: a frame of runs.
    """
    # Tuples, as a comparison of many groups asks for each of few runs, for which a frame takes ten times as long.
    names = ("is_counted", "is_imported", "path", "cell", "seed", *IDENTITY)
    rows = zip(*(runs[name] for name in names), strict=True)
    counted = [
        (str(path).rpartition("/")[2] if is_imported else "", *identity)
        for is_counted, is_imported, path, *identity in rows
        if is_counted
    ]
    return len(counted) - len(set(counted))
