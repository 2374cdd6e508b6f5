"""What a figure is, and the registry of all figures.

A figure is defined in one file, which registers it; a plug-in names it in the entry-point group `govsim.figures`. It
gives drawings (`Drawn`), each with the frame that it was drawn from; `govsim.analysis.figures.sheet` has the paper and
the colours that the figures of govsim share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from govsim.analysis.evidence import Evidence
from govsim.analysis.figures.sheet import Drawn
from govsim.plugins import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the series of figures are.

    Attributes:
        by: the column of the frame of runs that tells them apart.
        baseline: the level that effects are differences from; `default` or the first when None.
        rng: where resamples are drawn from.
    """

    by: str
    baseline: str | None
    rng: np.random.Generator


def _always(evidence: Evidence) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One kind of figure.

    Attributes:
        name: its name in commands; drawings have the same name, or one that begins with it and a hyphen.
        title: what it shows, in a few words.
        description: what it shows, in a sentence.
        draw: from what was read to drawings, at least one: it says why where there is nothing to draw.
        has_series: whether it has a series for each level of a column, so that a report draws it for conditions and for
            models; otherwise a report draws it once.
        is_of_dialogue: whether it shows what judges made of dialogues, so that it stands in that part of a report.
        has_data: whether it is drawn where no figures are named.
    """

    name: str
    title: str
    description: str
    draw: Callable[[Evidence, Series], list[Drawn]]
    has_series: bool = True
    is_of_dialogue: bool = False
    has_data: Callable[[Evidence], bool] = _always


def _flaw(value: Any) -> str | None:
    """What keeps an object from being a figure; None where nothing does."""
    if not isinstance(value, Figure):
        return f"must be a govsim.analysis.figures.Figure, not {type(value).__name__}"
    texts = {name: getattr(value, name) for name in ("title", "description")}
    if empty := [name for name, text in texts.items() if not isinstance(text, str) or not text.strip()]:
        return f"{empty[0]}: must be a text, and not empty"
    return None if callable(value.draw) and callable(value.has_data) else "draw, has_data: must be functions"


FIGURES: Registry[Figure] = Registry("figure", group="figures", home="govsim.analysis.figures", flaw=_flaw)
"""All figures, in the order in which they are drawn."""
