"""`govsim register`: write down what a campaign will do and how it will be analysed, before it is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from govsim.analysis.declared import check_declared, with_options
from govsim.analysis.registration import StoppingRule, registration_of, write_registration
from govsim.characters import listed
from govsim.cli.console import say
from govsim.cli.options import Asking, Campaign, DesignOption, PrimaryOption, Prompts, Texts, with_groups
from govsim.cli.settings import settings_of
from govsim.config import DeclaredAnalysis
from govsim.errors import AnalysisError, ConfigError
from govsim.jobs import RunJob, plan_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The declared analysis."""

    primary: PrimaryOption = None
    design: DesignOption = None
    by: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Setting that defines the compared groups, as for govsim compare.",
            show_default="as declared, or condition",
        ),
    ] = None
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE", help="Value that the others are compared with.", show_default="as declared, or default"
        ),
    ] = None
    exclusion: Annotated[
        Texts | None,
        typer.Option(metavar="SENTENCE", help="Exclusion of runs beyond those of govsim. Repeatable."),
    ] = None


@with_groups
def register(
    what: Campaign,
    declared: Declared = Declared(),
    sets: Annotated[
        Texts,
        typer.Option("--set", metavar="KEY=VALUE", help="Setting of the experiment or the execution. Repeatable."),
    ] = [],  # noqa: B006
    prompts: Prompts = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Output file.", show_default="EXPERIMENT.registration.json"),
    ] = None,
) -> None:
    """Write the protocol of a campaign with its hash, before it is run.

    The file contains all cells with their settings, prompts and seeds, the primary measure and the design, exclusions,
    and the budget as the stopping rule. The section `analysis` of the experiment file declares the defaults. `govsim
    report --registration` states what departed from the protocol. An existing file is never replaced.

    Examples:

        govsim register campaign.yaml

        govsim register campaign.yaml --primary gain --design paired -o protocol.json
    """
    if any(not sentence.strip() for sentence in declared.exclusion or ()):
        raise ConfigError("--exclusion: must be a sentence, as in --exclusion 'Runs of the pilot are excluded.'")
    settings = settings_of(Asking(sets=sets), what)
    jobs = plan_runs(settings.experiment, settings.execution, prompts=prompts)
    limits = settings.execution.model_dump(mode="json", include={"budget", "run_budget"})
    registration = registration_of(
        (job.header for job in jobs),
        analysis=_analysis(jobs, declared),
        exclusions=declared.exclusion or (),
        stopping=StoppingRule(**limits),
    )
    path = out or Path(f"{Path(what).stem}.registration.json")
    write_registration(registration, path)
    say(str(path))
    say(f"SHA-256: {registration.hash}", err=True)


def _analysis(jobs: list[RunJob], declared: Declared) -> DeclaredAnalysis:
    """The declared analysis, if its measure and its groups exist."""
    from govsim.analysis.planning import planned_frame  # loads libraries that help does not need
    from govsim.analysis.statistics.sides import baseline_of, values_of

    chosen = with_options(
        jobs[0].header.analysis,
        primary=declared.primary,
        design=declared.design,
        by=declared.by,
        baseline=declared.baseline,
    )
    check_declared(chosen)
    cells = planned_frame({job.cell: job.header for job in jobs}.values(), chosen.by)
    values = values_of(cells, chosen.by)
    baseline = chosen.baseline or baseline_of(cells, chosen.by)
    if baseline is None or baseline not in values:
        problem = "must be given" if baseline is None else f"{baseline}: no cells with this {chosen.by}"
        raise AnalysisError(f"--baseline {problem}; choose one of {listed(values)}")
    return chosen.model_copy(update={"baseline": baseline if len(values) > 1 else None})
