"""From an experiment to a society whose members have their minds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from govsim.agents import Agent, Mind, is_policy, make_minded_agent, make_policy_agent
from govsim.config import Experiment, Scalar
from govsim.errors import ConfigError
from govsim.journal import FIRST_READING_RULE, READING_RULE, Recorder
from govsim.models.asking import Asker
from govsim.models.client import LanguageModel
from govsim.models.embedding import RecordedEmbedder
from govsim.models.pool import Models
from govsim.scenarios import Prompts, Scenario
from govsim.society import Framework, Society, phases_named


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """A language model and the arguments it is opened with."""

    name: str
    args: dict[str, Scalar]

    def open(self, experiment: Experiment, models: Models) -> LanguageModel:
        """The model itself.

        Raises:
            ModelUnavailable: it cannot be used.
        """
        return models.language_model(self.name, self.args, experiment.models.sampling)


def model_of(experiment: Experiment, name: str) -> ModelChoice | None:
    """A member's language model; None for one that follows a policy."""
    if is_policy(experiment.agent_of(name)):
        return None
    member = experiment.member(name)
    return _choice(experiment, member.model, member.model_args)


def framework_model(experiment: Experiment) -> ModelChoice | None:
    """The framework's model: its own, else the default one, else the first member's; None where nobody can talk."""
    minds = [choice for name in experiment.society.members if (choice := model_of(experiment, name))]
    settings = experiment.society
    if len(minds) < 2 or not settings.communication or "discussion" not in settings.phases:
        return None
    models = experiment.models
    if models.framework is None and models.default is None:
        return ModelChoice(name=minds[0].name, args={**minds[0].args, **models.framework_args})
    return _choice(experiment, models.framework, models.framework_args)


def _choice(experiment: Experiment, named: str | None, own: dict[str, Scalar]) -> ModelChoice:
    """A model with its own arguments, on top of the default model's where it is that one."""
    models = experiment.models
    name = named or models.default
    if name is None:
        raise ConfigError("models.default is missing, and a member has no model of its own")
    return ModelChoice(name=name, args={**(models.args if name == models.default else {}), **own})


def models_needed(experiment: Experiment) -> Iterator[ModelChoice]:
    """Every language model that an experiment asks; some more than once."""
    for choice in (*(model_of(experiment, name) for name in experiment.society.members), framework_model(experiment)):
        if choice is not None:
            yield choice


def open_models(experiment: Experiment, models: Models) -> None:
    """Open every model that an experiment needs, so that what is missing is known before anything is written.

    Raises:
        ModelUnavailable: one of them cannot be used.
    """
    for choice in models_needed(experiment):
        choice.open(experiment, models)
    if _needs_embedder(experiment):
        models.embedder(experiment)


def build_society(
    experiment: Experiment,
    scenario: Scenario,
    recorder: Recorder,
    models: Models,
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
    prompts = Prompts(scenario, experiment.world, experiment.society.rules)
    found = models.embedder(experiment) if _needs_embedder(experiment) else None
    embedder = None if found is None else RecordedEmbedder(found, recorder)

    def agent(name: str) -> Agent:
        choice = model_of(experiment, name)
        if choice is None:
            return make_policy_agent(name, experiment)
        mind = Mind(
            name=name,
            persona=experiment.member(name).persona,
            model=choice.open(experiment, models),
            prompts=prompts,
            asker=asker,
            recorder=recorder,
        )
        return make_minded_agent(mind, experiment, embedder)

    framework: Framework | None = None
    if (writer := framework_model(experiment)) is not None:
        rates_talks = experiment.society.cognition == "merged"
        framework = Framework(writer.open(experiment, models), prompts, asker, rates_talks=rates_talks)
    return Society(
        experiment,
        agents={name: agent(name) for name in experiment.society.members},
        framework=framework,
        prompts=prompts,
        recorder=recorder,
        phases=phases_named(experiment.society.phases),
        ends_early=reading_rule > FIRST_READING_RULE,
    )


def _needs_embedder(experiment: Experiment) -> bool:
    generative = any(experiment.agent_of(name) == "generative" for name in experiment.society.members)
    return generative and experiment.agents.generative.relevance != "lexical"
