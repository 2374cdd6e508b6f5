"""Figures of judged dialogues: purposes of utterances, kept promises, and the grounds of decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from govsim.analysis.dialogue.majority import majority_labels, settled_knowledge, settled_promises
from govsim.analysis.dialogue.reading import Dialogue
from govsim.analysis.dialogue.shares import is_papers_world, known_parts
from govsim.analysis.figures.figure import Series, register
from govsim.analysis.figures.panels import (
    FrameRow,
    Panel,
    PanelPlan,
    draw_panels,
    name_rows,
    remark_on_excluded,
    rows_of,
    series_frame,
    series_in_rows,
)
from govsim.analysis.figures.sheet import COLOURS, FAINT, Drawn, Look, joined_sentences, offsets, shifts
from govsim.analysis.intervals import Estimate, row_interval
from govsim.analysis.published import paper_label, published_dialogue
from govsim.analysis.results import Results
from govsim.journal import GROUPS, LABELS

_LABEL_COLOURS = dict(
    zip(
        LABELS,
        ("#0072B2", "#56B4E9", "#B5DCF2", "#B34700", "#E69F00", "#F7D08A", "#009E73", "#8FD6C0"),
        strict=True,
    )
)
"""Of each label: blue for information, orange for negotiation, green for relational."""

_ENDS = {"information": -0.12, "relational": 0.12}
"""The offsets of the intervals of both ends, which can overlap, from the middle of a bar."""

_SHORT = {"expressing disagreement": "disagreement"}
"""Short labels, so that two columns of the legend fit."""

PROMISE, LIMIT = "promise", "limit"

_PROMISES = {
    PROMISE: (-0.17, "o", COLOURS[0], "promises of members"),
    LIMIT: (0.17, "s", COLOURS[1], "limits agreed on by all"),
}
"""The offset in its row, the marker, the colour and the name of each."""

_KNOWLEDGE = {
    "names_threshold": "names the threshold",
    "names_others": "considers the others",
    "names_future": "considers the future",
    "over_usage_named": "above threshold, which is named",
    "over_usage_not_named": "above threshold, which is not named",
}
"""Names of rows, from top to bottom; the first three are about reasoning, the others about over-usage."""

_CLAIMS = ("names_threshold", "names_others", "names_future")

_PAPERS = Line2D([], [], color="black", marker="D", markerfacecolor="white", linestyle="none", label="the paper")

LABELLED = PanelPlan(
    name="labels",
    title="Functions of utterances",
    description="Shares of groups and labels of utterances, according to judges.",
    caption="Shares of the majority labels of the members' utterances: information (blue), negotiation "
    "(orange), relational (green). Black lines: 95 % intervals over runs (Gaffke 2005) of the end of information "
    "(above) and the start of relational (below).",
    note="Blue: information; orange: negotiation; green: relational. Black: 95 % intervals of the end of blue "
    "(above) and of the start of green (below).",
    x_label="share of utterances, %",
    height=lambda series, _: 0.3 * series,
    most=5,
    has_lines=None,
    x_limits=(0, 100),
    extra=tuple(Patch(facecolor=colour, label=_SHORT.get(label, label)) for label, colour in _LABEL_COLOURS.items()),
)

PROMISES = PanelPlan(
    name="promises",
    title="Kept promises and limits",
    description="Shares of promises and agreed limits that were kept.",
    caption="Blue: the share of members' promises, of those that could be kept, after which the member asked for "
    "no more than it promised. Orange: the share of agreed limits after which no member asked for more in the "
    "next month. Small marks: runs. Large marks and lines: all runs together, with 95 % intervals "
    "over runs.",
    note="Small: runs. Large: all runs, 95 % intervals over runs.",
    x_label="kept, %",
    height=lambda series, _: 0.34 * series,
    most=5,
    has_lines=None,
    x_limits=(-3, 103),
    has_grid=True,
    extra=tuple(
        Line2D([], [], color=colour, marker=marker, linestyle="none", label=words)
        for _, marker, colour, words in _PROMISES.values()
    ),
)

KNOWLEDGE = PanelPlan(
    name="knowledge",
    title="Basis of decisions",
    description="Shares of decisions whose reasoning names the threshold, or considers the others or the future.",
    caption="Above the black line: the share of harvest decisions whose reasoning names the sustainable threshold, "
    "and takes the others and the future into account, according to judges. Below it: the share of valid decisions "
    "above the threshold, of those whose reasoning names it and of those whose reasoning does not. Lines: 95 % "
    "intervals over runs (Gaffke 2005).",
    note="Above the line: what the reasoning contains; below: decisions above the threshold. 95 % intervals over runs.",
    x_label="share of decisions, %",
    height=lambda series, rows: rows["of"].nunique() * (0.1 + 0.08 * series),
    most=3,
    has_lines=False,
    x_limits=(-3, 103),
    has_grid=True,
)


def labels_frame(results: Results, series: Series) -> pd.DataFrame:
    """Shares of groups and labels of each series, and the paper's shares of groups.

    Args:
        results: the runs and studies.
        series: what the series are.

    Returns:
        The columns of the panel and that of the series; `kind` (`group`, `label` or `published`); `name`;
        `share` in per cent with `low` and `high`, the ends of its 95 % interval; `utterances` and `runs` that
        it is based on.

    Raises:
        AnalysisError: `series.by` is not one of `GROUPINGS`.
    """
    settled = majority_labels(results.dialogue.utterances)
    known = settled[settled["is_counted"] & (settled["settled"] == "settled")]

    def rows(runs: pd.DataFrame) -> Iterator[FrameRow]:
        said = known[known["path"].isin(runs["path"])]
        if not len(said):
            return
        for kind, names in (("group", tuple(GROUPS)), ("label", LABELS)):
            for name in names:
                share = _share_over_runs(said[kind] == name, said["path"])
                yield (kind, name, share.value, share.low, share.high, len(said), share.n)
        for name, printed in _published(results.dialogue, runs).items():
            yield ("published", name, 100 * printed, None, None, None, None)

    numbers = ("share", "low", "high", "utterances", "runs")
    return series_frame(results.runs, series.by, rows, ("kind", "name", *numbers), numbers)


def promises_frame(results: Results, series: Series) -> pd.DataFrame:
    """Kept promises and limits of each run and series.

    Args:
        results: the runs and studies.
        series: what the series are.

    Returns:
        The columns of the panel and that of the series; `what` (`promise` or `limit`); `of` (`run` or `all`);
        `path` of a run; `kept`, in per cent, with `low` and `high`, the ends of the 95 % interval over runs;
        `runs` and `count`, the promises or agreements that it is based on.

    Raises:
        AnalysisError: `series.by` is not one of `GROUPINGS`.
    """
    given, limits = settled_promises(results.dialogue.promises), results.dialogue.agreements
    done = given[given["is_counted"] & given["outcome"].isin(["kept", "broken"])]
    followed = limits[limits["is_counted"] & limits["is_kept"].notna()]
    kept = {
        PROMISE: done[["path"]].assign(kept=(done["outcome"] == "kept").astype(float)),
        LIMIT: followed[["path"]].assign(kept=followed["is_kept"].astype(float)),
    }

    def rows(runs: pd.DataFrame) -> Iterator[FrameRow]:
        for what, all_of_it in kept.items():
            mine = all_of_it[all_of_it["path"].isin(runs["path"])]
            if not len(mine):
                continue
            for path, of_run in mine.groupby("path", sort=False)["kept"]:
                yield (what, "run", path, 100 * float(of_run.mean()), None, None, 1, len(of_run))
            mean = _share_over_runs(mine["kept"], mine["path"])
            yield (what, "all", None, mean.value, mean.low, mean.high, mean.n, len(mine))

    numbers = ("kept", "low", "high", "runs", "count")
    return series_frame(results.runs, series.by, rows, ("what", "of", "path", *numbers), numbers)


def knowledge_frame(results: Results, series: Series) -> pd.DataFrame:
    """Return the grounds of decisions, and over-usage by whether the threshold was named, of each series.

    Args:
        results: the runs and studies.
        series: what the series are.

    Returns:
        The columns of the panel and that of the series; `of`, as in `knowledge_shares`; `share` in per cent with
        `low` and `high`, the ends of its 95 % interval over runs; `runs` and `decisions` that it is based on.

    Raises:
        AnalysisError: `series.by` is not one of `GROUPINGS`.
    """
    settled = settled_knowledge(results.dialogue.knowledge)
    ended = settled[settled["is_counted"]]

    def rows(runs: pd.DataFrame) -> Iterator[FrameRow]:
        for part in known_parts(ended[ended["path"].isin(runs["path"])]):
            if part.of in _KNOWLEDGE and len(part.claims):
                share = _share_over_runs(part.claims, part.paths)
                yield (part.of, share.value, share.low, share.high, share.n, len(part.claims))

    numbers = ("share", "low", "high", "runs", "decisions")
    return series_frame(results.runs, series.by, rows, ("of", *numbers), numbers)


def labels(results: Results, series: Series) -> list[Drawn]:
    """Shares of labels as stacked bars, with a panel for each scenario and society, and a bar for each series.

    Args:
        results: the runs and studies.
        series: what the series are.

    Returns:
        Figures of at most five panels each.

    Raises:
        AnalysisError: `series.by` is not one of `GROUPINGS`.
    """
    frame, plan = labels_frame(results, series), _with_remark(LABELLED, results.dialogue)
    if (frame["kind"] == "published").any():
        printed = "Diamonds: the same two places in the paper, for its models in the default condition."
        plan = replace(plan, caption=joined_sentences(plan.caption, printed), extra=(*plan.extra, _PAPERS))
    return draw_panels(plan, frame, results, series.by, series_in_rows(series.by, _stacked))


def promises(results: Results, series: Series) -> list[Drawn]:
    """Shares of kept promises and limits, with a panel for each scenario and society, and a row for each series.

    Arguments, returns and raises: as `labels`.
    """
    plan, frame = _with_remark(PROMISES, results.dialogue), promises_frame(results, series)
    return draw_panels(plan, frame, results, series.by, series_in_rows(series.by, _kept))


def knowledge(results: Results, series: Series) -> list[Drawn]:
    """Return the grounds of decisions, with a panel for each scenario and society, and a mark for each series.

    Arguments and raises: as `labels`. Figures have at most three panels each.
    """
    by = series.by

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        present = set(rows["of"])
        shown = [of for of in _KNOWLEDGE if of in present]
        for level, shift in shifts(list(panel.series)).items():
            for place, of in enumerate(shown):
                _mark(ax, rows[(rows[by] == level) & (rows["of"] == of)], styles[level], place + shift)
        for place, (above, below) in enumerate(pairwise(shown)):
            is_border = above in _CLAIMS and below not in _CLAIMS
            ax.axhline(place + 0.5, color="black" if is_border else FAINT, linewidth=0.5)
        name_rows(ax, [_KNOWLEDGE[of] for of in shown])

    plan = _with_remark(KNOWLEDGE, results.dialogue)
    return draw_panels(plan, knowledge_frame(results, series), results, by, draw)


def _with_remark(plan: PanelPlan, dialogue: Dialogue) -> PanelPlan:
    """The plan with the sentence on excluded runs, and on runs without a judgement of the study of its name."""
    judged = set(dialogue.runs.loc[dialogue.runs[plan.name] > 0, "path"])

    def remark(runs: pd.DataFrame) -> str:
        unjudged = int((runs["is_counted"] & ~runs["path"].isin(judged)).sum())
        stale = len(dialogue.stale)
        return joined_sentences(
            remark_on_excluded(runs),
            f"Not judged: {unjudged}." if unjudged else "",
            f"Judged before the run changed, or run missing: {stale}." if stale else "",
        )

    return replace(plan, remark_on=remark)


def _share_over_runs(values: Iterable[float], paths: Iterable[str]) -> Estimate:
    """The share in per cent, with its interval from whole runs, of values in 0..1 of runs with these paths."""
    return row_interval(values, paths).times(100)


def _stacked(ax: Axes, rows: pd.DataFrame, place: float, look: Look) -> None:
    left = 0.0
    of_label = rows[rows["kind"] == "label"].set_index("name")["share"]
    for label, colour in _LABEL_COLOURS.items():
        width = float(of_label.get(label, 0.0))
        ax.barh(place, width, left=left, height=0.62, color=colour, edgecolor="white", linewidth=0.4)
        left += width
    for row in rows_of(rows[rows["kind"] == "group"]):
        ends_at = {"information": (row.low, row.high), "relational": (100 - row.high, 100 - row.low)}
        if row.name in ends_at and row.low == row.low:
            at = place + _ENDS[row.name]
            ax.add_line(Line2D(ends_at[row.name], [at, at], color="black", linewidth=1.3, zorder=4))
    printed = rows[rows["kind"] == "published"].set_index("name")["share"]
    if len(printed):
        places = [printed["information"], 100 - printed["relational"]]
        (marks,) = ax.plot(places, [place - 0.31] * 2, "D", color="black", markerfacecolor="white", markersize=4)
        marks.set(zorder=5, clip_on=False)


def _published(dialogue: Dialogue, runs: pd.DataFrame) -> dict[str, float]:
    """The paper's shares for a series of one of its models in its world, in one scenario and the default condition."""
    names = runs[["scenario", "condition", "model"]].drop_duplicates()
    if len(names) != 1 or names["condition"].iloc[0] != "default":
        return {}
    if not all(is_papers_world(dialogue.settings[cell]) for cell in runs["cell"].unique() if cell in dialogue.settings):
        return {}
    label = paper_label(str(names["model"].iloc[0]))
    printed = published_dialogue()
    is_it = (printed["model"] == label) & (printed["scenario"] == names["scenario"].iloc[0])
    return {} if label is None else dict(zip(printed.loc[is_it, "category"], printed.loc[is_it, "share"], strict=True))


