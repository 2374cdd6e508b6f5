"""From what a user asks for to runs with a place for their journals; everything that can be refused is refused here."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from govsim.agents import kind_of
from govsim.characters import visible
from govsim.config import (
    EMBEDDED,
    LOCAL,
    MOST_RUNS,
    MOST_SEED,
    Agents,
    Execution,
    Experiment,
    Layer,
    cells_in,
    expanded,
    experiment_from,
    flattened,
    load_condition,
)
from govsim.errors import ConfigError
from govsim.jobs.provenance import differences, git_revision, versions
from govsim.jobs.run import RunJob
from govsim.journal import READING_RULE, SUFFIX, Header
from govsim.journal.line import whole_characters
from govsim.models.local_weights import identified
from govsim.plugins import declared_templates
from govsim.redaction import Secrets
from govsim.scenarios import Scenario, is_hint, is_rules, load_scenario, scenario_names
from govsim.society import compose, model_of, plugins_used, resolved

_LABEL_KEYS = ("seed", "scenario", "condition")


def plan_runs(
    settings: Layer, execution: Execution, *, prompts: Path | str | None = None, condition: str | None = None
) -> list[RunJob]:
    """The runs that settings describe: for each cell as many as `execution.runs`, with seeds counting up.

    Args:
        settings: keys of an experiment, a file's and the command line's laid over each other; with a `grid` there are
            as many cells as it has combinations, else one.
        execution: how many, and where to.
        prompts: a folder of one's own templates.
        condition: its settings lie under `settings`; the one that `settings` names when not given.

    Raises:
        ConfigError: a setting cannot be used; names it.
        ScenarioError: the scenario cannot be used.
    """
    given = settings if condition is None else {**settings, "condition": condition}
    cells = cells_in(given)
    if (count := len(cells) * execution.runs) > MOST_RUNS:
        raise ConfigError(
            f"execution.runs = {execution.runs}: makes {count:,} runs in {len(cells):,} cells; at most {MOST_RUNS:,} "
            "can be planned in one command"
        )
    plans = [plan for cell in cells for plan in _plan_cell(cell, execution, prompts)]
    _check_distinct(plans)
    return plans


def _plan_cell(settings: Layer, execution: Execution, prompts: Path | str | None) -> list[RunJob]:
    """The runs of one cell, which differ in nothing but their seeds."""
    reference = str(settings.get("scenario", Experiment.model_fields["scenario"].default))
    scenario = load_scenario(reference, prompts)
    base: list[Layer] = [
        {"world": scenario.world},
        load_condition(str(settings.get("condition", "default"))),
    ]
    own = {key: value for key, value in settings.items() if key != "condition"} | {"scenario": scenario.name}
    experiment = resolved(identified(with_model(experiment_from(*base, own))))
    brought = compose(experiment).templates
    if brought or experiment.models.replies != "text":
        scenario = load_scenario(reference, prompts, brought, replies=experiment.models.replies)
    _check(experiment, scenario, brought)
    wording = _wording(scenario, reference, prompts)
    words = {"scenario": scenario.model_dump(mode="json"), "wording": wording}
    check_secrets({**experiment.model_dump(mode="json"), **words})
    unchanged = _unchanged([*base, {"scenario": scenario.name}], experiment)
    shipped = reference == scenario.name and prompts is None
    changed = {key: value for key, (_, value) in differences(unchanged, experiment).items() if key not in _LABEL_KEYS}
    label = society_label(experiment, changed, None if shipped else scenario)
    folder = execution.out / scenario.name / experiment.condition / label
    header = _header(experiment, scenario, label, wording).model_copy(update={"changes": changed})
    return [
        RunJob(path=folder / f"seed-{run.seed}{SUFFIX}", header=header.model_copy(update={"experiment": run}))
        for run in _seeded(experiment, execution.runs)
    ]


def _header(experiment: Experiment, scenario: Scenario, society: str, wording: str | None) -> Header:
    """The first line of a run's journal."""
    return Header(
        reading_rule=READING_RULE,
        experiment=experiment,
        scenario=scenario,
        society=society,
        models={name: found.name for name in experiment.society.members if (found := model_of(experiment, name))},
        versions=versions(),
        plugins=plugins_used(experiment),
        git_revision=git_revision(),
        wording=wording,
    )


def _unchanged(base: Sequence[Layer], experiment: Experiment) -> Experiment:
    """The condition with nothing set over it; as it is written where it needs settings from the experiment."""
    condition = experiment_from(*base)
    try:
        return resolved(condition, like=experiment)
    except ConfigError:
        return condition


def _wording(scenario: Scenario, reference: str, prompts: Path | str | None) -> str | None:
    """The names of the user's folders that words come from: that of the scenario, then that of the prompts over it."""
    is_own = scenario.name not in scenario_names()  # an unchanged copy of one of ours is not
    folders = [*([reference] if is_own else []), *([] if prompts is None else [prompts])]
    return " + ".join(whole_characters(visible(expanded(folder).resolve().name)) for folder in folders) or None


