"""The task of a scenario: its samples, each of which is one run, and how the viewer shows them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Metric, mean, stderr
from inspect_ai.viewer import ScoreColorScale, TaskSamplesColumn, TaskSamplesView, ViewerConfig
from pydantic import JsonValue

from govsim.analysis.measures import PER_CENT, SURVIVAL_TIME, Measure, all_measures
from govsim.characters import counted, listed
from govsim.config import Execution, Experiment, merge, nested, validate
from govsim.config.section import Frozen
from govsim.errors import GovSimError
from govsim.inspect.scorer import SCORER, interval, is_always_shown, means, measures, restricted_mean
from govsim.inspect.solver import society
from govsim.jobs import RunJob, plan_runs


class Arguments(Frozen):
    """What determines the runs of a task, besides their models; recorded in the metadata of each sample."""

    scenario: str
    """Name of the scenario."""
    settings: dict[str, JsonValue]
    """Keys of the experiment, nested or dotted."""
    condition: str | None
    """Name of the condition, or a YAML file."""
    protocol: str | None
    """Name of the protocol, or a YAML file."""
    prompts: str | None
    """Folder with custom prompt templates."""
    journals: str | None
    """Folder for journals; null for one beside the log."""

    def plan(
        self, seed: int, *, runs: int = 1, out: Path = Path(), models: Mapping[str, Any] | None = None
    ) -> list[RunJob]:
        """Plan runs with consecutive seeds.

        Args:
            seed: the seed of the first.
            runs: their number.
            out: the folder for journals.
            models: the settings of the models, which override those of the experiment.

        Raises:
            GovSimError: a setting is invalid.
        """
        keys = {**self.settings, "scenario": self.scenario, "seed": seed}
        layer = merge(*(nested(key, value) for key, value in keys.items()), models or {})
        how = validate(Execution, [{"runs": runs, "out": out}])
        return plan_runs(layer, how, prompts=self.prompts, condition=self.condition, protocol=self.protocol)


def create_task(
    scenario: str,
    settings: Mapping[str, Any],
    *,
    condition: str | None,
    protocol: str | None,
    prompts: str | None,
    seed: int,
    runs: int,
    journals: str | None,
) -> Task:
    """Return the task of a scenario.

    Args:
        scenario: name of the scenario.
        settings: keys of the experiment, nested or dotted.
        condition: name of the condition, or a YAML file.
        protocol: name of the protocol, or a YAML file.
        prompts: folder with custom prompt templates.
        seed: seed of the first run.
        runs: number of runs.
        journals: folder for journals; None for one beside the log.

    Raises:
        PrerequisiteError: a setting is invalid; Inspect prints it as one line.
    """
    try:
        given = {"scenario": scenario, "settings": settings, "condition": condition, "protocol": protocol}
        arguments = validate(Arguments, [{**given, "prompts": prompts, "journals": journals}])
        plans = arguments.plan(seed, runs=runs)
    except GovSimError as error:
        raise PrerequisiteError(str(error)) from error
    first = plans[0].experiment
    sampling = first.models.sampling.model_dump(exclude_none=True)
    found = all_measures()
    return Task(
        dataset=MemoryDataset([_sample(plan, arguments) for plan in plans], name=scenario),
        solver=society(),
        scorer=measures(),
        metrics=[
            {measure.name: _metrics(measure) for measure in found if is_always_shown(measure)},
            means(are_always_shown=False),
        ],
        config=GenerateConfig(**sampling),
        continue_on_fail=True,
        headline_metric=f"{SCORER}.{SURVIVAL_TIME}",
        viewer=ViewerConfig(task_samples_view=_samples_view(found, first)),
        description=f"A society of {counted(len(first.society.members), 'member')} shares a commons: {scenario}.",
        metadata={"condition": first.condition, "protocol": first.protocol},
    )


def _sample(plan: RunJob, arguments: Arguments) -> Sample:
    experiment = plan.experiment
    who, months = listed(experiment.society.members), counted(experiment.world.months, "month")
    return Sample(
        id=f"{experiment.condition}-s{experiment.seed}",
        input=f"{who} share the {plan.header.scenario.name} for at most {months}. Condition: {experiment.condition}.",
        metadata={
            "scenario": plan.header.scenario.name,
            "condition": experiment.condition,
            "protocol": experiment.protocol,
            "seed": experiment.seed,
            "arguments": arguments.model_dump(mode="json"),
            "experiment": experiment.model_dump(mode="json", exclude={"models"}),  # the models are not known yet
        },
    )


def _metrics(measure: Measure) -> list[Metric]:
    is_lifetime = measure.name == SURVIVAL_TIME
    return [mean(), stderr(), restricted_mean() if is_lifetime else interval(measure.name)]


def _samples_view(found: tuple[Measure, ...], experiment: Experiment) -> TaskSamplesView:
    """How the viewer lists samples: with the measures that are compared by default; others are hidden at first."""
    columns = [
        *(TaskSamplesColumn(id=name) for name in ("sampleStatus", "sampleId")),
        *(TaskSamplesColumn.score(SCORER, measure.name, visible=is_always_shown(measure)) for measure in found),
        *(TaskSamplesColumn(id=name) for name in ("tokens", "duration", "error", "limit")),
        *(TaskSamplesColumn(id=name, visible=False) for name in ("input", "target", "answer")),
    ]
    shares = {
        measure.name: ScoreColorScale(palette="neutral", min=0, max=1) for measure in found if measure.unit == PER_CENT
    }
    months = {SURVIVAL_TIME: ScoreColorScale(palette="neutral", min=0, max=experiment.world.months)}
    return TaskSamplesView(
        name="runs",
        columns=columns,
        multiline=False,
        score_labels={measure.name: measure.title for measure in found},
        score_color_scales={**shares, **months},
    )