def _kept(ax: Axes, rows: pd.DataFrame, place: float, look: Look) -> None:
    for what, (shift, marker, colour, _) in _PROMISES.items():
        of_it, at = rows[rows["what"] == what], place + shift
        of_runs, of_all = (of_it[of_it["of"] == of] for of in ("run", "all"))
        y = [at + offset for offset in offsets(len(of_runs), 0.2)]
        ax.plot(of_runs["kept"], y, marker, color=colour, alpha=0.4, markersize=2, markeredgewidth=0, clip_on=False)
        for row in rows_of(of_all):
            ax.add_line(Line2D([row.low, row.high], [at, at], color=colour, linewidth=1.3, zorder=4))
            (mark,) = ax.plot([row.kept], [at], marker, color=colour, markersize=4, zorder=5, clip_on=False)
            mark.set(markeredgecolor="black", markeredgewidth=0.5)


def _mark(ax: Axes, rows: pd.DataFrame, look: Look, place: float) -> None:
    for row in rows_of(rows):
        ax.add_line(Line2D([row.low, row.high], [place, place], color=look.colour, linewidth=1.1))
        ax.plot([row.share], [place], look.marker, color=look.colour, clip_on=False, zorder=4)


def _has(frame: Literal["utterances", "promises", "knowledge"]) -> Callable[[Results], bool]:
    """Whether a frame of judgements has rows."""
    return lambda results: bool(len(getattr(results.dialogue, frame)))


_ANSWERS = "results of judges (govsim dialogue judge)"

register(LABELLED, labels, is_of_dialogue=True, has_data=_has("utterances"), needs=_ANSWERS)
register(PROMISES, promises, is_of_dialogue=True, has_data=_has("promises"), needs=_ANSWERS)
register(KNOWLEDGE, knowledge, is_of_dialogue=True, has_data=_has("knowledge"), needs=_ANSWERS)
