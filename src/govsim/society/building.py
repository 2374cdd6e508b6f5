"""Construction of a society from an experiment: agents, models and prompts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from pydantic import JsonValue

from govsim.agents import Agent, AgentContext, MemberModel, kind_of, settings_of
from govsim.config import Experiment, Models, Scalar, merge
from govsim.errors import ConfigError
from govsim.journal import FIRST_READING_RULE, FRAMEWORK, READING_RULE, Recorder, SiteRecorder
from govsim.models.asking import Asker
from govsim.models.client import ModelSettings
from govsim.models.embedding import RecordedEmbedder
from govsim.models.pool import ModelSource
from govsim.scenarios import Prompts, Scenario
from govsim.society.composition import Composition, compose, kinds_used
from govsim.society.forfeits import Forfeits
from govsim.society.framework import Framework
from govsim.society.membership import Membership
from govsim.society.phase import Phase
from govsim.society.simulation import Simulation
from govsim.society.society import Society
from govsim.spans import Span, untraced


def model_of(experiment: Experiment, name: str) -> ModelSettings | None:
    """Return the settings of a member's language model; None if its type of agent uses none.

    Args:
        experiment: the experiment.
        name: the name of the member.
    """
    if not kind_of(experiment.agent_of(name)).asks_model:
        return None
    member = experiment.member(name)
    settings = model_settings(experiment.models, member.model, member.model_args, member.extra_body)
    return replace(settings, member=name)


def framework_model(experiment: Experiment, phases: Iterable[Phase]) -> ModelSettings | None:
    """Return the framework model: its own, or else the default, or else the first member's; None if it is not used.

    Args:
        experiment: the experiment.
        phases: the phases of its months.

    Raises:
        ConfigError: a phase uses it, and no model is set.
    """
    asking = [phase.name for phase in phases if phase.needs_framework(experiment)]
    if not asking:
        return None
    choices = [choice for name in experiment.society.members if (choice := model_of(experiment, name))]
    models = experiment.models
    args, body = models.framework_args, models.framework_extra_body
    if models.framework is None and models.default is None and choices:
        first = replace(choices[0], member=FRAMEWORK)
        return replace(first, args={**first.args, **args}, extra_body=merge(first.extra_body, body))
    if models.framework is None and models.default is None:
        raise ConfigError(
            f"models.framework is missing: the phase {asking[0]} uses the framework model; set one (fake/society needs "
            "no key), or remove the phase (society.communication = false for discussions)"
        )
    return replace(model_settings(models, models.framework, args, body), member=FRAMEWORK)


def model_settings(
    models: Models,
    named: str | None = None,
    args: Mapping[str, Scalar] = MappingProxyType({}),
    extra_body: Mapping[str, JsonValue] = MappingProxyType({}),
) -> ModelSettings:
    """Return the settings of a model, merged with those of the default model if it is the default model.

    Args:
        models: the experiment's models.
        named: name of the model; the default model if None.
        args: its own arguments.
        extra_body: its own extra request fields.

    Raises:
        ConfigError: no model is set.
    """
    name = named or models.default
    if name is None:
        raise ConfigError("models.default is missing, and a member does not set its own model")
    is_default = name == models.default
    return ModelSettings(
        name=name,
        args={**(models.args if is_default else {}), **args},
        sampling=models.sampling,
        extra_body=merge(models.extra_body, extra_body) if is_default else dict(extra_body),
        system_role=models.system_role,
        replies=models.replies,
    )


def models_needed(experiment: Experiment) -> Iterator[ModelSettings]:
    """Yield every language model that an experiment uses, with duplicates."""
    choices = (model_of(experiment, name) for name in experiment.society.members)
    for choice in (*choices, framework_model(experiment, compose(experiment).phases)):
        if choice is not None:
            yield choice


def open_models(experiment: Experiment, models: ModelSource) -> None:
    """Open every model that an experiment needs, so that missing ones are reported before anything is written.

    Raises:
        ModelUnavailable: a model cannot be used.
    """
    for choice in models_needed(experiment):
        models.language_model(choice)
    for kind in kinds_used(experiment):
        if (embedder := kind.embedder_of(settings_of(kind, experiment))) is not None:
            models.embedder(embedder)


def build_simulation(
    experiment: Experiment,
    scenario: Scenario,
    recorder: Recorder,
    models: ModelSource,
    asker: Asker,
    *,
    reading_rule: int = READING_RULE,
    span: Span = untraced,
) -> Simulation:
    """Build the societies of a run with all their agents, ready for the first month.

    Args:
        experiment: the experiment.
        scenario: the scenario with its templates.
        recorder: the run's journal.
        models: the pool of models.
        asker: sends all questions of the run.
        reading_rule: version of the parsing rule in its journal. With version 1, a run with too many unparsable
            decisions continued to its last month.
        span: opens a span for each month and phase.

    Raises:
        ModelUnavailable: a required model cannot be used.
    """
    prompts = {site: _prompts(scenario, experiment.at(site)) for site in experiment.site_names}
    composition = compose(experiment)
    writer = framework_model(experiment, composition.phases)
    agents = _agents(experiment, prompts, recorder, models, asker)
    forfeits = Forfeits(experiment, ends_early=reading_rule > FIRST_READING_RULE)
    membership = Membership(experiment)
    societies = [
        Society(
            experiment.at(site),
            agents=agents,
            framework=None if writer is None else Framework(models.language_model(writer), own, asker),
            prompts=own,
            recorder=recorder if site is None else SiteRecorder(recorder, site),
            composition=composition if site is None else _at(experiment, site, composition),
            forfeits=forfeits,
            membership=membership,
        )
        for site, own in prompts.items()
    ]
    return Simulation(
        experiment,
        societies,
        phases=composition.phases,
        recorder=recorder,
        forfeits=forfeits,
        membership=membership,
        span=span,
    )


def _agents(
    experiment: Experiment,
    prompts: Mapping[str | None, Prompts],
    recorder: Recorder,
    models: ModelSource,
    asker: Asker,
) -> dict[str, Agent]:
    """Return the agents of all members."""
    common = prompts[experiment.site_names[0]]
    embedders = {kind: _embedder(kind, experiment, recorder, models) for kind in kinds_used(experiment)}

    def agent(name: str) -> Agent:
        kind = kind_of(experiment.agent_of(name))
        context = AgentContext(
            member=name,
            agent=experiment.agent_of(name),
            experiment=experiment,
            settings=settings_of(kind, experiment),
            prompts=common,
            recorder=recorder,
            model=_member_model(name, experiment, prompts, asker, models),
            embedder=embedders[kind],
        )
        return kind(context)

    return {name: agent(name) for name in experiment.society.members}


def _at(experiment: Experiment, site: str, everywhere: Composition) -> Composition:
    """Return the composition of the months at a site, which knows what the rules of other sites add."""
    own = compose(experiment, site)
    return replace(own, added_by={**everywhere.added_by, **own.added_by})


def _prompts(scenario: Scenario, experiment: Experiment) -> Prompts:
    society = experiment.society
    return Prompts(
        scenario,
        experiment.world,
        society.rules,
        experiment.models.replies,
        society.example,
        lag=experiment.observation.lag,
        prices_differ=any(member.price is not None for member in experiment.members.values()),
    )


def _member_model(
    name: str, experiment: Experiment, prompts: Mapping[str | None, Prompts], asker: Asker, models: ModelSource
) -> MemberModel | None:
    """Return a member's language model with its prompts; None if its kind of agent uses none."""
    if (choice := model_of(experiment, name)) is None:
        return None
    return MemberModel(
        name=name,
        persona=experiment.member(name).persona,
        model=models.language_model(choice),
        prompts=prompts,
        asker=asker,
    )


def _embedder(
    kind: type[Agent], experiment: Experiment, recorder: Recorder, models: ModelSource
) -> RecordedEmbedder | None:
    """Return the embedding model of a kind of agent; None if it uses none."""
    settings = kind.embedder_of(settings_of(kind, experiment))
    return None if settings is None else RecordedEmbedder(models.embedder(settings), recorder)
