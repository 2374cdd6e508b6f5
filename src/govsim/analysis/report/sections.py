"""The content of the sections of a report, before it is rendered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from markupsafe import Markup

from govsim.analysis.cells import Cell
from govsim.analysis.dialogue.tables import tables_of
from govsim.analysis.figures import Drawn, draw, figures_with_data
from govsim.analysis.figures.comparisons import EFFECTS, comparisons_with_baseline, effects
from govsim.analysis.figures.panels import panels_of
from govsim.analysis.figures.skills import draw_accuracies, draw_correlations
from govsim.analysis.measures import SURVIVAL_RATE, measure_named
from govsim.analysis.origins import Origin
from govsim.analysis.probes import probes_table, reskinned_table
from govsim.analysis.report.conducted import Conducted
from govsim.analysis.results import Results
from govsim.analysis.runs import RunMeasures
from govsim.analysis.skills import SkillStudy, accuracies_table, correlations_table, correlations_where_possible
from govsim.analysis.skills.correlation import FEWEST
from govsim.analysis.statistics import SEED
from govsim.analysis.statistics.baselines import baseline_of
from govsim.analysis.tables.cells import measure_column
from govsim.analysis.tables.comparisons import comparisons_table
from govsim.analysis.tables.formatting import ranges, setting
from govsim.analysis.tables.table import Column, Row, Table
from govsim.characters import counted, status_text, visible
from govsim.config.yaml import to_yaml
from govsim.journal import UNREADABLE

_FIRST = "survival"
"""The first figure of a section."""

_SKILLS = Markup(
    "Abilities that sustaining a commons requires, tested without a society: predicting the growth of the stock "
    "(<i>dynamics</i>), choosing a sustainable amount (<i>sustainable action</i>), and computing the maximum that each "
    "member can take without reducing the stock (<i>threshold</i>), with the assumption that all take the same, or by "
    "the model's own belief."
)
_RESKINNED = (
    "The condition reskinned has another capacity, growth and other names, so that knowledge of the paper's world does "
    "not apply."
)
_TOO_FEW = (
    f"Fewer than {FEWEST} models have both finished tests and runs in the condition default (or in the only one), "
    "so that outcomes of societies are not compared with skills."
)
_ADJUSTED = "p values of this table are adjusted for each other ({}, by max-T and Holm's method)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a section, with its content in this order.

    Attributes:
        title: its heading; empty for none.
        folded: whether it can be folded under its heading, and its initial state.
        notes: one paragraph each.
        points: a list of remarks.
        pictures: figures, each with its values to download.
        table: a table; None for none.
        frame: the values of the table to download; None for none.
        is_noted: whether the notes of the table are shown below it.
        code: preformatted text.
    """

    title: str = ""
    folded: Literal["", "open", "closed"] = ""
    notes: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    pictures: tuple[Drawn, ...] = ()
    table: Table | None = None
    frame: pd.DataFrame | None = None
    is_noted: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSection:
    """A section of a report.

    Attributes:
        name: its anchor in links.
        title: its heading.
        parts: its content.
    """

    name: str
    title: str
    parts: tuple[Part, ...]


def compared_sections(results: Results, conducted: Conducted, by: str) -> Iterator[ReportSection]:
    """The section of a compared column, unless it has only one value that is not a condition.

    Args:
        results: the runs.
        conducted: how they are compared; the baseline is that of `baseline_of` if none is named.
        by: the column.

    Raises:
        AnalysisError: no runs have the baseline.
    """
    levels, named = int(results.runs[by].nunique()), conducted.baselines[by]
    if by == "condition" or levels > 1 or named is not None:
        parts = tuple(_compared(results, conducted, by, levels))
        yield ReportSection(name=by, title=f"{by.capitalize()}s", parts=parts)


def figures_section(results: Results) -> ReportSection:
    """The figures that are drawn once for all runs."""
    return ReportSection(
        name="more", title="Catch, answers, cost", parts=(Part(pictures=tuple(_figures(results, has_series=False))),)
    )


def skills_section(studies: Sequence[SkillStudy], runs: Sequence[RunMeasures]) -> ReportSection:
    """Results of sub-skill tests, and outcomes of societies compared with them.

    Args:
        studies: the tests, at least one.
        runs: the runs that they are compared with.
    """
    table = accuracies_table(studies)
    tested = _part(table, notes=(_SKILLS, *table.notes), pictures=tuple(draw_accuracies(studies)))
    return ReportSection(name="skills", title="Sub-skills", parts=(tested, _against(studies, runs)))


