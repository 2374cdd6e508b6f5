"""What was spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from govsim.analysis.figures.figure import FIGURES, Figure
from govsim.analysis.figures.groups import joined, remark_on_imported, rows_of
from govsim.analysis.figures.names import labels_of
from govsim.analysis.figures.sheet import (
    GREY,
    SMALL,
    Drawn,
    Look,
    empty,
    legend_lines,
    looks,
    put_legend,
    settle,
    sheet,
    style,
)

if TYPE_CHECKING:
    import pandas as pd

NAME, TITLE = "cost", "Tokens and dollars"

CAPTION = (
    "Tokens of prompts and replies, and dollars, by the model that was asked and the phase it was asked in, summed "
    "over all runs, those that stopped included. A model has no bar where a provider did not tell its tokens, or where "
    "the price of one of its calls is unknown."
)
_NOTE = "Sums over all runs, those that stopped included; in brackets: runs."
_AMOUNTS = {"tokens": "tokens", "cost": "dollars"}


def cost_frame(answers: pd.DataFrame) -> pd.DataFrame:
    """Tokens and dollars by model and phase, over all runs.

    Args:
        answers: a frame of answers (`govsim.analysis.evidence.ANSWERS`).

    Returns:
        `model`, `phase`, `runs` that asked it, `replies`, `tokens`, `cost`; the last two are missing where those of one
        call are unknown.
    """
    groups = answers.groupby(["model", "phase"], sort=False)
    frame = groups.agg(runs=("path", "nunique"), replies=("replies", "sum")).reset_index()
    spent = [tuple(part[name].astype("float64").sum(skipna=False) for name in ("tokens", "cost")) for _, part in groups]
    return frame.assign(tokens=[tokens for tokens, _ in spent], cost=[cost for _, cost in spent])


def cost(answers: pd.DataFrame, *, imported: int = 0) -> list[Drawn]:
    """Tokens and dollars, with a bar for each model and a part of it for each phase.

    Args:
        answers: a frame of answers (`govsim.analysis.evidence.ANSWERS`).
        imported: runs that were imported from another program's logs, which do not tell what was asked.
    """
    remark = remark_on_imported(imported)
    frame = cost_frame(answers)
    if frame.empty:
        return [empty(NAME, TITLE, frame, joined("no reply of a model is recorded.", remark))]
    models, phases = list(dict.fromkeys(frame["model"])), list(dict.fromkeys(frame["phase"]))
    styles = looks(phases)
    handles = [_patch(styles[phase], label) for phase, label in labels_of(phases, 40).items()]
    runs, names = answers.groupby("model")["path"].nunique(), labels_of(models, 26)
    with style():
        height = 0.5 + 0.36 * len(models)
        figure, axes = sheet(
            [height] * 2, legend=legend_lines([str(one.get_label()) for one in handles]), note=joined(_NOTE, remark)
        )
        for ax, amount in zip(axes, _AMOUNTS, strict=True):
            _bars(ax, frame, amount, models, styles)
            ax.set_yticks(range(len(models)), [f"{names[model]}\n({int(runs[model])})" for model in models])
            ax.set_xlabel(_AMOUNTS[amount])
        put_legend(figure, handles)
        settle(figure)
    return [Drawn(name=NAME, title=TITLE, caption=joined(CAPTION, remark), figure=figure, frame=frame)]


def _patch(look: Look, label: str) -> Patch:
    return Patch(facecolor=look.colour, hatch=look.hatch, edgecolor="white", linewidth=0.4, label=label)


def _bars(ax: Axes, frame: pd.DataFrame, amount: str, models: Sequence[str], styles: Mapping[str, Look]) -> None:
    totals = {model: float(frame.loc[frame["model"] == model, amount].sum(skipna=False)) for model in models}
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
    ax.xaxis.set_major_formatter(lambda value, _: _shown(amount, value))
    ax.locator_params(axis="x", nbins=4)


def _shown(amount: str, value: float) -> str:
    if amount == "cost":
        return f"${value:,.2f}" if value >= 0.1 or not value else f"${value:.2g}"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:g}"


FIGURES.register(
    Figure(
        name=NAME,
        title=TITLE,
        description="Tokens and dollars by purpose and model.",
        draw=lambda evidence, series: cost(evidence.answers, imported=evidence.imported),
        has_series=False,
    )
)
