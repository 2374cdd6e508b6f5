"""What departed from a registered protocol: cells, runs, settings, prompts, versions and the analysis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from govsim.analysis.origins import Origin
from govsim.analysis.registration import RegisteredCell, Registration, StoppingRule
from govsim.analysis.results import Results
from govsim.analysis.runs import RunMeasures
from govsim.analysis.settings import all_settings, differing
from govsim.analysis.tables.formatting import ranges, setting
from govsim.analysis.tables.table import Column, Table
from govsim.characters import counted
from govsim.config import DeclaredAnalysis, flattened

NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One departure from a registered protocol.

    Attributes:
        kind: what departed, such as `missing runs` or a setting's key.
        cell: the cell that it concerns; empty if it concerns all of them.
        registered: what was registered.
        found: what was found instead.
    """

    kind: str
    cell: str = ""
    registered: str
    found: str


def departures_of(registration: Registration, results: Results, conducted: DeclaredAnalysis) -> tuple[Departure, ...]:
    """Return what departed from a registered protocol; none if results follow it in every respect.

    A cell whose settings or prompts were changed is recognized by its scenario, condition and members.

    Args:
        registration: the protocol.
        results: all runs that were read.
        conducted: how they are compared.
    """
    observed = _observed_cells(zip(results.measures, results.origins, strict=True))
    pairs = _matches(registration.cells, observed)
    found = [one for cell, runs in zip(registration.cells, pairs, strict=True) for one in _of_cell(cell, runs)]
    used = {id(runs) for runs in pairs}
    others = (cell for cell in observed if id(cell) not in used)
    return (
        *found,
        *map(_additional, others),
        *_of_versions(registration, results.origins),
        *_of_budgets(registration.stopping, results.origins),
        *_of_analysis(registration.analysis, conducted),
    )


