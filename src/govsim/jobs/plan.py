"""Planning of runs: from settings to runs with journal paths. Invalid settings are rejected here."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from govsim.agents import kind_of, with_identified_agents
from govsim.characters import visible
from govsim.config import (
    ANALYSIS,
    DEFAULT,
    EMBEDDED,
    ENTRIES,
    GRID,
    LOCAL,
    MAX_RUNS,
    MAX_SEED,
    Agents,
    DeclaredAnalysis,
    Execution,
    Experiment,
    ExperimentSource,
    Layer,
    cells_in,
    expanded,
    experiment_from,
    flattened,
    keys_of_campaign,
    keys_of_settings,
    load_condition,
    load_protocol,
    merge,
    validate,
    without_execution,
)
from govsim.errors import ConfigError
from govsim.jobs.provenance import differences, git_revision, versions
from govsim.jobs.run import RunJob
from govsim.journal import JOURNAL_SUFFIX, READING_RULE, Header
from govsim.journal.line import whole_characters
from govsim.models.local_weights import with_identified_models
from govsim.plugins import declared_templates
from govsim.redaction import Secrets
from govsim.scenarios import (
    PROMPTS_VERSION,
    WORLD_TEMPLATES,
    Scenario,
    is_hint,
    is_rules,
    load_scenario,
    scenario_names,
)
from govsim.society import compose, facts_given, model_of, plugins_used, resolved, without_defaults

_LABEL_KEYS = ("seed", "scenario", "condition")
_PRESETS = ("condition", "protocol")


def plan_runs(
    settings: Layer,
    execution: Execution,
    *,
    prompts: Path | str | None = None,
    condition: str | None = None,
    protocol: str | None = None,
) -> list[RunJob]:
    """Plan the runs described by settings: `execution.runs` runs for each cell, with consecutive seeds.

    Args:
        settings: keys of an experiment, merged from a file and the command line; a `grid` yields one cell for each of
            its combinations, and `analysis` is recorded in each header.
        execution: the number of runs, and the output folder.
        prompts: a folder of custom templates.
        condition: the condition, whose settings `settings` override; by default, the one named in `settings`.
        protocol: the protocol, whose settings the condition overrides; by default, the one named in `settings`.

    Raises:
        ConfigError: a setting is invalid; names it.
        ScenarioError: the scenario is invalid.
    """
    chosen = {"condition": condition, "protocol": protocol}
    given = {**settings, **{key: name for key, name in chosen.items() if name is not None}}
    declared = _declared(given.pop(ANALYSIS, None))
    cells = cells_in(given)
    if (count := len(cells) * execution.runs) > MAX_RUNS:
        raise ConfigError(
            f"execution.runs = {execution.runs}: yields {count:,} runs in {len(cells):,} cells; the maximum per "
            f"command is {MAX_RUNS:,}"
        )
    plans = [plan for cell in cells for plan in _plan_cell(cell, execution, prompts, declared)]
    _check_distinct(plans)
    return plans


def planned_experiment(
    scenario: Experiment | ExperimentSource,
    condition: str | Path | None = None,
    months: int | None = None,
    settings: Layer | None = None,
) -> Experiment:
    """Return the experiment that a run would have, without running it.

    Args:
        scenario: name of a scenario, its folder, an experiment file without a grid, or keys of an experiment; an
            experiment is returned with the other settings.
        condition: name of a condition, or a YAML file.
        months: maximum number of months.
        settings: any other keys of the experiment, nested or dotted, such as ``{"world.growth": 3}``.

    Raises:
        GovSimError: as `plan_runs`.
    """
    layers = merge({} if months is None else {"world": {"months": months}}, keys_of_settings(settings))
    if isinstance(scenario, Experiment):
        return experiment_from(scenario.model_dump(exclude_unset=True), layers) if layers else scenario
    keys, _ = without_execution(keys_of_campaign(scenario), str(scenario))
    plans = plan_runs(merge(keys, layers), Execution(), condition=None if condition is None else str(condition))
    if len(plans) > 1:
        raise ConfigError(f"{GRID}: has {len(plans)} cells; an experiment without a grid is needed here")
    return plans[0].header.experiment


def _declared(section: Any) -> DeclaredAnalysis | None:
    """Return how results will be compared; None if it is not declared."""
    if section is None:
        return None
    if not isinstance(section, Mapping):
        raise ConfigError(f"{ANALYSIS} = {section!r}: must be a mapping of keys to values, as in {{design: paired}}")
    return validate(DeclaredAnalysis, [section], under=ANALYSIS)


def _plan_cell(
    settings: Layer, execution: Execution, prompts: Path | str | None, declared: DeclaredAnalysis | None
) -> list[RunJob]:
    """Plan the runs of one cell, which differ only in their seed."""
    reference = str(settings.get("scenario", Experiment.model_fields["scenario"].default))
    scenario = load_scenario(reference, prompts)
    base = [{"world": scenario.world}, *_presets(settings)]
    own = {key: value for key, value in settings.items() if key not in _PRESETS} | {"scenario": scenario.name}
    experiment = resolved(with_identified_agents(with_identified_models(with_model(experiment_from(*base, own)))))
    added = compose(experiment).templates
    if added or experiment.models.replies != "text":
        scenario = load_scenario(reference, prompts, added, replies=experiment.models.replies)
    _check(experiment, scenario, added)
    wording = _wording(scenario, reference, prompts)
    words = {"scenario": scenario.model_dump(mode="json"), "wording": wording}
    check_secrets({**experiment.model_dump(mode="json"), **words})
    unchanged = _unchanged([*base, {"scenario": scenario.name, "protocol": DEFAULT}], experiment)
    shipped = reference == scenario.name and prompts is None
    differing = {key: both for key, both in differences(unchanged, experiment).items() if key not in _LABEL_KEYS}
    changed = {key: value for key, (_, value) in differing.items()}
    label = society_label(experiment, changed, None if shipped else scenario)
    folder = execution.out / scenario.name / experiment.condition / label
    recorded = {"changes": _without_defaults(differing, experiment), "analysis": declared}
    header = _header(experiment, scenario, label, wording).model_copy(update=recorded)
    return [
        RunJob(path=folder / f"seed-{run.seed}{JOURNAL_SUFFIX}", header=header.model_copy(update={"experiment": run}))
        for run in _seeded(experiment, execution.runs)
    ]


def _presets(settings: Layer) -> list[dict[str, Any]]:
    """Return the keys of the protocol, and then those of the condition, which can name the protocol."""
    condition = load_condition(str(settings.get("condition", DEFAULT)))
    protocol = str(settings.get("protocol", condition.pop("protocol", DEFAULT)))
    return [load_protocol(protocol), condition]


def _header(experiment: Experiment, scenario: Scenario, society: str, wording: str | None) -> Header:
    """Return the header of a run's journal."""
    return Header(
        reading_rule=READING_RULE,
        experiment=experiment,
        scenario=scenario,
        society=society,
        models={name: found.name for name in experiment.society.members if (found := model_of(experiment, name))},
        informed=facts_given(experiment),
        versions=versions(),
        plugins=plugins_used(experiment),
        prompts_version=PROMPTS_VERSION,
        git_revision=git_revision(),
        wording=wording,
    )


