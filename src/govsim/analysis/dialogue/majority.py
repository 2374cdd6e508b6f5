"""Majority answers of several raters, and the self-consistency of judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from govsim.analysis.columns import Layout, RowValues
from govsim.analysis.dialogue.frames import GROUP_OF, KNOWLEDGE, PROMISES, UTTERANCES
from govsim.analysis.frames import RunKeys
from govsim.analysis.intervals import Estimate, row_interval
from govsim.lazy import pandas as pd

T = TypeVar("T", bound=Hashable)

MajorityStatus = Literal["settled", "tie", "invalid", "not asked"]
"""Whether raters have a majority answer, or the reason why not: a tie, no readable answer, or no rater was asked."""

_RUN = RunKeys._fields
_LINE = (*_RUN, "month", "member", "model", "ordinal", "text")
_DISCUSSION = (*_RUN, "month", "member", "model")
_DECISION = (*_DISCUSSION, "asked", "member_threshold", "is_over_usage")


def majority_labels(utterances: pd.DataFrame) -> pd.DataFrame:
    """Return the majority label of each utterance; with one rater, that rater's label.

    Args:
        utterances: a frame of utterances (`UTTERANCES`).

    Returns:
        One row for each utterance: the keys, `month`, `member`, `model`, `ordinal`, `text`; `raters`, those with a
        readable answer; `votes` for the label; `settled` (`settled`, `tie`, `invalid` or `not asked`); `label` and
        `group`, missing unless it is settled.
    """
    rows: list[RowValues] = []
    for place, of_one in _groups(utterances, _LINE):
        known = [row.label for row in of_one if _is_known(row.label)]
        winner, votes = most_votes(known)
        settled = _settled(votes, has_winner=winner is not None, is_asked=any(row.is_asked for row in of_one))
        rows.append((*place, len(known), votes, settled, winner, None if winner is None else GROUP_OF[winner]))
    votes_and_label = {"votes": "int64", "settled": "string", "label": "string", "group": "string"}
    return _settled_frame(rows, UTTERANCES, _LINE, votes_and_label)


def settled_promises(promises: pd.DataFrame) -> pd.DataFrame:
    """Return the majority reading of each member's promise in each discussion; "no promise" counts as an answer.

    Args:
        promises: a frame of promises (`PROMISES`).

    Returns:
        One row for each member and discussion: the keys, `month`, `member`, `model`; `raters`; `settled`, as for
        labels; `promised`, `asked`, `granted`, `outcome` and `excess`, as in the frame. Without a promise or a
        majority, `promised`, `outcome` and `excess` are missing.
    """
    rows: list[RowValues] = []
    columns = ("promised", "asked", "granted", "outcome", "excess")
    for place, of_one in _groups(promises, _DISCUSSION):
        known = [row for row in of_one if not _is_known(row.invalid)]
        answers = [int(row.promised) if _is_known(row.promised) else -1 for row in known]
        winner, votes = most_votes(answers)
        settled = _settled(votes, has_winner=winner is not None, is_asked=True)
        first = of_one[0] if winner is None else known[answers.index(winner)]
        has_promise = winner is not None and winner >= 0
        values = [getattr(first, name) if has_promise or name in ("asked", "granted") else None for name in columns]
        rows.append((*place, len(answers), settled, *values))
    return _settled_frame(rows, PROMISES, _DISCUSSION, {"settled": "string", **_kinds(PROMISES, columns)})


def settled_knowledge(knowledge: pd.DataFrame) -> pd.DataFrame:
    """Return the majority answers on the grounds of each decision, separately for threshold, others and future.

    Args:
        knowledge: a frame of knowledge (`KNOWLEDGE`).

    Returns:
        One row for each decision: the keys, `month`, `member`, `model`, `asked`, `member_threshold`, `is_over_usage`;
        `raters`; and `names_threshold`, `names_others`, `names_future`, missing on a tie or without a readable answer.
    """
    rows: list[RowValues] = []
    claims = ("names_threshold", "names_others", "names_future")
    for place, of_one in _groups(knowledge, _DECISION):
        known = [row for row in of_one if not _is_known(row.invalid)]
        answers = [most_votes(bool(getattr(row, name)) for row in known)[0] for name in claims]
        rows.append((*place, len(known), *answers))
    return _settled_frame(rows, KNOWLEDGE, _DECISION, _kinds(KNOWLEDGE, claims))


def self_consistency(utterances: pd.DataFrame) -> dict[str, tuple[Estimate, int]]:
    """Return the share of utterances on which all samples of a judge agree, among those with two or more readable ones.

    Args:
        utterances: a frame of utterances (`UTTERANCES`).

    Returns:
        By `judge_setup`, the share in 0..1 with its interval from whole runs, and the number of these utterances.
        Judges with a single sample are excluded.
    """
    found: dict[str, tuple[Estimate, int]] = {}
    for judge, of_judge in utterances.groupby("judge_setup", sort=True):
        if of_judge["sample"].nunique() < 2:
            continue
        labels = of_judge.dropna(subset=["label"]).groupby(["path", "month", "ordinal"], sort=False)["label"]
        counts, different = labels.size(), labels.nunique()
        agree = (different == 1)[counts >= 2]
        paths = [str(path) for path, *_ in agree.index]
        estimate = row_interval(agree, paths)
        found[str(judge)] = (estimate, len(agree))
    return found


def most_votes(answers: Iterable[T]) -> tuple[T | None, int]:
    """Return the most frequent answer and its number of votes; the answer is None on a tie and without votes."""
    votes = Counter(answers).most_common(2)
    if not votes:
        return None, 0
    is_tie = len(votes) == 2 and votes[0][1] == votes[1][1]
    return (None if is_tie else votes[0][0]), votes[0][1]


def _settled(votes: int, *, has_winner: bool, is_asked: bool) -> MajorityStatus:
    if has_winner:
        return "settled"
    if votes:
        return "tie"
    return "invalid" if is_asked else "not asked"


def _groups(frame: pd.DataFrame, columns: Sequence[str]) -> Iterable[tuple[tuple[object, ...], list[Any]]]:
    """Rows grouped by the values of some columns, in order of first occurrence; missing values become None."""
    found: dict[tuple[object, ...], list[Any]] = {}
    for row in frame.itertuples(index=False):
        values = (getattr(row, name) for name in columns)
        found.setdefault(tuple(value if _is_known(value) else None for value in values), []).append(row)
    return found.items()


def _is_known(value: object) -> bool:
    return value is not None and value is not pd.NA and value == value  # noqa: PLR0124 - NaN is not itself


def _settled_frame(
    rows: Sequence[RowValues], layout: Layout, place: Sequence[str], answers: Mapping[str, str]
) -> pd.DataFrame:
    """Rows as a frame: the columns of a layout that identify the subject, the number of raters, and their answers."""
    kinds = {**_kinds(layout, place), "raters": "int64", **answers}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def _kinds(layout: Layout, names: Iterable[str]) -> Mapping[str, str]:
    return {name: layout.kinds[name] for name in names}
