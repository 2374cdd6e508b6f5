"""The section of a report on its registered protocol: what was registered, and the deviations from it."""

from __future__ import annotations

from collections.abc import Iterator

from govsim.analysis.deviations import Deviation, deviations_of, deviations_table
from govsim.analysis.measures import measure_named
from govsim.analysis.registration import Registration
from govsim.analysis.report.conducted import COMPARED, Conducted
from govsim.analysis.report.sections import Part, ReportSection
from govsim.analysis.results import Results
from govsim.analysis.statistics.baselines import baseline_of
from govsim.analysis.tables.formatting import setting
from govsim.characters import counted
from govsim.config import DeclaredAnalysis


def registered_section(registration: Registration, results: Results, conducted: Conducted) -> ReportSection:
    """Return the section.

    Args:
        registration: the protocol.
        results: the runs.
        conducted: how the report compares them.
    """
    deviations = reported_deviations(registration, results, conducted)
    summary = Part(notes=tuple(_summary(registration)), points=(*registration.exclusions, *_stopping(registration)))
    if not deviations:
        parts: tuple[Part, ...] = (Part(title="No deviations", notes=(_FOLLOWED,)), summary)
    else:
        table = deviations_table(deviations)
        parts = (Part(title=counted(len(deviations), "deviation"), table=table, frame=table.frame), summary)
    return ReportSection(name="registration", title="Registration", parts=parts)


def reported_deviations(registration: Registration, results: Results, conducted: Conducted) -> tuple[Deviation, ...]:
    """Return the deviations from a registered protocol in the runs and the comparisons of a report.

    Args:
        registration: the protocol.
        results: the runs.
        conducted: how the report compares them.
    """
    return deviations_of(registration, results, _of_groups(registration, results, conducted))


def _of_groups(registration: Registration, results: Results, conducted: Conducted) -> DeclaredAnalysis:
    """The analysis of the registered groups, or of the first ones of the report if it does not compare those."""
    by = registration.analysis.by if registration.analysis.by in COMPARED else COMPARED[0]
    is_compared = results.runs[by].nunique() > 1
    return DeclaredAnalysis(
        primary=conducted.primary,
        design=conducted.design,
        by=by,
        baseline=(conducted.baselines.get(by) or baseline_of(results.runs, by)) if is_compared else None,
    )


_FOLLOWED = "The runs, their settings, prompts and versions, and the comparisons of this page are those registered."


def _summary(registration: Registration) -> Iterator[str]:
    given = registration.analysis
    compared = f"; {given.by} compared with {given.baseline}" if given.baseline else ""
    yield (
        f"Registered at {registration.date} with govsim {registration.govsim}, prompts version "
        f"{registration.prompts_version}: {counted(registration.runs, 'run')} in "
        f"{counted(len(registration.cells), 'cell')}. Primary measure: {measure_named(given.primary).title}, "
        f"{given.design}{compared}. SHA-256: {registration.hash}."
    )
    yield "Exclusions and stopping rule:"


def _stopping(registration: Registration) -> Iterator[str]:
    stopping = registration.stopping
    yield stopping.rule
    for name, limits in (("Budget of a command", stopping.budget), ("Budget of a run", stopping.run_budget)):
        if known := {key: limit for key, limit in limits.items() if limit is not None}:
            yield f"{name}: {', '.join(f'{key} {setting(limit)}' for key, limit in known.items())}."
