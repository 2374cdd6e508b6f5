"""Shares of labels, kept promises and named thresholds, with intervals from whole runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from govsim.analysis.dialogue.compliance import OUTCOMES
from govsim.analysis.dialogue.majority import majority_labels, settled_knowledge, settled_promises
from govsim.analysis.dialogue.reading import Dialogue
from govsim.analysis.intervals import row_interval
from govsim.analysis.published import PAPERS_WORLD, paper_label, published_dialogue
from govsim.analysis.runs import NO_MODEL
from govsim.analysis.settings import FlatSettings
from govsim.errors import AnalysisError
from govsim.journal import GROUPS
from govsim.lazy import pandas as pd

CELL = ("model", "scenario", "condition", "cell")
"""The default grouping of tables of dialogue; `cell` represents all other settings."""

LEVELS = (*CELL, "society", "member")
"""All columns by which they can be grouped."""

_SHARE = ("share", "low", "high")
_KEPT = ("kept_share", "kept_low", "kept_high")
_EXCESS = ("excess", "excess_low", "excess_high")
_HELD = ("months_held", "months_held_censored")
_NUMBERS = frozenset((*_SHARE, *_KEPT, *_EXCESS, *_HELD, "published"))
"""Numeric columns, which can have missing values only."""

_GROUPS_AND_LABELS = tuple(
    pair for group, labels in GROUPS.items() for pair in (("group", group), *(("label", label) for label in labels))
)
"""Groups of labels, each followed by its labels."""

_Rows = Iterable[dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPart:
    """The decisions that one share is based on.

    Attributes:
        of: the name of the share, as in `knowledge_shares`.
        claims: 1 for each decision that counts towards the share, else 0.
        paths: the run of each.
        unsettled: decisions without a majority answer.
    """

    of: str
    claims: pd.Series[float]
    paths: pd.Series[str]
    unsettled: int


def label_shares(dialogue: Dialogue, *, by: Sequence[str] = CELL) -> pd.DataFrame:
    """Return shares of groups and labels among utterances with a majority label, in counted runs.

    Args:
        dialogue: the dialogue.
        by: columns that define the rows, some of `LEVELS`.

    Returns:
        A row for each combination of `by` and each group and label: `kind` (`group` or `label`) and `name`; `share` in
        0..1 with the ends of its interval (`row_interval`), `low` and `high`, missing with
        fewer than two runs; `utterances` and `runs` that it is based on; excluded utterances: with a tie of raters
        (`tied`), with unreadable replies (`invalid`), that no rater was asked about (`not_asked`), and those of runs
        that stopped early (`stopped`); and `published`, the paper's share of the group for that model and scenario, if
        it has one and the condition is `default`.

    Raises:
        AnalysisError: `by` contains another column or is empty.
    """
    excluded = ("tied", "invalid", "not_asked", "stopped")
    columns = ("kind", "name", *_SHARE, "utterances", "runs", *excluded, "published")
    rows_of = partial(_shares_of, dialogue)
    return _by_place(dialogue, majority_labels(dialogue.utterances), by, columns, rows_of)


def promise_rates(dialogue: Dialogue, *, by: Sequence[str] = CELL) -> pd.DataFrame:
    """Return the share of promises that were kept, and the mean excess of the others, in counted runs.

    Args:
        dialogue: the dialogue.
        by: columns that define the rows, some of `LEVELS`; `member` is the member's name.

    Returns:
        A row for each combination of `by`: `judged`, the number of judged pairs of member and discussion; `promises`,
        those with a promise, of which `kept`, `broken`, `unknown` and `no_harvest`; `kept_share`, the share of kept
        ones among kept and broken ones, in 0..1, with `kept_low` and `kept_high`; `runs` that it is based on; `excess`,
        the mean of units asked for above a broken promise, with `excess_low`, `excess_high` and `excess_runs`; and
        excluded pairs: `tied`, `invalid`, `stopped`.

    Raises:
        AnalysisError: `by` contains another column or is empty.
    """
    counts = ("judged", "promises", "kept", "broken", "unknown", "no_harvest")
    columns = (*counts, *_KEPT, "runs", *_EXCESS, "excess_runs", "tied", "invalid", "stopped")
    rows_of = _promises_of
    return _by_place(dialogue, settled_promises(dialogue.promises), by, columns, rows_of)


def limit_rates(dialogue: Dialogue, *, by: Sequence[str] = CELL) -> pd.DataFrame:
    """Return how often all members kept an agreed limit in the next harvest, and for how long, in counted runs.

    Args:
        dialogue: the dialogue.
        by: columns that define the rows, some of `LEVELS` except `member`.

    Returns:
        A row for each combination of `by`: `agreements`; `followed`, those followed by a harvest with a readable
        decision; `kept_share` of these in 0..1 with `kept_low` and `kept_high`; `runs` that it is based on; `limits`,
        agreements without renewals of a limit in force; of these `limits_broken`; `months_held`, the mean over those
        broken; `months_held_censored`, the mean over those superseded or in force at the end, a lower bound; and
        `stopped`, agreements of runs that stopped early.

    Raises:
        AnalysisError: `by` contains another column or is empty.
    """
    if "member" in by:
        raise AnalysisError("by = member: an agreed limit is a property of the group; choose other columns")
    columns = ("agreements", "followed", *_KEPT, "runs", "limits", "limits_broken", *_HELD, "stopped")
    return _by_place(dialogue, dialogue.agreements, by, columns, _limits_of)


def knowledge_shares(dialogue: Dialogue, *, by: Sequence[str] = CELL) -> pd.DataFrame:
    """Return the grounds of decisions, and over-usage by whether the reasoning names the threshold.

    Args:
        dialogue: the dialogue.
        by: columns that define the rows, some of `LEVELS`.

    Returns:
        Six rows for each combination of `by`, in counted runs: `share` in 0..1 with `low` and `high`, named by `of`:
        `names_threshold`, `names_others`, `names_future` (of all decisions), and `over_usage`,
        `over_usage_named`, `over_usage_not_named` (of valid decisions: all, those whose reasoning names the threshold,
        and those whose does not); `decisions` and `runs` that it is based on; `unsettled`, decisions without a majority
        answer; `stopped`, those of runs that stopped early.

    Raises:
        AnalysisError: `by` contains another column or is empty.
    """
    columns = ("of", *_SHARE, "decisions", "runs", "unsettled", "stopped")
    rows_of = _known_of
    return _by_place(dialogue, settled_knowledge(dialogue.knowledge), by, columns, rows_of)


def known_parts(decisions: pd.DataFrame) -> Iterator[KnownPart]:
    """Yield the decisions that each share of `knowledge_shares` is based on.

    Args:
        decisions: the result of `settled_knowledge`.
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
    """A frame with the rows of each combination of values, in order of first occurrence.

    Args:
        dialogue: the dialogue of the frame.
        frame: rows with the keys of runs, `model`, and the other columns of `by`.
        by: some of `LEVELS`.
        columns: the columns of the new frame after these.
        rows_of: returns the rows of one combination, from its values and the rows of counted runs; `stopped`, the
            number of rows of other runs, is added.

    Raises:
        AnalysisError: `by` contains another column or is empty.
    """
    if unknown := [name for name in by if name not in LEVELS]:
        raise AnalysisError(f"by = {unknown[0]}: must be one of {', '.join(LEVELS)}")
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


