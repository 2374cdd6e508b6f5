"""The report as a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from govsim.analysis.evidence import Evidence
from govsim.analysis.figures import SEED, baseline_of, compared, draw, effects, figures_with_data
from govsim.analysis.figures.comparisons import EFFECTS
from govsim.analysis.report import content
from govsim.analysis.report.parts import Picture, Table, picture
from govsim.analysis.report.skills import SkillsFound, SkillsPart, skills_part
from govsim.analysis.report.talk import talk
from govsim.analysis.statistics import RESAMPLES
from govsim.analysis.table import cells_of
from govsim.characters import visible

if TYPE_CHECKING:
    from govsim.analysis.figures import Drawn

_FIRST = "survival"
"""The figure that a part of a page begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """The part of a page that compares the levels of a column.

    Attributes:
        by: the column.
        levels: how many it has.
        baseline: what the others are compared with.
        count: p values that are adjusted for each other.
        table: all comparisons.
        pictures: figures with a series for each level.
        effects: forest plots.
    """

    by: str
    levels: int
    baseline: str
    count: int
    table: Table
    pictures: tuple[Picture, ...]
    effects: tuple[Picture, ...]


def report_html(
    evidence: Evidence,
    *,
    title: str | None = None,
    baseline: str | None = None,
    baseline_model: str | None = None,
    skills: SkillsFound | None = None,
) -> str:
    """A report as one page of HTML that loads nothing; the same journals give the same page.

    Args:
        evidence: what was read.
        title: the page's title; one that counts runs when None.
        baseline: the condition that others are compared with; `default`, or the first, when None.
        baseline_model: the model that others are compared with; the first when None.
        skills: tests of sub-skills, as `read_skills_found` gives them; None for no part on them.

    Raises:
        AnalysisError: a baseline is none that can be.
    """
    tested: SkillsPart | None = None
    if skills is not None:
        # A journal of a study is read for the talks and for the skills: where it is broken, both tell of it.
        evidence = replace(evidence, broken=tuple(dict.fromkeys((*evidence.broken, *skills.broken))))
        tested = skills_part(skills, evidence.runs)
    cells = cells_of(evidence.runs)
    environment = Environment(
        loader=PackageLoader("govsim.analysis.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    page = environment.get_template("report.html.jinja").render(
        title=title or content.counted_runs(len(evidence.runs)),
        tiles=content.tiles(evidence, cells),
        warnings=list(content.warnings(evidence, cells)),
        overview=content.overview(cells),
        comparing=list(_comparing(evidence, {"condition": baseline, "model": baseline_model})),
        others=[picture(drawn) for drawn in _figures(evidence, has_series=False)],
        tested=tested,
        talk=talk(evidence),
        sources=content.sources(evidence.origins),
        imports=content.imports(evidence.origins),
        setups=content.setups(cells),
        stopped=content.stopped_table(evidence),
        runs=content.runs_table(evidence),
        broken=evidence.broken,
        from_month=evidence.from_month,
        resamples=f"{RESAMPLES:,}",
        seed=SEED,
    )
    return page.encode(errors="replace").decode()


def _harmless(value: object) -> object:
    """A text without characters that are not seen; what the templates say themselves stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _comparing(evidence: Evidence, baselines: dict[str, str | None]) -> Iterator[Comparing]:
    """A part for conditions, and one for models where there are several."""
    runs = evidence.frames.runs
    for by, named in baselines.items():
        levels = int(runs[by].nunique())
        if by != "condition" and levels < 2 and named is None:
            continue
        baseline = named or baseline_of(runs, by)
        rng = np.random.default_rng(SEED)
        found = compared(runs, by, rng, baseline=baseline, from_month=evidence.from_month)
        yield Comparing(
            by=by,
            levels=levels,
            baseline=baseline,
            count=found[0].comparisons if found else 0,
            table=content.comparisons(found, f"{by}-comparisons"),
            pictures=tuple(_named(by, _figures(evidence, has_series=True, by=by))),
            effects=tuple(_named(by, effects(found))),
        )


def _figures(evidence: Evidence, *, has_series: bool, by: str = "condition") -> list[Drawn]:
    """The figures of runs, but for effects, which are drawn from the comparisons of their part."""
    wanted = [
        figure.name
        for figure in figures_with_data(evidence)
        if figure.has_series == has_series and not figure.is_of_dialogue and figure.name != EFFECTS.name
    ]
    ordered = sorted(wanted, key=lambda name: name != _FIRST)
    return draw(evidence, ordered, by=by) if ordered else []


def _named(by: str, figures: list[Drawn]) -> Iterator[Picture]:
    """Figures under names that say what is compared in them."""
    return (picture(drawn, f"{by}-{drawn.name}") for drawn in figures)
