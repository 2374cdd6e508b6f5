"""Checks of judges with utterances of known labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from pathlib import Path

from govsim.analysis.dialogue.agreement import Rater, agreement
from govsim.analysis.intervals import Estimate, rate_interval
from govsim.analysis.tables.formatting import lines_of
from govsim.analysis.tables.table import Column, Row, Table
from govsim.characters import counted
from govsim.errors import AnalysisError
from govsim.journal import LABELS, JudgeCheck, Label, LabelName, read_study

Confusion = Counter[tuple[LabelName | None, LabelName | None]]
"""The number of replies by known label and given label."""

_METHOD = (
    "Rows: known labels; columns: labels given by the judge. Unreadable: replies that could not be parsed, which are "
    "neither right nor wrong. Right: the share of readable replies with the known label, with its exact 95 % interval."
)


def read_check(path: Path) -> tuple[Label, ...]:
    """Return the labels that a judge gave to utterances with known labels.

    Args:
        path: the journal of the check.

    Raises:
        JournalError: it cannot be read.
        AnalysisError: it is the journal of another study, or contains no answers yet.
    """
    study = read_study(path, kinds=("label",))
    if not isinstance(study.header.subject, JudgeCheck):
        raise AnalysisError(f"{path}: is not a check of a judge; create one with govsim dialogue check --model MODEL")
    labels = tuple(one for one in study.of(Label) if one.expected is not None)
    if not labels:
        raise AnalysisError(f"{path}: contains no answers; repeat the command that started it")
    return labels


def check_table(labels: Sequence[Label], judge: str) -> Table:
    """Return the confusion matrix of a judge: known labels by given labels, with the share of right ones.

    Args:
        labels: the result of `read_check`.
        judge: its name.
    """
    counts: Confusion = Counter((one.expected, one.label) for one in labels)
    return Table(
        name="judge-check",
        title=f"Labels given by {judge} to utterances with known labels",
        columns=(
            Column(name="known", heading="known label", place="stub"),
            *(Column(name=label, heading=label, kind="count", of=partial(_some, label)) for label in LABELS),
            Column(name="unread", heading="unreadable", kind="count", of=partial(_some, "unread"), is_optional=True),
            Column(name="right", unit="%", kind="estimate"),
        ),
        data=[
            {
                "known": known,
                **{label: counts[known, label] for label in LABELS},
                "unread": counts[known, None],
                "right": _right([one for one in labels if one.expected == known]).to_json(),
            }
            for known in LABELS
        ],
        notes=(*_summary(labels), _METHOD),
    )


def _some(name: str, row: Row) -> int | None:
    """A count; empty for 0, so that the others stand out."""
    return row[name] or None


def _summary(labels: Sequence[Label]) -> Iterator[str]:
    overall = _right(labels)
    unread = sum(one.label is None for one in labels)
    right = f"Right overall, in per cent: {_with_interval(overall)}, of {counted(overall.n, 'utterance')}"
    yield f"{right}; unreadable replies: {unread}."
    known = Rater(name="known", kind="person", labels={n: str(one.expected) for n, one in enumerate(labels)})
    given: dict[Hashable, str] = {n: str(one.label) for n, one in enumerate(labels) if one.label is not None}
    kappa = agreement([known, Rater(name="judge", kind="judge", labels=given)]).kappa
    if kappa is not None and kappa.value is not None:
        yield f"Cohen's kappa: {_with_interval(kappa)}, with a jackknife interval over utterances."


def _right(labels: Sequence[Label]) -> Estimate:
    return rate_interval(one.label == one.expected for one in labels if one.label is not None)


def _with_interval(estimate: Estimate) -> str:
    return " ".join(lines_of(estimate.to_json(), "estimate"))
