"""Plan and register campaigns from Python, before they are run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govsim.analysis.declared import check_declared, with_options
from govsim.characters import listed
from govsim.config import (
    DeclaredAnalysis,
    Execution,
    ExperimentSource,
    keys_of_campaign,
    keys_of_settings,
    merge,
    validate,
    without_execution,
)
from govsim.errors import AnalysisError, ConfigError
from govsim.jobs import RunJob, estimate, plan_runs
from govsim.journal import known_sum
from govsim.library.arguments import check_seed, path_in
from govsim.library.running import in_an_event_loop

if TYPE_CHECKING:
    import pandas as pd

    from govsim.analysis.campaign_plan import CampaignPlan
    from govsim.analysis.registration import Registration
    from govsim.analysis.results import Results
    from govsim.analysis.statistics.sides import Design
    from govsim.library.outcome import Runs


def plan(  # noqa: PLR0913 - what is compared and what is expected
    campaign: ExperimentSource,
    *,
    by: str | None = None,
    baseline: str | None = None,
    measures: str | Sequence[str] | None = None,
    primary: str | None = None,
    pilot: Runs | Results | Path | str | None = None,
    expected: float | None = None,
    effect: float | None = None,
    settings: Mapping[str, Any] | None = None,
    prompts: str | Path | None = None,
    seed: int = 0,
    execution: Execution | Mapping[str, Any] | None = None,
) -> CampaignPlan:
    """Show what a campaign can detect with its number of runs, without calling a model.

    Args:
        campaign: an experiment file, a scenario, or keys of an experiment.
        by: the key that distinguishes the groups; if None, the declared one, or conditions.
        baseline: the group that the others are compared with; if None, the declared one, or `default` for conditions.
        measures: names of the compared measures; all that tables compare if None.
        primary: the measure whose power is simulated; if None, the declared one, or `survival_time`.
        pilot: pilot runs, which are resampled; None without any.
        expected: the expected survival time of the baseline in months; if None, that of the pilot runs, or half of the
            months.
        effect: the difference in survival time to detect, in months; if None, that of the pilot runs, or a quarter of
            the months.
        settings: any other keys of the experiment, nested or dotted.
        prompts: folder with custom prompt templates.
        seed: seed of the simulation.
        execution: keys of `Execution`, such as ``{"runs": 10}`` and `prices`; they override the file.

    Returns:
        The plan; `table`, `rows` and `warnings` have its results.

    Raises:
        GovSimError: a setting is invalid, nothing is compared, or a baseline must be given.
    """
    from govsim.analysis.campaign_plan import (  # load libraries that runs do not need
        Assumptions,
        plan_of,
        planned_frame,
    )
    from govsim.analysis.statistics.baselines import required_baseline

    check_seed(seed)
    for name, months in (("expected", expected), ("effect", effect)):
        if not isinstance(months, int | float | None):
            raise AnalysisError(f"{name} = {months!r}: must be a number of months")
    jobs, how = _planned(campaign, settings, execution, prompts)
    declared = with_options(jobs[0].header.analysis, by=by, primary=primary, baseline=baseline)
    cells = planned_frame({job.cell: job.header for job in jobs}.values(), declared.by)
    return plan_of(
        cells,
        runs=how.runs,
        by=declared.by,
        baseline=required_baseline(cells, declared.by, declared.baseline),
        measures=[measures] if isinstance(measures, str) else measures,
        assumptions=Assumptions(
            primary=declared.primary,
            effect=effect,
            expected=expected,
            pilot=None if pilot is None else _pilot(pilot, declared.by),
            seed=seed,
        ),
        cost=_cost_of_a_run(jobs, how),
    )


def register(  # noqa: PLR0913 - what is declared
    campaign: ExperimentSource,
    file: str | Path | None = None,
    *,
    primary: str | None = None,
    design: Design | None = None,
    by: str | None = None,
    baseline: str | None = None,
    exclusions: str | Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    prompts: str | Path | None = None,
    execution: Execution | Mapping[str, Any] | None = None,
) -> Registration:
    """Write the protocol of a campaign with its hash, before it is run.

    Args:
        campaign: an experiment file, a scenario, or keys of an experiment.
        file: the file to write, which must not exist; if None, nothing is written.
        primary: the primary measure; if None, the declared one, or `survival_time`.
        design: `unpaired`, or `paired` by seed; if None, the declared one, or `unpaired`.
        by: the key that distinguishes the groups; if None, the declared one, or conditions.
        baseline: the group that the others are compared with; if None, the declared one, or `default` for conditions.
        exclusions: rules for excluding runs, in addition to those of govsim, one sentence each.
        settings: any other keys of the experiment, nested or dotted.
        prompts: folder with custom prompt templates.
        execution: keys of `Execution`, such as ``{"runs": 10}`` and `budget`; they override the file.

    Returns:
        The registration, with its `hash`.

    Raises:
        GovSimError: a setting is invalid, a baseline does not exist or must be given, or the file exists.
    """
    from govsim.analysis.registration import StoppingRule, registration_of, write_registration

    written = None if file is None else path_in("file", file)
    jobs, how = _planned(campaign, settings, execution, prompts)
    declared = with_options(jobs[0].header.analysis, primary=primary, design=design, by=by, baseline=baseline)
    limits: dict[str, Any] = how.model_dump(mode="json", include={"budget", "run_budget"})
    registration = registration_of(
        (job.header for job in jobs),
        analysis=_checked(declared, jobs),
        exclusions=[exclusions] if isinstance(exclusions, str) else exclusions,
        stopping=StoppingRule(**limits),
    )
    if written is not None:
        write_registration(registration, written)
    return registration


def _planned(
    campaign: ExperimentSource,
    settings: Mapping[str, Any] | None,
    execution: Execution | Mapping[str, Any] | None,
    prompts: str | Path | None,
) -> tuple[list[RunJob], Execution]:
    """The runs of a campaign, and how they are executed."""
    layer, own = without_execution(keys_of_campaign(campaign), str(campaign))
    if not isinstance(execution, Execution | Mapping | None):
        raise ConfigError(f"execution = {execution!r}: must be a mapping of keys to values, as in {{'runs': 10}}")
    how = execution if isinstance(execution, Execution) else validate(Execution, [own, execution or {}])
    return plan_runs(merge(layer, keys_of_settings(settings)), how, prompts=prompts), how


def _pilot(pilot: Runs | Results | Path | str, by: str) -> pd.DataFrame:
    """The pilot runs, with the compared column."""
    from govsim.analysis.frames import runs_frame, runs_layout
    from govsim.library.analyses import loaded_runs

    measures = loaded_runs(pilot, ("runs",)).measures
    return runs_frame(measures, settings=[] if by in runs_layout().names else [by])


def _cost_of_a_run(jobs: Sequence[RunJob], execution: Execution) -> float | None:
    """The estimated dollars of one run of every cell; None if a price is unknown."""
    cells = in_an_event_loop(estimate(jobs, execution, starts_over=True))
    costs = (
        None if amount.cost is None else amount.cost / cell.left for cell in cells for amount in cell.models.values()
    )
    return known_sum(costs)


def _checked(declared: DeclaredAnalysis, jobs: Sequence[RunJob]) -> DeclaredAnalysis:
    """The declared analysis, if its measure and its groups exist."""
    from govsim.analysis.campaign_plan import planned_frame  # loads libraries that runs do not need
    from govsim.analysis.statistics.baselines import required_baseline

    headers = {job.cell: job.header for job in jobs}.values()
    groups = check_declared(declared, headers, key="baseline")
    baseline = required_baseline(planned_frame(headers, declared.by), declared.by, declared.baseline)
    if baseline not in groups:
        raise AnalysisError(f"baseline = {baseline}: no cells with this {declared.by}; choose one of {listed(groups)}")
    return declared.model_copy(update={"baseline": baseline if len(groups) > 1 else None})
