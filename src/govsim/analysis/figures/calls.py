"""Figures of model calls: unreadable answers, tokens and dollars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum, isnan

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from govsim.analysis.figures.figure import register
from govsim.analysis.figures.panels import name_rows, rows_of
from govsim.analysis.figures.sheet import (
    FAINT,
    GREY,
    LONGEST_LABEL,
    SMALL,
    About,
    Drawn,
    Look,
    drawing,
    handle,
    joined_sentences,
    looks,
    shifts,
)
from govsim.analysis.results import Results
from govsim.analysis.tables.formatting import count, dollars, rounded_count
from govsim.characters import counted, labels_of, name_text

INVALID = About(
    name="invalid",
    title="Unreadable answers",
    description="Shares of unreadable questions and replies, by purpose and model.",
    caption="For each purpose and model: the share of questions without a readable answer (filled), and the share of "
    "unreadable replies, some of which were retried successfully (open). All runs count, including those that stopped; "
    "the legend has the number of questions. Replies of one run are not independent, so there are no intervals.",
    note="Filled: questions without a readable answer. Open: unreadable replies. All runs count; in brackets: "
    "questions.",
)

COST = About(
    name="cost",
    title="Tokens and dollars",
    description="Tokens and dollars by purpose and model.",
    caption="Tokens of prompts and replies, and dollars, by model and phase, summed over all runs, including those "
    "that stopped. A model has no bar if a provider did not report its tokens, or if the price of a call is unknown.",
    note="Sums over all runs, including those that stopped; in brackets: runs.",
)

_NOTHING = "no model replies are recorded."
_ROW = 0.13
_AMOUNTS = {"tokens": "tokens", "cost": "dollars"}


def answers_frame(answers: pd.DataFrame) -> pd.DataFrame:
    """Questions and replies that could not be read, by purpose and model, over all runs.

    Args:
        answers: a frame of answers (`govsim.analysis.records.ANSWERS`).

    Returns:
        `purpose`, `model`, `questions`, `unread`, `replies`, `refused`; `unread_share` and `refused_share` in per cent.
    """
    amounts = ["questions", "unread", "replies", "refused"]
    frame = answers.groupby(["purpose", "model"], sort=False, as_index=False)[amounts].sum()
    return frame.assign(
        unread_share=100 * frame["unread"] / frame["questions"], refused_share=100 * frame["refused"] / frame["replies"]
    )


def cost_frame(answers: pd.DataFrame) -> pd.DataFrame:
    """Tokens and dollars by model and phase, over all runs.

    Args:
        answers: a frame of answers (`govsim.analysis.records.ANSWERS`).

    Returns:
        `model`, `phase`, `runs` that asked it, `replies`, `tokens`, `cost`; the last two are missing where those of one
        call are unknown.
    """
    groups = answers.groupby(["model", "phase"], sort=False)
    frame = groups.agg(runs=("path", "nunique"), replies=("replies", "sum")).reset_index()
    spent = [tuple(fsum(part[name].astype("float64")) for name in ("tokens", "cost")) for _, part in groups]
    return frame.assign(tokens=[tokens for tokens, _ in spent], cost=[cost for _, cost in spent])


def invalid(results: Results) -> list[Drawn]:
    """The shares of unreadable answers, with a row for each purpose and a mark for each model.

    Args:
        results: the runs and studies.
    """
    frame, remark = answers_frame(results.answers), _remark_on_imported(results.imported)
    if frame.empty:
        return [INVALID.empty(frame, joined_sentences(_NOTHING, remark))]
    about = INVALID.also(remark)
    models, purposes = (list(dict.fromkeys(frame[name])) for name in ("model", "purpose"))
    styles = looks(models)
    asked = frame.groupby("model")["questions"].sum()
    handles = [handle(styles[model], has_line=False, remark=f" ({count(asked[model])})") for model in models]
    height = len(purposes) * (0.1 + _ROW * len(models))
    with drawing([height], handles, note=about.note) as (sheet, (ax,)):
        _shares(ax, frame, purposes, styles)
        name_rows(ax, map(name_text, purposes))
        ax.set_xlabel("share of questions or replies, %")
        ax.set_xlim(0, max(1.0, 1.08 * float(frame[["unread_share", "refused_share"]].max().max())))
    return [about.drawn(sheet, frame)]


def cost(results: Results) -> list[Drawn]:
    """Tokens and dollars, with a bar for each model and a part of it for each phase.

    Args:
        results: the runs and studies.
    """
    frame, remark = cost_frame(results.answers), _remark_on_imported(results.imported)
    if frame.empty:
        return [COST.empty(frame, joined_sentences(_NOTHING, remark))]
    about = COST.also(remark)
    models, phases = (list(dict.fromkeys(frame[name])) for name in ("model", "phase"))
    styles, runs = looks(phases), results.answers.groupby("model")["path"].nunique()
    rows = [f"{label}\n({int(runs[model])})" for model, label in labels_of(models, LONGEST_LABEL).items()]
    labels = labels_of(map(name_text, phases), LONGEST_LABEL)
    handles = [
        Patch(
            hatch=styles[phase].hatch,
            facecolor=styles[phase].colour,
            edgecolor="white",
            linewidth=0.4,
            label=labels[name_text(phase)],
        )
        for phase in phases
    ]
    with drawing([0.36 * len(models)] * 2, handles, note=about.note) as (sheet, axes):
        for ax, amount in zip(axes, _AMOUNTS, strict=True):
            _bars(ax, frame, amount, models, styles)
            ax.set_yticks(range(len(models)), rows)
            ax.set_xlabel(_AMOUNTS[amount])
    return [about.drawn(sheet, frame)]


def _remark_on_imported(runs: int) -> str:
    """A sentence on runs from another program's logs, which do not record the questions; otherwise empty."""
    return f"{counted(runs, 'imported run')} {'has' if runs == 1 else 'have'} no record of this." if runs else ""