def _unchanged(base: Sequence[Layer], experiment: Experiment) -> Experiment:
    """Return the condition without overrides; unresolved if it depends on settings of the experiment."""
    condition = experiment_from(*base)
    try:
        return resolved(condition, like=experiment)
    except ConfigError:
        return condition


def _without_defaults(differing: Mapping[str, tuple[Any, Any]], experiment: Experiment) -> dict[str, Any]:
    """Return changed settings without the defaults of phases, rules, growth law and shocks that the experiment adds."""
    full = dict(flattened(experiment.model_dump(mode="json")))
    sparse = dict(flattened(without_defaults(experiment).model_dump(mode="json")))
    of_entries = tuple(f"{key}." for key in (*ENTRIES, "world.growth"))
    return {
        key: sparse.get(key, value)
        for key, (old, value) in differing.items()
        if not key.startswith(of_entries) or key in sparse or (old is not None and key in full)
    }


def _wording(scenario: Scenario, reference: str, prompts: Path | str | None) -> str | None:
    """Return the names of the user's folders with texts: of the scenario, then of the prompts that replace some."""
    is_own = scenario.name not in scenario_names()  # an unchanged copy of a bundled scenario is not
    folders = [*([reference] if is_own else []), *([] if prompts is None else [prompts])]
    return " + ".join(whole_characters(visible(expanded(folder).resolve().name)) for folder in folders) or None


def _check_distinct(plans: Sequence[RunJob]) -> None:
    """Reject cells with the same journal path, as of two scenarios with one name."""
    for path, count in Counter(plan.path for plan in plans).items():
        if count > 1:
            raise ConfigError(
                f"{path}: is the journal path of two cells of the campaign; "
                "give each its own condition or scenario name"
            )


