"""Answers that could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from govsim.analysis.figures.figure import FIGURES, Figure
from govsim.analysis.figures.groups import joined, remark_on_imported, rows_of
from govsim.analysis.figures.names import labels_of
from govsim.analysis.figures.sheet import (
    FAINT,
    Drawn,
    Look,
    empty,
    handle,
    legend_lines,
    looks,
    put_legend,
    settle,
    sheet,
    style,
)

if TYPE_CHECKING:
    import pandas as pd

NAME, TITLE = "invalid", "Answers that could not be read"

CAPTION = (
    "For each purpose and model the share of questions whose last reply could not be read, so that the answer was "
    "lost (filled), and the share of replies that could not be read, some of which were asked for again with "
    "success (open). All runs, those that stopped included; in the legend the questions asked. Replies of one run are "
    "not independent, so that no interval is given."
)
_NOTE = "Filled: questions without a readable answer. Open: unreadable replies. All runs count; in brackets: questions."
_ROW = 0.13


def answers_frame(answers: pd.DataFrame) -> pd.DataFrame:
    """Questions and replies that could not be read, by purpose and model, over all runs.

    Args:
        answers: a frame of answers (`govsim.analysis.evidence.ANSWERS`).

    Returns:
        `purpose`, `model`, `questions`, `unread`, `replies`, `refused`; `unread_share` and `refused_share` in per cent.
    """
    amounts = ["questions", "unread", "replies", "refused"]
    frame = answers.groupby(["purpose", "model"], sort=False, as_index=False)[amounts].sum()
    return frame.assign(
        unread_share=100 * frame["unread"] / frame["questions"], refused_share=100 * frame["refused"] / frame["replies"]
    )


def invalid(answers: pd.DataFrame, *, imported: int = 0) -> list[Drawn]:
    """The shares of unreadable answers, with a row for each purpose and a mark for each model.

    Args:
        answers: a frame of answers (`govsim.analysis.evidence.ANSWERS`).
        imported: runs that were imported from another program's logs, which do not tell what was asked.
    """
    remark = remark_on_imported(imported)
    frame = answers_frame(answers)
    if frame.empty:
        return [empty(NAME, TITLE, frame, joined("no reply of a model is recorded.", remark))]
    models, purposes = list(dict.fromkeys(frame["model"])), list(dict.fromkeys(frame["purpose"]))
    styles = looks(models)
    asked, names = frame.groupby("model")["questions"].sum(), labels_of(models, 32)
    handles = [handle(f"{names[model]} ({int(asked[model]):,})", styles[model], has_line=False) for model in models]
    with style():
        labels = [str(one.get_label()) for one in handles]
        height = 0.45 + len(purposes) * (0.1 + _ROW * len(models))
        figure, (ax,) = sheet([height], legend=legend_lines(labels), note=joined(_NOTE, remark))
        _rows(ax, frame, purposes, styles)
        ax.set_xlabel("share, %")
        ax.set_xlim(0, max(1.0, 1.08 * float(frame[["unread_share", "refused_share"]].max().max())))
        put_legend(figure, handles)
        settle(figure)
    return [Drawn(name=NAME, title=TITLE, caption=joined(CAPTION, remark), figure=figure, frame=frame)]


def _rows(ax: Axes, frame: pd.DataFrame, purposes: Sequence[str], styles: Mapping[str, Look]) -> None:
    step = 0.8 / len(styles)
    places = {model: (number - (len(styles) - 1) / 2) * step for number, model in enumerate(styles)}
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
    ax.set_ylim(len(purposes) - 0.5, -0.5)
    ax.set_yticks(range(len(purposes)), labels_of(purposes, 22).values())
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=FAINT, linewidth=0.4)


FIGURES.register(
    Figure(
        name=NAME,
        title=TITLE,
        description="Shares of questions and replies that could not be read, by purpose and model.",
        draw=lambda evidence, series: invalid(evidence.answers, imported=evidence.imported),
        has_series=False,
    )
)