def _shares_of(dialogue: Dialogue, place: dict[str, str], ended: pd.DataFrame) -> _Rows:
    known, reasons = ended[ended["settled"] == "settled"], ended["settled"].value_counts()
    for kind, name in _GROUPS_AND_LABELS:
        yield {
            "kind": kind,
            "name": name,
            **_mean(known[kind] == name, known["path"]),
            "utterances": len(known),
            "tied": int(reasons.get("tie", 0)),
            "invalid": int(reasons.get("invalid", 0)),
            "not_asked": int(reasons.get("not asked", 0)),
            "published": _published(dialogue, place, name) if kind == "group" else None,
        }


def _promises_of(_: dict[str, str], ended: pd.DataFrame) -> _Rows:
    outcomes, settled = ended["outcome"].value_counts(), ended["settled"].value_counts()
    done = ended[ended["outcome"].isin(["kept", "broken"])]
    broken = ended[ended["outcome"] == "broken"]
    yield {
        "judged": int(settled.get("settled", 0)),
        "promises": int(ended["promised"].notna().sum()),
        **{outcome.replace(" ", "_"): int(outcomes.get(outcome, 0)) for outcome in OUTCOMES},
        **_mean(done["outcome"] == "kept", done["path"], (*_KEPT, "runs")),
        **_mean(broken["excess"], broken["path"], (*_EXCESS, "excess_runs"), is_share=False),
        "tied": int(settled.get("tie", 0)),
        "invalid": int(settled.get("invalid", 0)),
    }


def _limits_of(_: dict[str, str], ended: pd.DataFrame) -> _Rows:
    followed, limits = ended[ended["is_kept"].notna()], ended[~ended["is_renewal"]]
    is_broken = limits["ending"] == "broken"
    yield {
        "agreements": len(ended),
        "followed": len(followed),
        **_mean(followed["is_kept"], followed["path"], (*_KEPT, "runs")),
        "limits": len(limits),
        "limits_broken": int(is_broken.sum()),
        "months_held": limits.loc[is_broken, "months_held"].mean(),
        "months_held_censored": limits.loc[~is_broken, "months_held"].mean(),
    }


def _known_of(_: dict[str, str], ended: pd.DataFrame) -> _Rows:
    for part in known_parts(ended):
        estimate = _mean(part.claims, part.paths)
        yield {"of": part.of, **estimate, "decisions": len(part.claims), "unsettled": part.unsettled}


def _mean(
    values: pd.Series[Any],
    paths: pd.Series[str],
    names: Sequence[str] = (*_SHARE, "runs"),
    *,
    is_share: bool = True,
) -> dict[str, float | None]:
    """The mean over rows, the ends of its interval, and the number of runs that it is based on, under these names."""
    found = row_interval(values.astype(float), paths, is_share=is_share)
    return dict(zip(names, (found.value, found.low, found.high, found.n), strict=True))


def is_papers_world(settings: FlatSettings) -> bool:
    """Return whether a cell has the world of the paper.

    Args:
        settings: the settings of the cell, by dotted key.
    """
    members = settings["society.members"]
    assert isinstance(members, list), "a roster is a list"
    return (len(members), settings.get("world.growth"), settings.get("world.capacity")) == PAPERS_WORLD


def _published(dialogue: Dialogue, place: dict[str, str], group: str) -> float | None:
    """The paper's share of a group, which exists for the default condition in its world only."""
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
