"""The figure of a tournament: payoffs, invasions, and shares by generation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure

from govsim.analysis.figures.sheet import SMALL, Drawn, looks, style
from govsim.analysis.tournament.standings import Standings

_CELL = 0.2
"""Inches of a row or column of a heat map, at least."""

_LEAST = 2.4
"""Inches of a heat map, at least."""

_VERDICTS = ("repelled", "undetermined", "neutral", "invades")
_COLOURS = ("#f7f7f7", "#d0d0d0", "#56B4E9", "#B34700")
"""They become darker in this order, also without colour."""

_MOST_LINES = 7
"""Policies whose shares are drawn: those that reach the largest shares."""


def draw_tournament(standings: Standings, *, members: int) -> Drawn:
    """Draw the payoffs of a tournament, who invades whom, and the shares by generation.

    Args:
        standings: its results.
        members: number of members of a society.
    """
    names = [str(name) for name in standings.payoffs.index]
    side = max(_LEAST, _CELL * len(names))
    with style():
        figure = Figure(figsize=(2 * side + 3.6, side + 3.2), layout="compressed")
        grid = figure.add_gridspec(2, 2, height_ratios=(side, 1.8))
        _draw_payoffs(figure, figure.add_subplot(grid[0, 0]), standings, names)
        _draw_invasions(figure, figure.add_subplot(grid[0, 1]), standings, names)
        _draw_shares(figure, figure.add_subplot(grid[1, :]), standings)
        figure.draw_without_rendering()
    others = members - 1
    return Drawn(
        name="tournament",
        title="Tournament of policies",
        caption=f"Left: mean units of a single member with the policy of the row among {others} with that of the "
        "column; diagonal: all members alike. Right: whether that member gains more than a member of a society of "
        "the policy of the column (invades: 95 % t interval of paired differences above 0; repelled: below 0; neutral: "
        "all differences are 0). Below: shares in discrete replicator dynamics (Taylor and Jonker 1978) from equal "
        "shares with rare mutation, if each member meets only members with one policy.",
        figure=figure,
        frame=standings.payoffs.rename_axis("policy").reset_index(),
    )


def _draw_payoffs(figure: Figure, ax: Axes, standings: Standings, names: Sequence[str]) -> None:
    image = ax.imshow(standings.payoffs.to_numpy(float), cmap="cividis", vmin=0)
    _name_cells(ax, names, "Gain of a single member")
    ax.set_ylabel("policy of the single member")
    figure.colorbar(image, ax=ax, shrink=0.8, label="units")


def _draw_invasions(figure: Figure, ax: Axes, standings: Standings, names: Sequence[str]) -> None:
    place = {name: number for number, name in enumerate(names)}
    verdicts = np.full((len(names), len(names)), np.nan)
    for one in standings.invasions:
        verdicts[place[one.invader], place[one.resident]] = _VERDICTS.index(one.verdict)
    edges = np.arange(len(_VERDICTS) + 1) - 0.5
    image = ax.imshow(verdicts, cmap=ListedColormap(_COLOURS), norm=BoundaryNorm(edges, len(_VERDICTS)))
    _name_cells(ax, names, "Invasion by a single member")
    for number in range(len(names)):
        ax.text(number, number, "–", ha="center", va="center", fontsize=SMALL)
    bar = figure.colorbar(image, ax=ax, shrink=0.8, ticks=range(len(_VERDICTS)))
    bar.ax.set_yticklabels(_VERDICTS)


def _name_cells(ax: Axes, names: Sequence[str], title: str) -> None:
    places = range(len(names))
    ax.set_title(title)
    ax.set_xticks(places, names, rotation=90, fontsize=SMALL)
    ax.set_yticks(places, names, fontsize=SMALL)
    ax.set_xlabel("policy of all others")


def _draw_shares(figure: Figure, ax: Axes, standings: Standings) -> None:
    shares = standings.shares
    largest = shares.max().sort_values(ascending=False, kind="stable").index[:_MOST_LINES]
    for name, look in looks([str(name) for name in largest]).items():
        ax.plot(shares.index + 1, shares[name], color=look.colour, linestyle=look.line, label=look.label)
    ax.set_xscale("log")
    ax.set_xlim(1, len(shares))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel("generation")
    ax.set_ylabel("share of members")
    ax.set_ylim(0, 1.02)
    ax.set_title("Replicator dynamics" if len(largest) == shares.shape[1] else "Replicator dynamics, largest shares")
    figure.legend(loc="outside lower center", ncols=4)