def contamination_section(results: Results) -> ReportSection:
    """What models know of the paper's experiment, and the gap of the reskinned world; without parts without either."""
    parts = []
    if results.probes:
        table = probes_table(results.probes)
        parts.append(_part(table, title=table.title, is_noted=True))
    gap = reskinned_table(results.runs, from_month=results.from_month) if results.measures else None
    if gap is not None:
        parts.append(_part(gap, title="Reskinned world", notes=(_RESKINNED,), is_noted=True))
    return ReportSection(name="contamination", title="Knowledge of the paper", parts=tuple(parts))


def dialogue_section(results: Results) -> ReportSection:
    """Results of judges; without parts if there are none."""
    dialogue, parts = results.dialogue, list[Part]()
    if dialogue.is_judged or dialogue.stale:
        tables = tables_of(dialogue)
        notes = (note for table in tables.values() for note in table.notes if not any(map(note.count, dialogue.stale)))
        notice = ("Excluded journals of judges:",) if dialogue.stale else ()
        parts = [
            Part(notes=notice, points=dialogue.stale, pictures=tuple(_dialogue_figures(results))),
            *(_part(replace(one, name=f"dialogue-{name}"), title=one.title) for name, one in tables.items()),
            Part(title="Method of these tables", notes=tuple(dict.fromkeys(notes))),
        ]
    return ReportSection(name="dialogue", title="Dialogue", parts=tuple(parts))


def origin_section(results: Results, cells: Sequence[Cell]) -> ReportSection:
    """Software versions of runs, and the settings of every cell."""
    imports = tuple(_imports(results.origins))
    return ReportSection(
        name="origin",
        title="Versions and settings",
        parts=(
            Part(title="Versions"),
            *_sources(results.origins),
            *((Part(title="Imported"), *imports) if imports else ()),
            Part(title="Settings of each cell"),
            *map(_setup, cells),
        ),
    )


def runs_section(results: Results) -> ReportSection:
    """All runs with their journals, runs that stopped, and unreadable journals."""
    runs = [_run(run, origin) for run, origin in zip(results.measures, results.origins, strict=True)]
    all_runs = Table(name="runs", title="All runs", columns=_RUNS, data=runs)
    stopped = [row for row, run in zip(runs, results.measures, strict=True) if not run.is_counted]
    parts = [Part(notes=("Paths are relative to the folder of the report.",))]
    if stopped:
        table = Table(name="stopped", title="Runs that stopped before their end", columns=_RUNS, data=stopped)
        parts.append(Part(title="Stopped before their end", table=table))
    parts.append(Part(title="All" if stopped else "", table=all_runs, frame=results.runs))
    if results.problems:
        parts.append(Part(title="Unreadable journals", points=results.problems))
    return ReportSection(name="runs", title="Runs", parts=tuple(parts))


_LISTED = ("gain", "share_of_optimum", "between_equilibrium_and_optimum")
"""The measures in the list of all runs."""

_RUNS = (
    Column(name="path", place="stub"),
    Column(name="status", place="stub"),
    Column(name="reason", heading="why it stopped", place="stub"),
    Column(name="months", of=lambda row: f"{row['months']} of {row['months_planned']}"),
    Column(name="survived"),
    *(replace(measure_column(one), kind="number") for one in map(measure_named, _LISTED)),
    Column(name="invalid", heading="unreadable", kind="count"),
    Column(name="tokens", kind="count"),
    Column(name="cost", kind="dollars"),
)


def _part(table: Table, **others: Any) -> Part:
    """A table with its values to download."""
    return Part(table=table, frame=table.frame, **others)


def _compared(results: Results, conducted: Conducted, by: str, levels: int) -> Iterator[Part]:
    baseline = conducted.baselines[by] or baseline_of(results.runs, by)
    is_drawn = _has_shared_panel(results, by)
    pictures = tuple(_named(by, _figures(results, has_series=True, by=by))) if is_drawn else ()
    if baseline is None:
        option = "--baseline" if by == "condition" else f"--baseline-{by}"
        note = _marked("{} {}s. No baseline is chosen, so they are not compared: use {} NAME.", levels, by, option)
        repeated = _marked("Figures by {0} would repeat those by condition: no runs differ only in their {0}.", by)
        yield Part(notes=(note,) if is_drawn else (note, repeated), pictures=pictures)
        return
    rng = np.random.default_rng(SEED)
    found = comparisons_with_baseline(
        results.runs,
        by,
        rng,
        baseline=baseline,
        from_month=results.from_month,
        design=conducted.design,
        primary=conducted.primary,
    )
    if levels < 2:
        text = _marked("All runs are of one {}, <b>{}</b>: there is nothing to compare.", by, baseline)
        yield Part(notes=(text,), pictures=pictures)
        return
    text = _marked("{} {}s; the others are compared with <b>{}</b>.", levels, by, baseline)
    yield Part(notes=(text,), pictures=pictures)
    yield _part(
        comparisons_table(found, name=f"{by}-comparisons", primary=conducted.primary),
        title=f"Differences from {baseline}",
        notes=(_ADJUSTED.format(found[0].comparisons if found else 0),),
        pictures=tuple(_named(by, effects(found))),
        is_noted=True,
    )


