"""Shares of labels, kept promises and known thresholds, with intervals that take runs as the units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from govsim.analysis.dialogue.compliance import OUTCOMES
from govsim.analysis.dialogue.majority import majority_labels, settled_knowledge, settled_promises
from govsim.analysis.dialogue.reading import Dialogue
from govsim.analysis.published import PAPERS_WORLD, paper_label, published_dialogue
from govsim.analysis.runs import NO_MODEL
from govsim.analysis.settings import Settings
from govsim.analysis.statistics.resampling import RESAMPLES, bootstrap_mean
from govsim.errors import AnalysisError
from govsim.journal import GROUPS, LABELS
from govsim.lazy import pandas as pd

CELL = ("model", "scenario", "condition", "cell")
"""What the rows of a table of dialogue differ in, when nothing else is said; the last stands for all other settings."""

LEVELS = (*CELL, "society", "member")
"""What they can differ in."""

_SHARE = ("share", "low", "high")
_KEPT = ("kept_share", "kept_low", "kept_high")
_EXCESS = ("excess", "excess_low", "excess_high")
_HELD = ("months_held", "months_held_censored")
_NUMBERS = frozenset((*_SHARE, *_KEPT, *_EXCESS, *_HELD, "published"))
"""Columns that are numbers even where none of their values exists."""

_Rows = Iterable[dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPart:
    """Decisions that one share is of.

    Attributes:
        of: what the share is of, as in `knowledge_shares`.
        claims: 1 for each decision that it holds for, 0 for each other.
        paths: the run of each.
        unsettled: decisions without an answer.
    """

    of: str
    claims: pd.Series[float]
    paths: pd.Series[str]
    unsettled: int


def label_shares(
    dialogue: Dialogue, rng: np.random.Generator, *, by: Sequence[str] = CELL, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """Shares of groups and labels among the utterances that raters came to one label for, in runs that ended.

    Args:
        dialogue: what was said and judged.
        rng: where resamples of runs are drawn from.
        by: columns that rows differ in, some of `LEVELS`.
        resamples: how many are drawn.

    Returns:
        A row for each combination of `by` and each group and label: `kind` (`group` or `label`) and `name`; `share` in
        0..1 with the ends of its bias-corrected and accelerated bootstrap interval, `low` and `high`, missing with
        fewer than two runs; `utterances` and `runs` that it rests on; what is left out of it: utterances on which
        raters were tied (`tied`), whose replies could not be read (`invalid`), that were not asked about
        (`not_asked`), and those of runs that stopped early (`stopped`); and `published`, the paper's share of the group
        for that model and scenario, where the condition is `default` and it has one.

    Raises:
        AnalysisError: `by` has a column that rows cannot differ in.
    """
    left_out = ("tied", "invalid", "not_asked", "stopped")
    columns = ("kind", "name", *_SHARE, "utterances", "runs", *left_out, "published")
    rows_of = partial(_shares_of, dialogue, rng, resamples)
    return _by_place(dialogue, majority_labels(dialogue.utterances), by, columns, rows_of)


def promise_rates(
    dialogue: Dialogue, rng: np.random.Generator, *, by: Sequence[str] = CELL, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """The share of promises that were kept, and by how much the others were broken, in runs that ended.

    Args:
        dialogue: what was said and judged.
        rng: where resamples of runs are drawn from.
        by: columns that rows differ in, some of `LEVELS`; `member` goes by name.
        resamples: how many are drawn.

    Returns:
        A row for each combination of `by`: `talks`, members in talks that were judged; `promises` that they gave;
        `kept`, `broken`, `unknown` and `no_harvest` of them; `kept_share`, of kept and broken ones, in 0..1, with
        `kept_low` and `kept_high`; `runs` it rests on; `excess`, what was asked for above a broken promise on average,
        in units, with `excess_low`, `excess_high` and `excess_runs`; and what is left out: `tied`, `invalid`,
        `stopped`.

    Raises:
        AnalysisError: `by` has a column that rows cannot differ in.
    """
    counts = ("talks", "promises", "kept", "broken", "unknown", "no_harvest")
    columns = (*counts, *_KEPT, "runs", *_EXCESS, "excess_runs", "tied", "invalid", "stopped")
    rows_of = partial(_promises_of, rng, resamples)
    return _by_place(dialogue, settled_promises(dialogue.promises), by, columns, rows_of)


def limit_rates(
    dialogue: Dialogue, rng: np.random.Generator, *, by: Sequence[str] = CELL, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """How often everyone kept an agreed limit in the next harvest, and how long limits held, in runs that ended.

    Args:
        dialogue: what was said and judged.
        rng: where resamples of runs are drawn from.
        by: columns that rows differ in, some of `LEVELS` without `member`.
        resamples: how many are drawn.

    Returns:
        A row for each combination of `by`: `agreements`; `followed`, those with a harvest after them that somebody's
        decision could be read of; `kept_share` of these in 0..1 with `kept_low` and `kept_high`; `runs` it rests on;
        `limits`, agreements without renewals of a limit that held; of these `limits_broken`; `months_held`, the mean
        over those broken; `months_held_censored`, that over those superseded or still held at the end, which held for
        at least so long; and `stopped`, agreements of runs that stopped early.

    Raises:
        AnalysisError: `by` has a column that rows cannot differ in.
    """
    if "member" in by:
        raise AnalysisError("by = member: an agreed limit is the group's")
    columns = ("agreements", "followed", *_KEPT, "runs", "limits", "limits_broken", *_HELD, "stopped")
    return _by_place(dialogue, dialogue.agreements, by, columns, partial(_limits_of, rng, resamples))


def knowledge_shares(
    dialogue: Dialogue, rng: np.random.Generator, *, by: Sequence[str] = CELL, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """What decisions were based on, and how many were above the threshold where it was named and where not.

    Args:
        dialogue: what was said and judged.
        rng: where resamples of runs are drawn from.
        by: columns that rows differ in, some of `LEVELS`.
        resamples: how many are drawn.

    Returns:
        Six rows for each combination of `by`, in runs that ended: `share` in 0..1 with `low` and `high` of what `of`
        says: `names_threshold`, `names_others`, `names_future` (of all decisions), and `over_usage`,
        `over_usage_named`, `over_usage_not_named` (of valid decisions: all, those whose reasoning names the threshold,
        and those whose does not); `decisions` and `runs` it rests on; `unsettled`, decisions without an answer for it;
        `stopped`, those of runs that stopped early.

    Raises:
        AnalysisError: `by` has a column that rows cannot differ in.
    """
    columns = ("of", *_SHARE, "decisions", "runs", "unsettled", "stopped")
    rows_of = partial(_known_of, rng, resamples)
    return _by_place(dialogue, settled_knowledge(dialogue.knowledge), by, columns, rows_of)


def known_parts(decisions: pd.DataFrame) -> Iterator[KnownPart]:
    """The shares of decisions that knowledge is told in: what they are of, and the claims they are shares of.

    Args:
        decisions: as `settled_knowledge` gives them.
    """
    named = decisions["names_threshold"].fillna(value=False).astype(bool)
    not_named = ~decisions["names_threshold"].fillna(value=True).astype(bool)
    parts = (
        *((claim, decisions, claim) for claim in ("names_threshold", "names_others", "names_future")),
        ("over_usage", decisions, "is_over_usage"),
        ("over_usage_named", decisions[named], "is_over_usage"),
        ("over_usage_not_named", decisions[not_named], "is_over_usage"),
    )
    for name, rows, column in parts:
        known = rows[rows[column].notna()]
        unsettled = len(rows) - len(known)
        yield KnownPart(of=name, claims=known[column].astype(float), paths=known["path"], unsettled=unsettled)


def _by_place(
    dialogue: Dialogue,
    frame: pd.DataFrame,
    by: Sequence[str],
    columns: Sequence[str],
    rows_of: Callable[[dict[str, str], pd.DataFrame], _Rows],
) -> pd.DataFrame:
    """A frame with the rows that each combination of columns has, in order of first occurrence.

    Args:
        dialogue: what the rows of the frame are from.
        frame: rows with the keys of runs, `model`, and what else is in `by`.
        by: some of `LEVELS`.
        columns: the columns of the new frame after these.
        rows_of: what makes its rows, from the values of `by` and the rows of runs that ended; `stopped`, how many rows
            are of other runs, is added.

    Raises:
        AnalysisError: `by` has a column that rows cannot differ in, or none.
    """
    if unknown := [name for name in by if name not in LEVELS]:
        raise AnalysisError(f"by = {unknown[0]}: must be of {', '.join(LEVELS)}")
    if not by:
        raise AnalysisError(f"by is empty: must be at least one of {', '.join(LEVELS)}")
    cells = dialogue.runs.set_index("path")["cell"]
    levels = frame.assign(model=frame["model"].fillna(NO_MODEL), cell=frame["path"].map(cells))
    rows: list[dict[str, object]] = []
    for values, of_place in levels.groupby(list(by), sort=False):
        place = dict(zip(by, map(str, values if isinstance(values, tuple) else (values,)), strict=True))
        ended = of_place[of_place["is_counted"]]
        stopped = len(of_place) - len(ended)
        rows += [{**place, **row, "stopped": stopped} for row in rows_of(place, ended)]
    made = pd.DataFrame(rows, columns=[*by, *columns])
    return made.astype(dict.fromkeys(_NUMBERS.intersection(columns), "float64"))


def _shares_of(
    dialogue: Dialogue, rng: np.random.Generator, resamples: int, place: dict[str, str], ended: pd.DataFrame
) -> _Rows:
    known, reasons = ended[ended["settled"] == "settled"], ended["settled"].value_counts()
    for kind, names in (("group", tuple(GROUPS)), ("label", LABELS)):
        for name in names:
            yield {
                "kind": kind,
                "name": name,
                **_mean(known[kind] == name, known["path"], rng, resamples),
                "utterances": len(known),
                "tied": int(reasons.get("tie", 0)),
                "invalid": int(reasons.get("invalid", 0)),
                "not_asked": int(reasons.get("not asked", 0)),
                "published": _published(dialogue, place, name) if kind == "group" else None,
            }


def _promises_of(rng: np.random.Generator, resamples: int, _: dict[str, str], ended: pd.DataFrame) -> _Rows:
    outcomes, settled = ended["outcome"].value_counts(), ended["settled"].value_counts()
    done = ended[ended["outcome"].isin(["kept", "broken"])]
    broken = ended[ended["outcome"] == "broken"]
    yield {
        "talks": int(settled.get("settled", 0)),
        "promises": int(ended["promised"].notna().sum()),
        **{outcome.replace(" ", "_"): int(outcomes.get(outcome, 0)) for outcome in OUTCOMES},
        **_mean(done["outcome"] == "kept", done["path"], rng, resamples, (*_KEPT, "runs")),
        **_mean(broken["excess"], broken["path"], rng, resamples, (*_EXCESS, "excess_runs")),
        "tied": int(settled.get("tie", 0)),
        "invalid": int(settled.get("invalid", 0)),
    }


def _limits_of(rng: np.random.Generator, resamples: int, _: dict[str, str], ended: pd.DataFrame) -> _Rows:
    followed, limits = ended[ended["is_kept"].notna()], ended[~ended["is_renewal"]]
    is_broken = limits["ending"] == "broken"
    yield {
        "agreements": len(ended),
        "followed": len(followed),
        **_mean(followed["is_kept"], followed["path"], rng, resamples, (*_KEPT, "runs")),
        "limits": len(limits),
        "limits_broken": int(is_broken.sum()),
        "months_held": limits.loc[is_broken, "months_held"].mean(),
        "months_held_censored": limits.loc[~is_broken, "months_held"].mean(),
    }


def _known_of(rng: np.random.Generator, resamples: int, _: dict[str, str], ended: pd.DataFrame) -> _Rows:
    for part in known_parts(ended):
        estimate = _mean(part.claims, part.paths, rng, resamples)
        yield {"of": part.of, **estimate, "decisions": len(part.claims), "unsettled": part.unsettled}


def _mean(
    values: pd.Series[Any],
    paths: pd.Series[str],
    rng: np.random.Generator,
    resamples: int,
    names: Sequence[str] = (*_SHARE, "runs"),
) -> dict[str, float | None]:
    """The mean over rows, the ends of its interval, and the runs it rests on, by these names."""
    found = bootstrap_mean(values.astype(float).tolist(), rng, runs=paths.tolist(), resamples=resamples)
    return dict(zip(names, (found.value, found.low, found.high, found.n), strict=True))


def is_papers_world(settings: Settings) -> bool:
    """Whether a cell is of the world that the paper's figures are about.

    Args:
        settings: the cell's, by dotted key.
    """
    members = settings["society.members"]
    assert isinstance(members, list), "as an experiment is written"
    return (len(members), settings.get("world.growth"), settings.get("world.capacity")) == PAPERS_WORLD


def _published(dialogue: Dialogue, place: dict[str, str], group: str) -> float | None:
    """The paper's share of a group; it read the dialogues of the default condition in its own world."""
    label = paper_label(place.get("model", ""))
    if label is None or place.get("condition") != "default":
        return None
    if "cell" in place and not is_papers_world(dialogue.settings[place["cell"]]):
        return None
    printed = published_dialogue()
    is_it = (
        (printed["model"] == label) & (printed["scenario"] == place.get("scenario")) & (printed["category"] == group)
    )
    shares = printed.loc[is_it, "share"].tolist()
    return float(shares[0]) if len(shares) == 1 else None
