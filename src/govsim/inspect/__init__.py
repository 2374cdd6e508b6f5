"""Integration with Inspect: every scenario is a task, as in `inspect eval govsim/fishery --model openai/gpt-4o-mini`.

Inspect imports this module through the entry point `inspect_ai`, also whenever govsim opens a model. It therefore
imports nothing but the names of the scenarios; a task imports the rest when it is created.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inspect_ai import Task, task

from govsim.inspect.scorer import interval, means, measures, restricted_mean
from govsim.inspect.solver import society
from govsim.scenarios import scenario_names

__all__ = ["TASKS", "interval", "means", "measures", "restricted_mean", "society"]


def _task_of(scenario: str) -> Callable[..., Task]:
    """Register a scenario as a task."""

    def create(  # noqa: PLR0913 - the parameters of the task, as for `govsim.run`
        *,
        condition: str | None = None,
        protocol: str | None = None,
        agent: str | None = None,
        months: int | None = None,
        members: int | list[str] | None = None,
        seed: int = 0,
        runs: int = 5,
        settings: dict[str, Any] | None = None,
        prompts: str | None = None,
        journals: str | None = None,
    ) -> Task:
        """A society that shares a commons; one sample is one run.

        Args:
            condition: name of a condition, or a YAML file.
            protocol: name of a protocol, which determines how members are asked, or a YAML file.
            agent: how members decide: `generative`, `direct` or `policy:NAME`.
            months: maximum number of months to simulate.
            members: names of the members, or their number.
            seed: random seed of the first run; run i has `seed + i`.
            runs: number of runs.
            settings: any other keys of the experiment, nested or dotted, such as ``{"world.growth": 3}``.
            prompts: folder with custom prompt templates.
            journals: folder for journals; by default the folder `journals` beside the log.
        """
        from govsim.inspect.task import create_task  # imports analyses

        keys = {"agents.default": agent, "world.months": months, "society.members": members}
        given = {key: value for key, value in keys.items() if value is not None} | dict(settings or {})
        return create_task(
            scenario,
            given,
            condition=condition,
            protocol=protocol,
            prompts=prompts,
            seed=seed,
            runs=runs,
            journals=journals,
        )

    create.__name__ = scenario
    return task(name=scenario)(create)


TASKS: Mapping[str, Callable[..., Task]] = {name: _task_of(name) for name in scenario_names()}
"""The task of every scenario by its name, including those of plug-ins."""
