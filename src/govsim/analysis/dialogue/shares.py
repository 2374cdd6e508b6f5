"""Shares of labels, kept promises and known thresholds, with intervals that take runs as the units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from govsim.analysis.dialogue.majority import majority_labels, settled_knowledge, settled_promises
from govsim.analysis.intervals import Estimate
from govsim.analysis.published import PAPERS_WORLD, paper_label, published_dialogue
from govsim.analysis.statistics.resampling import RESAMPLES, bootstrap_mean
from govsim.errors import AnalysisError
from govsim.journal import GROUPS, LABELS
from govsim.lazy import pandas as pd

if TYPE_CHECKING:
    from govsim.analysis.dialogue.reading import Dialogue
    from govsim.analysis.settings import Settings

CELL = ("model", "scenario", "condition", "cell")
"""What the rows of a table of dialogue differ in, when nothing else is said; the last stands for all other settings."""

LEVELS = (*CELL, "society", "member")
"""What they can differ in."""

NO_MODEL = "none"

_ESTIMATE = ("value", "low", "high")


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
    rows = [
        {**place, **row}
        for place, of_cell in _cells(dialogue, majority_labels(dialogue.utterances), by)
        for row in _shares_of(dialogue, place, of_cell, rng, resamples)
    ]
    left_out = ["tied", "invalid", "not_asked", "stopped"]
    columns = [*by, "kind", "name", "share", "low", "high", "utterances", "runs", *left_out, "published"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("share", "low", "high", "published"), "float64"))


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
    rows = []
    for place, of_cell in _cells(dialogue, settled_promises(dialogue.promises), by):
        ended = of_cell[of_cell["is_counted"]]
        outcomes = ended["outcome"].value_counts()
        done = ended[ended["outcome"].isin(["kept", "broken"])]
        kept = _mean((done["outcome"] == "kept").astype(float), done["path"], rng, resamples)
        broken = ended[ended["outcome"] == "broken"]
        excess = _mean(broken["excess"].astype(float), broken["path"], rng, resamples)
        counts = {name: int(outcomes.get(name.replace("_", " "), 0)) for name in ("kept", "broken", "unknown")}
        rows.append(
            {
                **place,
                "talks": int((ended["settled"] == "settled").sum()),
                "promises": int(ended["promised"].notna().sum()),
                **counts,
                "no_harvest": int(outcomes.get("no harvest", 0)),
                **_named(kept, "kept_share", "kept_low", "kept_high"),
                "runs": kept.n,
                **_named(excess, "excess", "excess_low", "excess_high"),
                "excess_runs": excess.n,
                "tied": int((ended["settled"] == "tie").sum()),
                "invalid": int((ended["settled"] == "invalid").sum()),
                "stopped": int((~of_cell["is_counted"]).sum()),
            }
        )
    numbers = ("kept_share", "kept_low", "kept_high", "excess", "excess_low", "excess_high")
    counted = ("talks", "promises", "kept", "broken", "unknown", "no_harvest")
    columns = [*by, *counted, *numbers[:3], "runs", *numbers[3:], "excess_runs", "tied", "invalid", "stopped"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, "float64"))


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
    rows = []
    for place, of_cell in _cells(dialogue, dialogue.agreements, by):
        ended = of_cell[of_cell["is_counted"]]
        followed = ended[ended["is_kept"].notna()]
        kept = _mean(followed["is_kept"].astype(float), followed["path"], rng, resamples)
        limits = ended[~ended["is_renewal"]]
        is_broken = limits["ending"] == "broken"
        rows.append(
            {
                **place,
                "agreements": len(ended),
                "followed": len(followed),
                **_named(kept, "kept_share", "kept_low", "kept_high"),
                "runs": kept.n,
                "limits": len(limits),
                "limits_broken": int(is_broken.sum()),
                "months_held": limits.loc[is_broken, "months_held"].mean(),
                "months_held_censored": limits.loc[~is_broken, "months_held"].mean(),
                "stopped": int((~of_cell["is_counted"]).sum()),
            }
        )
    numbers = ("kept_share", "kept_low", "kept_high", "months_held", "months_held_censored")
    counted = ("runs", "limits", "limits_broken")
    columns = [*by, "agreements", "followed", *numbers[:3], *counted, *numbers[3:], "stopped"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, "float64"))


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
    rows = [
        {**place, **row}
        for place, of_cell in _cells(dialogue, settled_knowledge(dialogue.knowledge), by)
        for row in _known_of(of_cell, rng, resamples)
    ]
    columns = [*by, "of", "share", "low", "high", "decisions", "runs", "unsettled", "stopped"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("share", "low", "high"), "float64"))


def _shares_of(
    dialogue: Dialogue, place: dict[str, str], of_cell: pd.DataFrame, rng: np.random.Generator, resamples: int
) -> Iterator[dict[str, object]]:
    ended = of_cell[of_cell["is_counted"]]
    known = ended[ended["settled"] == "settled"]
    reasons = ended["settled"].value_counts()
    left_out = {
        "tied": int(reasons.get("tie", 0)),
        "invalid": int(reasons.get("invalid", 0)),
        "not_asked": int(reasons.get("not asked", 0)),
        "stopped": int((~of_cell["is_counted"]).sum()),
    }
    for kind, names in (("group", tuple(GROUPS)), ("label", LABELS)):
        for name in names:
            share = _mean((known[kind] == name).astype(float), known["path"], rng, resamples)
            yield {
                "kind": kind,
                "name": name,
                **_named(share, "share", "low", "high"),
                "utterances": len(known),
                "runs": share.n,
                **left_out,
                "published": _published(dialogue, place, name) if kind == "group" else None,
            }


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


def _known_of(of_cell: pd.DataFrame, rng: np.random.Generator, resamples: int) -> Iterator[dict[str, object]]:
    for part in known_parts(of_cell[of_cell["is_counted"]]):
        share = _mean(part.claims, part.paths, rng, resamples)
        yield {
            "of": part.of,
            **_named(share, "share", "low", "high"),
            "decisions": len(part.claims),
            "runs": share.n,
            "unsettled": part.unsettled,
            "stopped": int((~of_cell["is_counted"]).sum()),
        }


def _cells(dialogue: Dialogue, frame: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """The rows of each combination of columns, in order of first occurrence."""
    if unknown := [name for name in by if name not in LEVELS]:
        raise AnalysisError(f"by = {unknown[0]}: must be of {', '.join(LEVELS)}")
    if not by:
        raise AnalysisError(f"by is empty: must be at least one of {', '.join(LEVELS)}")
    cells = dialogue.runs.set_index("path")["cell"]
    levels = frame.assign(model=frame["model"].fillna(NO_MODEL), cell=frame["path"].map(cells))
    for values, rows in levels.groupby(list(by), sort=False):
        yield dict(zip(by, map(str, values if isinstance(values, tuple) else (values,)), strict=True)), rows


def _mean(values: pd.Series, paths: pd.Series, rng: np.random.Generator, resamples: int) -> Estimate:
    return bootstrap_mean(values.tolist(), rng, runs=paths.tolist(), resamples=resamples)


def _named(estimate: Estimate, *names: str) -> dict[str, float | None]:
    return {name: getattr(estimate, part) for name, part in zip(names, _ESTIMATE, strict=True)}


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
