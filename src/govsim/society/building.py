"""From an experiment to a society whose members have their minds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from pydantic import JsonValue

from govsim.agents import Agent, Mind, Post, kind_of, settings_of
from govsim.config import Experiment, Models, Scalar, merge
from govsim.errors import ConfigError
from govsim.journal import FIRST_READING_RULE, READING_RULE, Recorder
from govsim.models.asking import Asker
from govsim.models.client import ModelSettings
from govsim.models.embedding import RecordedEmbedder
from govsim.models.pool import Models as Pool
from govsim.scenarios import Prompts, Scenario
from govsim.society.composition import compose, kinds_used
from govsim.society.framework import Framework
from govsim.society.phase import Phase
from govsim.society.society import Society


def model_of(experiment: Experiment, name: str) -> ModelSettings | None:
    """A member's language model, and how it is asked; None for one whose kind of agent asks none."""
    if not kind_of(experiment.agent_of(name)).asks_model:
        return None
    member = experiment.member(name)
    return model_settings(experiment.models, member.model, member.model_args, member.extra_body)


def framework_model(experiment: Experiment, phases: Iterable[Phase]) -> ModelSettings | None:
    """The framework's model: its own, else the default one, else the first member's; None where no phase asks it.

    Args:
        experiment: what is run.
        phases: the phases of its months.

    Raises:
        ConfigError: a phase asks it, and no model is named.
    """
    asking = [phase.name for phase in phases if phase.needs_framework(experiment)]
    if not asking:
        return None
    minds = [choice for name in experiment.society.members if (choice := model_of(experiment, name))]
    models = experiment.models
    args, body = models.framework_args, models.framework_extra_body
    if models.framework is None and models.default is None and minds:
        return replace(minds[0], args={**minds[0].args, **args}, extra_body=merge(minds[0].extra_body, body))
    if models.framework is None and models.default is None:
        raise ConfigError(f"models.framework is missing: the phase {asking[0]} asks the framework's model; name one")
    return model_settings(models, models.framework, args, body)


def model_settings(
    models: Models,
    named: str | None = None,
    args: Mapping[str, Scalar] = MappingProxyType({}),
    extra_body: Mapping[str, JsonValue] = MappingProxyType({}),
) -> ModelSettings:
    """A model with its own arguments and fields of requests, on top of the default model's where it is that one.

    Args:
        models: the experiment's models.
        named: the model's name; the default one when None.
        args: its own arguments.
        extra_body: its own fields.

    Raises:
        ConfigError: no model is named.
    """
    name = named or models.default
    if name is None:
        raise ConfigError("models.default is missing, and a member has no model of its own")
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
    """Every language model that an experiment asks; some more than once."""
    minds = (model_of(experiment, name) for name in experiment.society.members)
    for choice in (*minds, framework_model(experiment, compose(experiment).phases)):
        if choice is not None:
            yield choice


def open_models(experiment: Experiment, models: Pool) -> None:
    """Open every model that an experiment needs, so that what is missing is known before anything is written.

    Raises:
        ModelUnavailable: one of them cannot be used.
    """
    for choice in models_needed(experiment):
        models.language_model(choice)
    for kind in kinds_used(experiment):
        if (embedder := kind.embedder_of(settings_of(kind, experiment))) is not None:
            models.embedder(embedder)


def build_society(
    experiment: Experiment,
    scenario: Scenario,
    recorder: Recorder,
    models: Pool,
    asker: Asker,
    *,
    reading_rule: int = READING_RULE,
) -> Society:
    """A society with the minds of all its members, ready for its first month.

    Args:
        experiment: what is run.
        scenario: the words it is run with.
        recorder: its journal.
        models: who answers.
        asker: the one place that asks.
        reading_rule: the rule that its journal names. By the first one, a run with too many unreadable decisions went
            on to its last month.

    Raises:
        ModelUnavailable: a model it needs cannot be used.
    """
    prompts = Prompts(scenario, experiment.world, experiment.society.rules, experiment.models.replies)
    embedders = {kind: _embedder(kind, experiment, recorder, models) for kind in kinds_used(experiment)}

    def agent(name: str) -> Agent:
        kind = kind_of(experiment.agent_of(name))
        post = Post(
            member=name,
            agent=experiment.agent_of(name),
            experiment=experiment,
            settings=settings_of(kind, experiment),
            prompts=prompts,
            recorder=recorder,
            mind=_mind(name, experiment, prompts, asker, models),
            embedder=embedders[kind],
        )
        return kind(post)

    composition = compose(experiment)
    writer = framework_model(experiment, composition.phases)
    return Society(
        experiment,
        agents={name: agent(name) for name in experiment.society.members},
        framework=None if writer is None else Framework(models.language_model(writer), prompts, asker),
        prompts=prompts,
        recorder=recorder,
        composition=composition,
        ends_early=reading_rule > FIRST_READING_RULE,
    )


def _mind(name: str, experiment: Experiment, prompts: Prompts, asker: Asker, models: Pool) -> Mind | None:
    """A member's means of thinking; None for one whose kind of agent asks no language model."""
    if (choice := model_of(experiment, name)) is None:
        return None
    persona = experiment.member(name).persona
    return Mind(name=name, persona=persona, model=models.language_model(choice), prompts=prompts, asker=asker)


def _embedder(kind: type[Agent], experiment: Experiment, recorder: Recorder, models: Pool) -> RecordedEmbedder | None:
    """What measures relevance for a kind of agent; None where nothing does."""
    settings = kind.embedder_of(settings_of(kind, experiment))
    return None if settings is None else RecordedEmbedder(models.embedder(settings), recorder)