def _check_distinct(plans: Sequence[RunJob]) -> None:
    """Refuse cells that would share a journal, as those of two scenarios of one name would."""
    for path, count in Counter(plan.path for plan in plans).items():
        if count > 1:
            raise ConfigError(f"{path}: two cells of the campaign lead there; give each a condition or scenario name")


def with_model(experiment: Experiment) -> Experiment:
    """The experiment with the embedded model where one is needed and none is named."""
    roster = experiment.society.members
    needed = [name for name in roster if kind_of(experiment.agent_of(name), key="agent").asks_model]
    if experiment.models.default is not None or all(experiment.member(name).model for name in needed):
        return experiment
    return experiment.model_copy(update={"models": experiment.models.model_copy(update={"default": EMBEDDED})})


def society_label(experiment: Experiment, changed: Mapping[str, Any], own_scenario: Scenario | None) -> str:
    """The name of a society's folder: who its members are, and a short hash of what else sets it apart.

    Args:
        experiment: what is run.
        changed: the settings that differ from those of the scenario and the condition, by dotted key.
        own_scenario: the scenario where it is not one that comes with the package unchanged.
    """
    minds = {_mind(experiment, name) for name in experiment.society.members}
    is_uniform = len(minds) == 1
    who = slug(minds.pop()) if is_uniform else "mixed"
    unlabelled = ("agents.default", "models.default") if is_uniform else ()
    settings = {key: value for key, value in changed.items() if key not in unlabelled}
    if own_scenario is not None:
        settings["templates"] = own_scenario.model_dump(mode="json")
    return labelled(who, settings)


def labelled(who: str, settings: Mapping[str, Any]) -> str:
    """A name for a folder or file: who, and a short hash of the settings that set it apart, if there are any."""
    if not settings:
        return who
    content = json.dumps(settings, sort_keys=True, default=str)
    return f"{who}-{sha256(content.encode()).hexdigest()[:6]}"


def check_secrets(header: Layer) -> None:
    """Refuse a secret of the environment in what becomes the first line of a journal.

    Args:
        header: its keys and values, nested.

    Raises:
        ConfigError: names the key and the environment variable.
    """
    secrets = Secrets()
    for key, value in flattened(header):
        if (name := secrets.name_in(f"{key} {value}")) is not None:
            raise ConfigError(
                f"{key}: holds the secret of the environment variable {name}, and would stand in the journal; remove it"
            )


def _seeded(experiment: Experiment, runs: int) -> Iterable[Experiment]:
    """The runs of a cell, whose seeds count up.

    Raises:
        ConfigError: the last seed is beyond the largest one, so that its journal could not be read.
    """
    if (last := experiment.seed + runs - 1) > MOST_SEED:
        raise ConfigError(
            f"seed = {experiment.seed}, execution.runs = {runs}: the last run would have the seed {last}, above the "
            f"largest one, {MOST_SEED}; choose a smaller seed"
        )
    return (experiment.model_copy(update={"seed": experiment.seed + i}) for i in range(runs))


def _check(experiment: Experiment, scenario: Scenario, brought: Collection[str]) -> None:
    no_hints = {*brought, *(declared_templates() if experiment.society.hints else ())}
    hints = sorted(name for name in scenario.templates if is_hint(name) and name not in no_hints)
    for hint in experiment.society.hints:
        if hint not in hints:
            raise ConfigError(
                f"society.hints = {hint}: scenario {scenario.name} has no such hint; "
                f"choose from {', '.join(hints)}, or add {hint}.jinja to the scenario or with --prompts"
            )
    wording = experiment.society.rules
    if wording not in scenario.templates:
        known = ", ".join(sorted(filter(is_rules, scenario.templates)))
        raise ConfigError(
            f"society.rules = {wording}: scenario {scenario.name} does not tell its rules in these words; "
            f"choose from {known}, or add {wording}.jinja to the scenario or with --prompts"
        )


def _mind(experiment: Experiment, name: str) -> str:
    """What a member decides with, in words: its model, and its kind of agent where that is not the usual one."""
    agent = experiment.agent_of(name)
    if not kind_of(agent).asks_model:
        return agent
    model = experiment.member(name).model or experiment.models.default
    if model == LOCAL:
        shared = experiment.models.args if model == experiment.models.default else {}
        file = {**shared, **experiment.member(name).model_args}.get("path")
        model = model if file is None else f"{model}-{Path(str(file)).stem}"
    return f"{model}" if agent == Agents().default else f"{model}-{agent}"


def slug(text: str) -> str:
    """A text as part of a file name: everything but letters, digits, dots and underscores becomes a hyphen."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.") or "society"
