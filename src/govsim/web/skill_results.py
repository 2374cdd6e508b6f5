"""The results on the page of skills, computed by `govsim.analysis` in a worker process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from govsim import analysis
from govsim.analysis import probes, skills
from govsim.analysis.measures import SURVIVAL_TIME
from govsim.analysis.runs import RunMeasures
from govsim.analysis.tables.table import Table
from govsim.characters import shortened
from govsim.errors import JournalError
from govsim.journal import only_below

MOST_WRONG = 8
"""The maximum number of unsolved problems shown for each model, scenario and test."""

_LONGEST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """The results of sub-skill tests.

    Attributes:
        accuracies: the accuracy by model, scenario and test; None without tests.
        wrong: the unsolved problems, at most `MOST_WRONG` of each.
        against: the correlations of societies with skills; None for fewer than three models with tests and runs.
        regressions: the regressions of outcomes on skills; None as for `against`.
        probes: what models recognize of the paper's experiment; None without probes.
        reskinned: the gap between the paper's world and the reskinned one; None without runs of both.
        broken: unreadable journals, and why.
    """

    accuracies: Table | None = None
    wrong: tuple[skills.Wrong, ...] = ()
    against: skills.Correlations | None = None
    regressions: Table | None = None
    probes: Table | None = None
    reskinned: Table | None = None
    broken: tuple[str, ...] = ()


def tested(root: Path, paths: Sequence[Path], runs: Sequence[RunMeasures]) -> Tested:
    """Read the sub-skill tests and probes, and relate the tests to the outcomes of societies.

    Args:
        root: the folder that is shown.
        paths: the journals of studies in it; those of judges are skipped.
        runs: the runs that are related to skills.
    """
    with only_below(root):
        results = analysis.load(root, frames=("studies",), only=paths, broken=lambda _: None)
        studies, wrong, broken = list[skills.SkillStudy](), list[skills.Wrong](), list(results.problems)
        for study in results.skills:
            try:
                wrong += map(_cut, skills.wrong_answers([study], MOST_WRONG))
                studies.append(study)
            except JournalError as error:
                broken.append(str(error).replace(f"{root.as_posix()}/", ""))
    gap = probes.reskinned_table(analysis.runs_frame(runs))
    against = _of_survival_time(skills.correlations_where_possible(studies, runs))
    return Tested(
        accuracies=skills.accuracies_table(studies, broken=len(broken)).computed if studies else None,
        wrong=tuple(wrong),
        against=against,
        regressions=None if against is None else skills.correlations_table(against).computed,
        probes=probes.probes_table(results.probes).computed if results.probes else None,
        reskinned=None if gap is None else gap.computed,
        broken=tuple(broken),
    )


def _cut(one: skills.Wrong) -> skills.Wrong:
    """A problem with its texts shortened for a page."""
    return replace(one, prompt=shortened(one.prompt, _LONGEST), reply=shortened(one.reply, _LONGEST))


def _of_survival_time(found: skills.Correlations | None) -> skills.Correlations | None:
    """Keep only the regressions of the survival time."""
    if found is None:
        return None
    return replace(found, regressions=tuple(one for one in found.regressions if one.measure == SURVIVAL_TIME))
