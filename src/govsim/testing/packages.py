"""Conformance checks for package data (scenarios, conditions and protocols) and for whole plug-ins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from govsim.config import World
from govsim.plugins import GOVSIM, REGISTRIES, declared_templates
from govsim.scenarios import Prompts, load_scenario, sample_variables
from govsim.testing.conformance import ConformanceError, extension, failures_of, require, settings_for
from govsim.testing.executors import check_executor
from govsim.testing.members import check_agent, check_policy
from govsim.testing.phases_and_rules import USUAL, check_phase, check_rule
from govsim.testing.records_and_analysis import (
    check_event,
    check_figure,
    check_judge_question,
    check_measure,
    check_skill_test,
)
from govsim.testing.societies import check_society, planned, temporary_folder
from govsim.testing.world import check_allocation, check_growth_law, check_shock


def check_scenario(scenario: str | Path) -> None:
    """Check that a scenario is complete, that every template can be rendered, and that a society can run in it.

    Args:
        scenario: its registered name, or its folder.

    Raises:
        ConformanceError: something is missing or cannot be used; the message contains file and line.
    """
    what = f"scenario {scenario}"
    with failures_of(what, "is loaded"):
        loaded = load_scenario(str(scenario))
    prompts, samples = Prompts(loaded, World.model_validate(loaded.world)), sample_variables()
    for name in sorted(loaded.templates):
        own = declared_templates().get(name, {})
        with failures_of(what, f"renders {name}"):
            text = prompts.render(name, **{**samples, **own})
        require(bool(text.strip()), f"{what}: {name}.jinja is empty; must contain the text of a prompt")
    with temporary_folder() as folder:
        agents: Mapping[str, Any] = {"agents": {"default": "direct"}, "members": {"John": {"agent": "generative"}}}
        check_society(what, {"scenario": str(scenario), **agents}, folder, cuts=2)


def check_condition(condition: str | Path) -> None:
    """Check that a condition can be used, and that a society can run with it.

    Args:
        condition: its registered name, or its file.

    Raises:
        ConformanceError: a setting in it cannot be used; the message contains the setting.
    """
    what = f"condition {condition}"
    with temporary_folder() as folder:
        experiment = planned(what, {}, folder, str(condition)).experiment
        months = max(2, *(experiment.member(name).earliest for name in experiment.society.members))
        settings: Mapping[str, Any] = {"agents": {"default": "direct"}, "world": {"months": months}}
        check_society(what, settings, folder, condition=str(condition), cuts=2)


def check_protocol(protocol: str | Path) -> None:
    """Check that a protocol can be used, and that a society can run with it.

    Args:
        protocol: its registered name, or its file.

    Raises:
        ConformanceError: a setting in it cannot be used; the message contains the setting.
    """
    with temporary_folder() as folder:
        check_society(f"protocol {protocol}", {"protocol": str(protocol)}, folder, cuts=2)


CHECKS: Mapping[str, Callable[..., None]] = {
    "agents": check_agent,
    "policies": check_policy,
    "phases": check_phase,
    "rules": check_rule,
    "events": check_event,
    "growth_laws": check_growth_law,
    "shocks": check_shock,
    "allocations": check_allocation,
    "scenarios": check_scenario,
    "conditions": check_condition,
    "protocols": check_protocol,
    "judge_questions": check_judge_question,
    "measures": check_measure,
    "figures": check_figure,
    "skill_tests": check_skill_test,
    "executors": check_executor,
}
"""The check for each kind of extension, by the last part of its entry-point group."""


def check_plugin(name: str) -> tuple[str, ...]:
    """Check every extension of an installed package; measures and figures also on a run with its phases and rules.

    Args:
        name: the name of the installed package.

    Returns:
        The checked extensions, as in `phases vote`.

    Raises:
        ConformanceError: some do not conform (one line for each), or there are none.
    """
    checked, problems = [], []
    for group, extension_name in _extensions(name):
        try:
            if group in ("measures", "figures"):
                CHECKS[group](extension_name, _society_of(name))
            else:
                CHECKS[group](extension_name)
        except ConformanceError as error:
            problems.append(str(error))
        else:
            checked.append(f"{group} {extension_name}")
    if problems:
        raise ConformanceError("\n".join(problems))
    return tuple(checked)


def _society_of(name: str) -> Mapping[str, Any]:
    """Settings of an experiment that uses all phases and rules of a package."""
    entries: dict[str, list[Any]] = {"phases": [], "rules": []}
    for group, extension_name in _extensions(name):
        if group in entries:
            with extension(group, extension_name) as found:
                values = settings_for(f"{group} {extension_name}", found.value.Settings, None)
            entries[group].append({extension_name: values} if values else extension_name)
    phases = [*USUAL[:2], *entries["phases"], *USUAL[2:]]
    return {"society": {"phases": phases}, "institutions": entries["rules"]}


def _extensions(name: str) -> Iterator[tuple[str, str]]:
    """Group and name of all extensions of a package."""
    try:
        points = distribution(name).entry_points
    except PackageNotFoundError as error:
        raise ConformanceError(f"{name}: no such package is installed; install it first") from error
    own = sorted((point.group, point.name) for point in points if point.group.startswith(f"{GOVSIM}."))
    require(bool(own), f"{name}: has no entry points for govsim; declare one in a group such as {GOVSIM}.phases")
    for group, extension_name in own:
        known = group.removeprefix(f"{GOVSIM}.")
        require(
            known in REGISTRIES,
            f"{name}: {group} is not an entry-point group of govsim; choose from {', '.join(REGISTRIES)}",
        )
        yield known, extension_name