def _has_shared_panel(results: Results, by: str) -> bool:
    """Whether figures by a column differ from those by condition: any panel shows several of its values."""
    return by == "condition" or any(len(panel.series) > 1 for panel in panels_of(results.runs, by))


def _figures(results: Results, *, has_series: bool, by: str = "condition") -> list[Drawn]:
    """The figures of runs except effects, which are drawn from the comparisons of their part."""
    wanted = [
        figure.name
        for figure in figures_with_data(results)
        if figure.has_series == has_series
        and not (figure.is_of_dialogue or figure.is_of_skills or figure.name == EFFECTS.name)
    ]
    ordered = sorted(wanted, key=lambda name: name != _FIRST)
    return draw(results, ordered, by=by) if ordered else []


def _dialogue_figures(results: Results) -> Iterator[Drawn]:
    kinds = [figure.name for figure in figures_with_data(results) if figure.is_of_dialogue]
    for by in ("condition", "model"):
        if kinds and _has_shared_panel(results, by):
            yield from _named(f"dialogue-{by}", draw(results, kinds, by=by))


def _named(by: str, figures: Sequence[Drawn]) -> Iterator[Drawn]:
    """Figures with names that begin with the compared column."""
    return (replace(drawn, name=f"{by}-{drawn.name}") for drawn in figures)


def _against(studies: Sequence[SkillStudy], runs: Sequence[RunMeasures]) -> Part:
    title = "Skills and outcomes of societies"
    if (found := correlations_where_possible(studies, runs)) is None:
        return Part(title=title, notes=(_TOO_FEW,))
    table = correlations_table(found)
    return _part(table, title=title, notes=table.notes, pictures=(draw_correlations(found),))


def _sources(origins: Sequence[Origin]) -> Iterator[Part]:
    """Software versions of runs, the most frequent first."""
    found = Counter((tuple(sorted(origin.versions.items())), origin.git_revision) for origin in origins)
    for index, ((versions, revision), runs) in enumerate(found.most_common()):
        version = dict(versions).get("govsim", "of unknown version")
        yield Part(
            title=f"{counted(runs, 'run')}: govsim {version}, revision {revision or 'not from a checkout'}",
            folded="closed" if index else "open",
            table=_pairs("package", "version", versions),
        )


def _imports(origins: Sequence[Origin]) -> Iterator[Part]:
    """Imported runs, grouped by what is assumed and missing."""
    found: dict[tuple[str, ...], list[str]] = {}
    for origin in origins:
        if origin.imported is not None:
            found.setdefault((*origin.imported.assumed, *origin.imported.missing), []).append(origin.path)
    for remarks, paths in found.items():
        title = f"{counted(len(paths), 'run')}, converted from the logs of another program"
        yield Part(title=title, folded="closed", notes=(", ".join(paths),), points=remarks)


def _setup(cell: Cell) -> Part:
    name = " · ".join((cell.scenario, cell.condition, cell.runs[0].setup))
    content = cell.runs[0].experiment.model_dump(mode="json", exclude={"seed"})
    settings = [(key, setting(value, None)) for key, value in cell.settings.items()]
    return Part(
        title=_marked("{} <small>seeds {}</small>", name, ranges([run.seed for run in cell.runs])),
        folded="closed",
        notes=("The settings in which runs differ, followed by the whole experiment without the seed:",),
        table=_pairs("key", "value", settings) if settings else None,
        code=to_yaml(content),
    )


def _marked(text: str, *values: object) -> Markup:
    """Format a text that contains HTML with values that are escaped."""
    return Markup(text).format(*(visible(str(value)) for value in values))


def _pairs(first: str, second: str, pairs: Sequence[tuple[str, str]]) -> Table:
    columns = (Column(name=first, place="stub"), Column(name=second, place="stub"))
    return Table(
        name=f"{first}s", title="", columns=columns, data=[{first: one, second: other} for one, other in pairs]
    )


def _run(run: RunMeasures, origin: Origin) -> Row:
    return {
        "path": origin.path,
        "status": UNREADABLE if run.is_unreadable else status_text(run.status),
        "reason": (origin.reason or "").strip(),
        "months": run.months,
        "months_planned": run.months_planned,
        "survived": measure_named(SURVIVAL_RATE).text(run.values[SURVIVAL_RATE]),
        **{one.name: one.shown(run.values[one.name]) for one in map(measure_named, _LISTED)},
        "invalid": run.invalid,
        "tokens": run.tokens,
        "cost": run.cost,
    }
