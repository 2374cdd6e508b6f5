"""Deviations from a registered protocol: cells, runs, settings, prompts, versions and the analysis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from govsim.analysis.origins import Origin
from govsim.analysis.registration import RegisteredCell, Registration, StoppingRule
from govsim.analysis.results import Results
from govsim.analysis.runs import RunMeasures
from govsim.analysis.settings import PROMPTS, all_settings, differing, distinguishing_settings, setup_of
from govsim.analysis.tables.formatting import ranges, setting
from govsim.analysis.tables.table import Column, Table
from govsim.characters import counted, status_text
from govsim.config import DeclaredAnalysis, flattened

NONE = "none"

_HASH = 8
"""Digits of a hash of prompts that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One deviation from a registered protocol.

    Attributes:
        kind: what differs, such as `missing runs` or a setting's key.
        cell: the cell that it concerns; empty if it concerns all of them.
        registered: what was registered.
        found: what was found instead.
    """

    kind: str
    cell: str = ""
    registered: str
    found: str


def deviations_of(registration: Registration, results: Results, conducted: DeclaredAnalysis) -> tuple[Deviation, ...]:
    """Return the deviations from a registered protocol; none if results follow it in every respect.

    A cell whose prompts were changed is recognized by its settings. If no cell was run as registered, one whose
    settings were changed is recognized by its scenario, condition and members, by the settings in which registered
    cells with the same ones differ, and by its seeds. All others are missing and additional cells.

    Args:
        registration: the protocol.
        results: all runs that were read.
        conducted: how they are compared.
    """
    observed = _observed_cells(zip(results.measures, results.origins, strict=True))
    pairs = _matches(registration.cells, observed)
    used = {id(runs) for runs in pairs}
    others = [cell for cell in observed if id(cell) not in used]
    names = _names([*registration.cells, *(cell.as_registered for cell in others)])
    cells = zip(registration.cells, names, pairs, strict=False)
    return (
        *(one for cell, name, runs in cells for one in _of_cell(cell, name, runs)),
        *(_additional(cell, name) for cell, name in zip(others, names[len(registration.cells) :], strict=True)),
        *_of_versions(registration, results.origins),
        *_of_budgets(registration.stopping, results.origins),
        *_of_analysis(registration.analysis, conducted),
    )


def deviations_table(deviations: Sequence[Deviation]) -> Table:
    """Return deviations as a table.

    Args:
        deviations: at least one.
    """
    return Table(
        name="deviations",
        title="Deviations from the registration",
        columns=tuple(Column(name=name, place="stub") for name in ("deviation", "cell", "registered", "found")),
        data=[
            {"deviation": one.kind, "cell": one.cell, "registered": one.registered, "found": one.found}
            for one in deviations
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

    @property
    def as_registered(self) -> RegisteredCell:
        """The cell as a registration would have it."""
        run = self.first
        return RegisteredCell(
            scenario=run.scenario,
            condition=run.condition,
            society=run.society,
            composition=run.composition,
            prompts=self.prompts,
            settings=all_settings(run.experiment),
            seeds=tuple(one.seed for one in self.runs),
        )


def _observed_cells(runs: Iterable[tuple[RunMeasures, Origin]]) -> list[_Cell]:
    cells: dict[tuple[str, str], list[RunMeasures]] = {}
    for run, origin in runs:
        cells.setdefault((run.cell, origin.prompts), []).append(run)
    return [_Cell(runs=tuple(several), prompts=prompts) for (_, prompts), several in cells.items()]


def _names(cells: Sequence[RegisteredCell]) -> list[str]:
    """The names of cells: scenario, condition, members, and the settings in which cells with the same ones differ."""
    outer = [_outer(cell) for cell in cells]
    settings = ({**cell.settings, PROMPTS: cell.prompts[:_HASH]} for cell in cells)
    differing_in = distinguishing_settings(zip(outer, settings, strict=True))
    return [
        " · ".join((scenario, condition, setup_of(who, changes)))
        for (scenario, condition, who), changes in zip(outer, differing_in, strict=True)
    ]


def _matches(registered: Sequence[RegisteredCell], observed: Sequence[_Cell]) -> list[_Cell | None]:
    """The runs of each registered cell: those that are identical to it, or else the most similar ones; or none."""
    found = [cell.as_registered for cell in observed]
    axes = {
        outer: differing(cell.settings for cell in registered if _outer(cell) == outer)
        for outer in map(_outer, registered)
    }
    candidates = sorted(
        (*distance, index, number)
        for index, cell in enumerate(registered)
        for number, other in enumerate(found)
        if (distance := _distance(cell, other, axes[_outer(cell)])) is not None
    )
    is_followed = any(changed == 0 for changed, *_ in candidates)
    chosen: dict[int, int] = {}
    for changed, _, place, number in candidates:
        if place not in chosen and number not in chosen.values() and not (changed and is_followed):
            chosen[place] = number
    return [observed[chosen[index]] if index in chosen else None for index in range(len(registered))]


def _outer(cell: RegisteredCell) -> tuple[str, str, str]:
    return cell.scenario, cell.condition, cell.composition


def _distance(cell: RegisteredCell, found: RegisteredCell, axes: Collection[str]) -> tuple[int, bool] | None:
    """The number of changed settings, and whether prompts were changed; None for runs of another cell."""
    changed = differing((cell.settings, found.settings))
    if _outer(cell) != _outer(found) or changed & set(axes) or (changed and not set(cell.seeds) & set(found.seeds)):
        return None
    return len(changed), cell.prompts != found.prompts


def _of_cell(cell: RegisteredCell, name: str, found: _Cell | None) -> Iterator[Deviation]:
    if found is None:
        yield Deviation(kind="missing cell", cell=name, registered=_seeds(cell.seeds), found=NONE)
        return
    now = all_settings(found.first.experiment)
    for key in sorted(differing((cell.settings, now))):
        yield Deviation(kind=f"setting {key}", cell=name, registered=_value(cell.settings, key), found=_value(now, key))
    if cell.prompts != found.prompts:
        yield Deviation(kind="prompts", cell=name, registered=cell.prompts[:_HASH], found=found.prompts[:_HASH])
    yield from _of_runs(cell, name, found.runs)


def _of_runs(cell: RegisteredCell, name: str, runs: Sequence[RunMeasures]) -> Iterator[Deviation]:
    """Deviations in the number of runs: runs without a journal, unfinished ones, and ones of other seeds or copies."""
    seeds = Counter(run.seed for run in runs)
    if missing := sorted(set(cell.seeds) - set(seeds)):
        yield Deviation(kind="missing runs", cell=name, registered=_seeds(missing), found=NONE)
    finished = {run.seed for run in runs if run.is_counted}
    reasons = {run.seed: run.reason or "" for run in runs if run.seed not in finished}
    unfinished = sorted((seed, reason) for seed, reason in reasons.items() if seed in cell.seeds)
    if unfinished:
        found = ", ".join(f"seed {seed}: {status_text(reason)}" for seed, reason in unfinished)
        registered = _seeds([seed for seed, _ in unfinished])
        yield Deviation(kind="unfinished runs", cell=name, registered=registered, found=found)
    additional = seeds - Counter(cell.seeds)
    if additional:
        yield Deviation(kind="additional runs", cell=name, registered=NONE, found=_seeds(list(additional)))


def _additional(found: _Cell, name: str) -> Deviation:
    seeds = _seeds([run.seed for run in found.runs])
    return Deviation(kind="additional cell", cell=name, registered=NONE, found=seeds)


def _of_versions(registration: Registration, origins: Iterable[Origin]) -> Iterator[Deviation]:
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
                yield Deviation(
                    kind=f"version of {name}", registered=before, found=f"{version} ({counted(runs, 'run')})"
                )


def _of_analysis(registered: DeclaredAnalysis, conducted: DeclaredAnalysis) -> Iterator[Deviation]:
    names = {"primary": "primary measure", "design": "design", "by": "compared groups", "baseline": "baseline"}
    before, now = registered.model_dump(), conducted.model_dump()
    for key, name in names.items():
        if before[key] != now[key]:
            yield Deviation(kind=name, registered=before[key] or NONE, found=now[key] or NONE)


def _of_budgets(stopping: StoppingRule, origins: Iterable[Origin]) -> Iterator[Deviation]:
    """Limits of the budgets that differ, with the number of runs; journals that record none are skipped."""
    registered = dict(flattened({"budget": stopping.budget, "run_budget": stopping.run_budget}))
    found: Counter[tuple[str, str]] = Counter()
    for origin in origins:
        budgets = {key: origin.execution[key] for key in ("budget", "run_budget") if key in origin.execution}
        for key, limit in flattened(budgets):
            if limit != registered.get(key):
                found[key, setting(limit)] += 1
    for (key, limit), runs in found.items():
        yield Deviation(kind=key, registered=setting(registered.get(key)), found=f"{limit} ({counted(runs, 'run')})")


def _value(settings: Mapping[str, JsonValue], key: str) -> str:
    return setting(settings.get(key))


def _seeds(seeds: Sequence[int]) -> str:
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {ranges(seeds)}"