def _shares(ax: Axes, frame: pd.DataFrame, purposes: Sequence[str], styles: Mapping[str, Look]) -> None:
    places = shifts(list(styles))
    for number, purpose in enumerate(purposes):
        for row in rows_of(frame[frame["purpose"] == purpose]):
            look, y = styles[row.model], number + places[row.model]
            shares = [row.unread_share, row.refused_share]
            ax.add_line(Line2D(shares, [y, y], color=look.colour, linewidth=0.7))
            ax.plot(
                shares[1:], [y], look.marker, color=look.colour, fillstyle="none", markeredgewidth=0.8, clip_on=False
            )
            ax.plot(shares[:1], [y], look.marker, color=look.colour, clip_on=False, zorder=4)
        if number:
            ax.axhline(number - 0.5, color=FAINT, linewidth=0.5)
    ax.grid(axis="x", color=FAINT, linewidth=0.4)


def _bars(ax: Axes, frame: pd.DataFrame, amount: str, models: Sequence[str], styles: Mapping[str, Look]) -> None:
    totals = {model: fsum(frame.loc[frame["model"] == model, amount]) for model in models}
    most = max((total for total in totals.values() if not isnan(total)), default=0.0)
    for place, model in enumerate(models):
        if isnan(totals[model]):
            ax.text(0.01 * (most or 1), place, "unknown", va="center", color=GREY, fontsize=SMALL)
            continue
        start = 0.0
        for row in rows_of(frame[frame["model"] == model]):
            look, width = styles[row.phase], float(getattr(row, amount))
            ax.barh(place, width, 0.62, start, color=look.colour, hatch=look.hatch, edgecolor="white", linewidth=0.4)
            start += width
        ax.text(start + 0.015 * (most or 1), place, _shown(amount, totals[model]), va="center", fontsize=SMALL)
    ax.set_ylim(len(models) - 0.5, -0.5)
    ax.set_xlim(0, 1.22 * most if most else 1)
    if all(map(isnan, totals.values())):
        ax.set_xticks([])
        return
    ax.xaxis.set_major_formatter(lambda value, _: _shown(amount, value))
    ax.locator_params(axis="x", nbins=4)


def _shown(amount: str, value: float) -> str:
    return dollars(value) if amount == "cost" else rounded_count(value)


def _has_replies(results: Results) -> bool:
    return bool(len(results.answers) or results.imported)


register(INVALID, lambda results, _: invalid(results), has_series=False, draws_unasked=_has_replies)
register(COST, lambda results, _: cost(results), has_series=False, draws_unasked=_has_replies)
