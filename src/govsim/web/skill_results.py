"""What the page of skills shows: all of it from `govsim.analysis`, computed in a process beside the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from govsim import analysis
from govsim.analysis import skills
from govsim.analysis.measures import SURVIVAL_TIME
from govsim.analysis.runs import RunMeasures
from govsim.analysis.tables.table import Table
from govsim.characters import shortened
from govsim.errors import JournalError
from govsim.journal import only_below

MOST_WRONG = 8
"""Problems of each model, scenario and test that are shown of those that were not solved."""

_LONGEST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """All that the page shows.

    Attributes:
        accuracies: of each model, scenario and test; None where no model was tested.
        wrong: what was not solved, `MOST_WRONG` of each.
        against: societies against skills; None where fewer than three models were tested and run.
        regressions: of what becomes of societies on skills; None likewise.
        broken: journals that could not be read, and why.
    """

    accuracies: Table | None = None
    wrong: tuple[skills.Wrong, ...] = ()
    against: skills.Correlations | None = None
    regressions: Table | None = None
    broken: tuple[str, ...] = ()


def tested(root: Path, paths: Sequence[Path], runs: Sequence[RunMeasures]) -> Tested:
    """What models were tested in, and what became of their societies.

    Args:
        root: the folder that is looked at.
        paths: journals of studies in it; those of judges are passed over.
        runs: the runs that skills are set against.
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
    against = _lasting(skills.correlations_where_possible(studies, runs))
    return Tested(
        accuracies=skills.accuracies_table(studies, broken=len(broken)).computed if studies else None,
        wrong=tuple(wrong),
        against=against,
        regressions=None if against is None else skills.correlations_table(against).computed,
        broken=tuple(broken),
    )


def _cut(one: skills.Wrong) -> skills.Wrong:
    """A problem with as much of its texts as a page shows."""
    return replace(one, prompt=shortened(one.prompt, _LONGEST), reply=shortened(one.reply, _LONGEST))


def _lasting(found: skills.Correlations | None) -> skills.Correlations | None:
    """How long societies last, of all that skills are set against."""
    if found is None:
        return None
    return replace(found, regressions=tuple(one for one in found.regressions if one.measure == SURVIVAL_TIME))
