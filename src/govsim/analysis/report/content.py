"""What a report says, before it is a page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govsim.analysis.counting import in_order
from govsim.analysis.evidence import Evidence, Origin
from govsim.analysis.measures import SURVIVAL_RATE, SURVIVAL_TIME, all_measures, measure_named
from govsim.analysis.requests import notes_on_runs
from govsim.analysis.runs import RunMeasures, toys_among
from govsim.analysis.table import Cell
from govsim.analysis.tables.formatting import count, dollars, reasons
from govsim.analysis.tables.table import Column, Row, Table
from govsim.characters import counted as number_of
from govsim.config.yaml import write as write_yaml
from govsim.journal import UNREADABLE

if TYPE_CHECKING:
    from pydantic import JsonValue


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
    stopped = in_order(run.counting.reason for run in runs if run.counting.reason is not None)
    tokens, costs = [run.tokens for run in runs], [run.cost for run in runs]
    return (
        Tile(value=count(len(runs)), what=f"{'run' if len(runs) == 1 else 'runs'} in {number_of(len(cells), 'cell')}"),
        Tile(value=count(status["completed"]), what="survived"),
        Tile(value=count(status["collapsed"]), what="collapsed"),
        Tile(value=count(stopped.total()), what=f"left out{_bracketed(reasons(stopped))}"),
        Tile(value=count(len(evidence.broken)), what="journals broken"),
        Tile(value=count(None if None in tokens else sum(filter(None, tokens))), what="tokens"),
        Tile(value=dollars(None if None in costs else sum(filter(None, costs))), what="spent"),
    )


def counted_runs(runs: int) -> str:
    """The title of a report that has none of its own."""
    return f"Report on {number_of(runs, 'run')}"


def runs_table(evidence: Evidence) -> Table:
    """All runs with their journals, and why some of them stopped."""
    both = zip(evidence.runs, evidence.origins, strict=True)
    return Table(name="runs", title="All runs", columns=_RUNS, data=[_run(run, origin) for run, origin in both])


def stopped_table(evidence: Evidence) -> Table:
    """The runs that neither completed nor collapsed."""
    both = zip(evidence.runs, evidence.origins, strict=True)
    data = [_run(run, origin) for run, origin in both if not run.is_counted]
    return Table(name="stopped", title="Runs that stopped before their end", columns=_RUNS, data=data)


_RUNS = (
    Column(name="path", heading="path", place="stub"),
    Column(name="status", heading="status", place="stub"),
    Column(name="reason", heading="why it stopped", place="stub"),
    Column(name="months", heading="months", of=lambda row: f"{row['months']} of {row['months_planned']}"),
    Column(name="survived", heading="survived"),
    Column(name="gain", heading="gain", unit="units", kind="number"),
    Column(name="invalid", heading="unread", kind="count"),
    Column(name="tokens", heading="tokens", kind="count"),
    Column(name="cost", heading="cost", kind="dollars"),
)


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


def _run(run: RunMeasures, origin: Origin) -> Row:
    return {
        "path": origin.path,
        "status": UNREADABLE if run.is_unreadable else run.status,
        "reason": (origin.reason or "").strip(),
        "months": run.months,
        "months_planned": run.experiment.world.months,
        "survived": measure_named(SURVIVAL_RATE).text(run.values[SURVIVAL_RATE]),
        "gain": run.values["gain"],
        "invalid": run.invalid,
        "tokens": run.tokens,
        "cost": run.cost,
    }


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