def departures_table(departures: Sequence[Departure]) -> Table:
    """Return departures as a table.

    Args:
        departures: at least one.
    """
    return Table(
        name="departures",
        title="Departures from the registered protocol",
        columns=tuple(Column(name=name, place="stub") for name in ("departure", "cell", "registered", "found")),
        data=[
            {"departure": one.kind, "cell": one.cell, "registered": one.registered, "found": one.found}
            for one in departures
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """Runs that differ only in their seed."""

    runs: tuple[RunMeasures, ...] = ()
    prompts: str = ""

    @property
    def first(self) -> RunMeasures:
        return self.runs[0]


def _observed_cells(runs: Iterable[tuple[RunMeasures, Origin]]) -> list[_Cell]:
    cells: dict[tuple[str, str], list[RunMeasures]] = {}
    for run, origin in runs:
        cells.setdefault((run.cell, origin.prompts), []).append(run)
    return [_Cell(runs=tuple(several), prompts=prompts) for (_, prompts), several in cells.items()]


def _matches(registered: Sequence[RegisteredCell], observed: Sequence[_Cell]) -> list[_Cell | None]:
    """The runs of each registered cell: those that are identical to it, or else the most similar ones; or none."""
    candidates = sorted(
        (distance, place, number)
        for place, cell in enumerate(registered)
        for number, found in enumerate(observed)
        if (distance := _distance(cell, found)) is not None
    )
    chosen: dict[int, int] = {}
    for _, place, number in candidates:
        if place not in chosen and number not in chosen.values():
            chosen[place] = number
    return [observed[chosen[place]] if place in chosen else None for place in range(len(registered))]


def _distance(cell: RegisteredCell, found: _Cell) -> int | None:
    """The number of changed settings; None if a run is of another scenario, condition or composition."""
    run = found.first
    if (cell.scenario, cell.condition, cell.composition) != (run.scenario, run.condition, run.composition):
        return None
    return len(differing((cell.settings, all_settings(run.experiment)))) + (cell.prompts != found.prompts)


def _of_cell(cell: RegisteredCell, found: _Cell | None) -> Iterator[Departure]:
    if found is None:
        yield Departure(kind="missing cell", cell=cell.name, registered=_seeds(cell.seeds), found=NONE)
        return
    now = all_settings(found.first.experiment)
    for key in sorted(differing((cell.settings, now))):
        yield Departure(
            kind=f"setting {key}", cell=cell.name, registered=_value(cell.settings, key), found=_value(now, key)
        )
    if cell.prompts != found.prompts:
        yield Departure(kind="prompts", cell=cell.name, registered=cell.prompts[:8], found=found.prompts[:8])
    yield from _of_runs(cell, found.runs)


def _of_runs(cell: RegisteredCell, runs: Sequence[RunMeasures]) -> Iterator[Departure]:
    """Departures in the number of runs: runs without a journal, unfinished ones, and ones of other seeds or copies."""
    seeds = Counter(run.seed for run in runs)
    if missing := sorted(set(cell.seeds) - set(seeds)):
        yield Departure(kind="missing runs", cell=cell.name, registered=_seeds(missing), found=NONE)
    finished = {run.seed for run in runs if run.is_counted}
    reasons = {run.seed: run.reason or "" for run in runs if run.seed not in finished}
    unfinished = sorted((seed, reason) for seed, reason in reasons.items() if seed in cell.seeds)
    if unfinished:
        found = ", ".join(f"seed {seed}: {reason}" for seed, reason in unfinished)
        registered = _seeds([seed for seed, _ in unfinished])
        yield Departure(kind="unfinished runs", cell=cell.name, registered=registered, found=found)
    additional = seeds - Counter(cell.seeds)
    if additional:
        yield Departure(kind="additional runs", cell=cell.name, registered=NONE, found=_seeds(list(additional)))


def _additional(found: _Cell) -> Departure:
    first = found.first
    return Departure(
        kind="additional cell",
        cell=f"{first.scenario} · {first.condition} · {first.society}",
        registered=NONE,
        found=_seeds([run.seed for run in found.runs]),
    )


def _of_versions(registration: Registration, origins: Iterable[Origin]) -> Iterator[Departure]:
    """Versions of govsim, of its prompts and of plug-ins that differ, with the number of runs."""
    registered = {"govsim": registration.govsim, "prompts": str(registration.prompts_version)}
    registered |= registration.plugins
    found: dict[str, Counter[str]] = {}
    for origin in origins:
        used = {"govsim": origin.versions.get("govsim", "unknown"), "prompts": str(origin.prompts_version)}
        for name, version in (used | dict(origin.plugins)).items():
            found.setdefault(name, Counter())[version] += 1
    for name, versions in found.items():
        for version, runs in versions.items():
            if version != (before := registered.get(name, NONE)):
                yield Departure(
                    kind=f"version of {name}", registered=before, found=f"{version} ({counted(runs, 'run')})"
                )


def _of_analysis(registered: DeclaredAnalysis, conducted: DeclaredAnalysis) -> Iterator[Departure]:
    names = {"primary": "primary measure", "design": "design", "by": "compared groups", "baseline": "baseline"}
    before, now = registered.model_dump(), conducted.model_dump()
    for key, name in names.items():
        if before[key] != now[key]:
            yield Departure(kind=name, registered=before[key] or NONE, found=now[key] or NONE)


def _of_budgets(stopping: StoppingRule, origins: Iterable[Origin]) -> Iterator[Departure]:
    """Limits of the budgets that differ, with the number of runs; journals that record none are skipped."""
    registered = dict(flattened({"budget": stopping.budget, "run_budget": stopping.run_budget}))
    found: Counter[tuple[str, str]] = Counter()
    for origin in origins:
        budgets = {key: origin.execution[key] for key in ("budget", "run_budget") if key in origin.execution}
        for key, limit in flattened(budgets):
            if limit != registered.get(key):
                found[key, setting(limit)] += 1
    for (key, limit), runs in found.items():
        yield Departure(kind=key, registered=setting(registered.get(key)), found=f"{limit} ({counted(runs, 'run')})")


def _value(settings: Mapping[str, JsonValue], key: str) -> str:
    return setting(settings.get(key))


def _seeds(seeds: Sequence[int]) -> str:
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {ranges(seeds)}"