def with_model(experiment: Experiment) -> Experiment:
    """Return the experiment, with the embedded model as the default if a model is needed and none is set.

    A model is needed if any member's agent asks one and the member has no model of its own.
    """
    roster = experiment.society.members
    needed = [name for name in roster if kind_of(experiment.agent_of(name), key="agent").asks_model]
    if experiment.models.default is not None or all(experiment.member(name).model for name in needed):
        return experiment
    return experiment.model_copy(update={"models": experiment.models.model_copy(update={"default": EMBEDDED})})


def society_label(experiment: Experiment, changed: Mapping[str, Any], own_scenario: Scenario | None) -> str:
    """Return the name of a society's folder: its model or policy, its protocol, and a hash of other changed settings.

    The default protocol is not shown.

    Args:
        experiment: the experiment.
        changed: the settings that differ from those of the scenario and the condition, by dotted key.
        own_scenario: the scenario, unless it is an unchanged bundled one.
    """
    deciders = {_decision_maker(experiment, name) for name in experiment.society.members}
    is_uniform = len(deciders) == 1
    who = slug(deciders.pop()) if is_uniform else "mixed"
    if experiment.protocol != DEFAULT:
        who = f"{who}-{slug(experiment.protocol)}"
    unlabelled = ("protocol", *(("agents.default", "models.default") if is_uniform else ()))
    settings = {key: value for key, value in changed.items() if key not in unlabelled}
    if own_scenario is not None:
        settings["templates"] = own_scenario.model_dump(mode="json")
    return labelled(who, settings)


def labelled(who: str, settings: Mapping[str, Any]) -> str:
    """Return a name for a folder or file: the given one, with a hash of the given settings if there are any.

    The hash is the first six hexadecimal digits of the SHA-256 of the settings as JSON with sorted keys.
    """
    if not settings:
        return who
    content = json.dumps(settings, sort_keys=True, default=str)
    return f"{who}-{sha256(content.encode()).hexdigest()[:6]}"


def check_secrets(header: Layer) -> None:
    """Reject a header that contains the value of a secret environment variable.

    Args:
        header: nested keys and values of the header.

    Raises:
        ConfigError: names the key and the environment variable.
    """
    secrets = Secrets()
    for key, value in flattened(header):
        if (name := secrets.name_in(f"{key} {value}")) is not None:
            raise ConfigError(
                f"{key}: contains the secret in the environment variable {name} and would be written to the "
                "journal; remove it"
            )


def _seeded(experiment: Experiment, runs: int) -> Iterable[Experiment]:
    """Return the experiments of a cell, with consecutive seeds.

    Raises:
        ConfigError: the last seed exceeds the maximum.
    """
    if (last := experiment.seed + runs - 1) > MAX_SEED:
        raise ConfigError(
            f"seed = {experiment.seed}, execution.runs = {runs}: the last run would have seed {last}; the maximum is "
            f"{MAX_SEED}; choose a smaller seed"
        )
    return (experiment.model_copy(update={"seed": experiment.seed + i}) for i in range(runs))


def _check(experiment: Experiment, scenario: Scenario, added: Collection[str]) -> None:
    no_hints = {*added, *WORLD_TEMPLATES, *(declared_templates() if experiment.society.hints else ())}
    hints = sorted(name for name in scenario.templates if is_hint(name) and name not in no_hints)
    for hint in experiment.society.hints:
        if hint not in hints:
            raise ConfigError(
                f"society.hints = {hint}: scenario {scenario.name} has no such hint; "
                f"choose from {', '.join(hints)}, or add {hint}.jinja to the scenario or with --prompts"
            )
        if experiment.observation.stock == "hidden" and "threshold" in scenario.templates[hint]:
            raise ConfigError(
                f"society.hints = {hint}: states a threshold, which is unknown with observation.stock = hidden; "
                "remove the hint, or let members observe the stock"
            )
    wording = experiment.society.rules
    if wording not in scenario.templates:
        known = ", ".join(sorted(filter(is_rules, scenario.templates)))
        raise ConfigError(
            f"society.rules = {wording}: scenario {scenario.name} has no such template for its rules; "
            f"choose from {known}, or add {wording}.jinja to the scenario or with --prompts"
        )


def _decision_maker(experiment: Experiment, name: str) -> str:
    """Return how a member decides: its model or policy, and its type of agent unless it is the default."""
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
    """Return a text for use in a file name; all but letters, digits, dots and underscores become hyphens.

    Only ASCII letters are kept. The result is `society` if nothing else is left.
    """
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.") or "society"
