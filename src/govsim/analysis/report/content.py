"""What a report says, before it is a page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govsim.analysis.counting import in_order
from govsim.analysis.evidence import Evidence, Origin
from govsim.analysis.measures import SURVIVAL_RATE, SURVIVAL_TIME, Measure, all_measures, measure_named
from govsim.analysis.report.parts import (
    NOTHING,
    Entry,
    Table,
    amount,
    counts,
    csv_link,
    dollars,
    entries,
    estimated,
    interval,
    number,
    p_value,
)
from govsim.analysis.requests import notes_on_runs
from govsim.analysis.runs import RunMeasures, toys_among
from govsim.analysis.statistics import Comparison, comparisons_frame
from govsim.analysis.table import PROMPTS, Cell, differing, table_frame
from govsim.characters import counted as number_of
from govsim.config.yaml import write as write_yaml
from govsim.journal import UNREADABLE

if TYPE_CHECKING:
    from pydantic import JsonValue

_COMPARED = (
    *("measure", "of", "level", "design", "n", "level's value", "baseline's value", "difference", "p", "p (Holm)"),
    "effect size",
)
_RUNS = ("path", "status", "why it stopped", "months", "survived", "gain, units", "unread", "tokens", "cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure of the summary."""

    value: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How the runs of one cell were set up.

    Attributes:
        name: scenario, condition and society.
        seeds: seeds of its runs.
        differing: settings in which it differs from others, and their values.
        experiment: the whole experiment as YAML, without the seed.
    """

    name: str
    seeds: str
    differing: tuple[tuple[str, str], ...]
    experiment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What some runs were made with.

    Attributes:
        runs: how many.
        git_revision: revision of govsim's source, or that it is unknown.
        versions: packages and their versions.
    """

    runs: int
    git_revision: str
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Runs that were imported.

    Attributes:
        paths: their journals.
        remarks: what was assumed of them, and what could not be carried over.
    """

    paths: tuple[str, ...]
    remarks: tuple[str, ...]


def tiles(evidence: Evidence, cells: Sequence[Cell]) -> tuple[Tile, ...]:
    """The summary in figures."""
    runs = evidence.runs
    status = Counter(run.status for run in runs)
    reasons = in_order(run.counting.reason for run in runs if run.counting.reason is not None)
    stopped = [(count, name) for name, count in reasons.items()]
    tokens, costs = [run.tokens for run in runs], [run.cost for run in runs]
    return (
        Tile(value=str(len(runs)), what=f"{'run' if len(runs) == 1 else 'runs'} in {number_of(len(cells), 'cell')}"),
        Tile(value=str(status["completed"]), what="survived"),
        Tile(value=str(status["collapsed"]), what="collapsed"),
        Tile(value=str(sum(count for count, _ in stopped)), what=f"left out{_bracketed(counts(stopped))}"),
        Tile(value=str(len(evidence.broken)), what="journals broken"),
        Tile(value=amount(None if None in tokens else sum(filter(None, tokens))), what="tokens"),
        Tile(value=dollars(None if None in costs else sum(filter(None, costs))), what="spent"),
    )


def counted_runs(runs: int) -> str:
    """The title of a report that has none of its own."""
    return f"Report on {number_of(runs, 'run')}"


def overview(cells: Sequence[Cell]) -> Table:
    """The measures of every cell."""
    shown = [measure for measure in all_measures() if measure.is_tabulated]
    measured = (measure.name_with_unit for measure in shown)
    return Table(
        name="overview",
        heading=("scenario", "society", "condition", "runs", *measured, "unread", "tokens, cost"),
        rows=tuple(_overview_row(cell, cells, shown) for cell in cells),
        words=4,
        link=csv_link(table_frame(cells)),
    )


def comparisons(found: Sequence[Comparison], name: str) -> Table:
    """Differences from a baseline, one row each."""
    return Table(
        name=name,
        heading=_COMPARED,
        rows=tuple(_comparison_row(one) for one in found),
        words=5,
        link=csv_link(comparisons_frame(found)),
    )


def runs_table(evidence: Evidence) -> Table:
    """All runs with their journals, and why some of them stopped."""
    rows = (_run_row(run, origin) for run, origin in zip(evidence.runs, evidence.origins, strict=True))
    return Table(
        name="runs", heading=_RUNS, rows=tuple(map(entries, rows)), words=3, link=csv_link(evidence.frames.runs)
    )


def stopped_table(evidence: Evidence) -> Table:
    """The runs that neither completed nor collapsed."""
    both = zip(evidence.runs, evidence.origins, strict=True)
    rows = (_run_row(run, origin) for run, origin in both if not run.is_counted)
    return Table(name="stopped", heading=_RUNS, rows=tuple(map(entries, rows)), words=3)


def setups(cells: Sequence[Cell]) -> tuple[Setup, ...]:
    """How the runs of every cell were set up."""
    return tuple(_setup(cell) for cell in cells)


def sources(origins: Sequence[Origin]) -> tuple[Source, ...]:
    """What runs were made with, the most frequent first."""
    found = Counter((tuple(sorted(origin.versions.items())), origin.git_revision) for origin in origins)
    return tuple(
        Source(runs=runs, git_revision=revision or "not from a checkout", versions=versions)
        for (versions, revision), runs in found.most_common()
    )


def imports(origins: Sequence[Origin]) -> tuple[Import, ...]:
    """Imported runs, put together where the same is assumed and missing."""
    found: dict[tuple[str, ...], list[str]] = {}
    for origin in origins:
        if origin.imported is not None:
            found.setdefault((*origin.imported.assumed, *origin.imported.missing), []).append(origin.path)
    return tuple(Import(paths=tuple(paths), remarks=remarks) for remarks, paths in found.items())


def warnings(evidence: Evidence, cells: Sequence[Cell]) -> Iterator[str]:
    """What a reader has to know before reading any figure."""
    left_out = sum(cell.left_out.total for cell in cells)
    if left_out:
        yield (
            f"{left_out} of {len(evidence.runs)} runs stopped before their end. They are neither survived nor "
            "collapsed and in no mean; in survival analysis they count for the months they completed."
        )
    if unreadable := sum(run.is_unreadable for run in evidence.runs):
        yield (
            f"Of these, {unreadable} failed because answers could not be read, and are in no survival analysis either: "
            "the decisions they forfeited spared the stock."
        )
    if evidence.broken:
        were = "1 journal is" if len(evidence.broken) == 1 else f"{len(evidence.broken)} journals are"
        yield f"{were} broken and in nothing of this; see the end of the page."
    if evidence.imported:
        yield (
            f"{evidence.imported} of {len(evidence.runs)} runs were imported from the logs of another program, which "
            "do not tell what was asked, what it cost, and which answers could not be read; see below, under imported."
        )
    if few := sum(1 for cell in cells if 0 < len(cell.counted) < 6):
        yield (
            f"{few} of {len(cells)} cells have fewer than six counted runs, too few for a paired comparison to be "
            "significant at 5 %, whatever it shows."
        )
    if repeated := sum(cell.copies for cell in cells):
        yield f"{repeated} counted runs have the seed of another in their cell: copies of a run count twice."
    yield from notes_on_runs(evidence.runs)
    if toys := toys_among(name for run in evidence.runs for name in run.models.values()):
        yield f"{', '.join(toys)}: a toy that proves the pipeline; its figures say nothing about language models."
    if evidence.from_month > 1:
        titles = [one.title for one in all_measures() if one.counts_from_month]
        told = f"{', '.join(titles)} and {measure_named(SURVIVAL_TIME).title}"
        yield f"{told[:1].upper()}{told[1:]} count from month {evidence.from_month} on."


def _overview_row(cell: Cell, cells: Sequence[Cell], shown: Sequence[Measure]) -> tuple[Entry, ...]:
    counted, estimates = len(cell.counted), cell.estimates
    left_out = counts([(count, reason.replace("_", " ")) for reason, count in cell.left_out.to_json().items()])
    measures = (estimated(estimates[measure.name], counted) for measure in shown)
    return entries(
        [
            cell.scenario,
            Entry(text=cell.society, below="; ".join(_about_society(cell, cells))),
            cell.condition,
            Entry(text=str(counted), below=left_out and f"left out: {left_out}"),
            *measures,
            amount(cell.invalid),
            Entry(text=amount(cell.tokens), below=dollars(cell.cost)),
        ]
    )


def _about_society(cell: Cell, cells: Sequence[Cell]) -> Iterator[str]:
    """Who decides; and the settings without which the row would read like another one."""
    yield cell.agent if cell.model == "none" else cell.model
    alike = [other.settings for other in cells if _labels(other) == _labels(cell)]
    if cell.own_prompts is not None:
        yield f"{PROMPTS} = {cell.own_prompts}"
    for key in sorted(differing(alike) - ({PROMPTS} if cell.own_prompts else set())):
        is_unsent = all(key in run.unsent for run in cell.runs)
        yield f"{key} = {_short(cell.settings[key])}{' (not sent)' if is_unsent else ''}"


def _labels(cell: Cell) -> tuple[str, ...]:
    return (cell.scenario, cell.condition, cell.society, cell.model, cell.agent)


def _comparison_row(one: Comparison) -> tuple[Entry, ...]:
    measure, first, test = measure_named(one.measure), one.intervals[0], one.tests[0]
    effect = one.effects[0] if one.effects else None
    return entries(
        [
            Entry(text=measure.title, below=measure.unit_of_difference),
            " · ".join(value for _, value in one.within) or "all",
            one.level.name,
            Entry(text=one.design, below=test.method),
            _n(one),
            number(measure.shown(one.level.estimate.value)),
            number(measure.shown(one.baseline.estimate.value)),
            Entry(
                text=number(measure.shown(one.difference)),
                below=interval(measure.shown(first.low), measure.shown(first.high)),
            ),
            p_value(test.p),
            p_value(one.p_adjusted),
            Entry(text=number(effect.value, 2), below=f"{effect.method} {interval(effect.low, effect.high, 2)}")
            if effect
            else NOTHING,
        ]
    )


def _n(one: Comparison) -> Entry:
    size = number_of(one.pairs, "pair") if one.pairs is not None else f"{one.level.n} and {one.baseline.n} runs"
    return Entry(text=size, below=" ".join((*_omitted(one), *one.remarks, *_undefined(one))))


def _omitted(one: Comparison) -> Iterator[str]:
    for side in (one.level, one.baseline):
        if side.left_out:
            yield f"Left out of {side.name}: {counts([(part.runs, part.reason) for part in side.left_out])}."


def _undefined(one: Comparison) -> Iterator[str]:
    if one.difference is None:
        yield "A side has no value."
    elif reason := one.intervals[0].reason or one.tests[0].reason:
        yield f"Not defined: {reason}."


def _run_row(run: RunMeasures, origin: Origin) -> list[str]:
    survived, gain = measure_named(SURVIVAL_RATE).text(run.values[SURVIVAL_RATE]), run.values["gain"]
    lived = [f"{run.months} of {run.experiment.world.months}", survived, number(gain)]
    reason = (origin.reason or "").strip()
    status = UNREADABLE if run.is_unreadable else run.status
    return [origin.path, status, reason, *lived, amount(run.invalid), amount(run.tokens), dollars(run.cost)]


def _setup(cell: Cell) -> Setup:
    content: dict[str, Any] = cell.runs[0].experiment.model_dump(mode="json", exclude={"seed"})
    return Setup(
        name=" · ".join((cell.scenario, cell.condition, cell.society)),
        seeds=_listed([run.seed for run in cell.runs]),
        differing=tuple((key, _short(value)) for key, value in cell.settings.items()),
        experiment=write_yaml(content),
    )


def _short(value: JsonValue) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _listed(seeds: Sequence[int]) -> str:
    """Seeds as in a sentence, neighbours as a range."""
    ranges: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if ranges and seed == ranges[-1][1] + 1:
            ranges[-1][1] = seed
        else:
            ranges.append([seed, seed])
    return ", ".join(str(low) if low == high else f"{low} to {high}" for low, high in ranges)


def _bracketed(text: str) -> str:
    return f" ({text})" if text else ""
