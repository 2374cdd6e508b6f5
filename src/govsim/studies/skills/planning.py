"""From models and scenarios to the studies of the sub-skill tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govsim.config import Experiment, Layer, Models, experiment_from, flattened
from govsim.errors import ConfigError
from govsim.jobs.plan import check_secrets, labelled, slug
from govsim.journal import STUDY_SUFFIX, Skills
from govsim.models.local_weights import identified
from govsim.plugins import GOVSIM
from govsim.scenarios import Prompts, Scenario, load_scenario
from govsim.skills import SKILL_TESTS, SkillTest, problems
from govsim.studies.skills.questions import item_of, with_skill_templates
from govsim.studies.study import StudyJob, study_of

MOST_PROBLEMS = 100_000
"""The most problems of one test: all of them are generated before the first is asked."""

FOLDER = "skills"
"""Where the journals of sub-skill tests lie below the output folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillSettings:
    """What is tested, and how.

    Attributes:
        models: who is asked, by name.
        scenarios: the words, by name or folder.
        tests: names of tests; those of govsim when empty.
        problems: problems of each test.
        out: the output folder.
        settings: keys of an experiment that differ from the scenario's: of `world`, `society.members`,
            `society.rules`, `models` and `seed`.
        prompts: a folder of one's own templates.
    """

    models: Sequence[str]
    scenarios: Sequence[str]
    tests: Sequence[str] = ()
    problems: int = 150
    out: Path = Path("runs")
    settings: Layer
    prompts: Path | None = None


def plan_skills(wanted: SkillSettings) -> list[StudyJob]:
    """A study for each model and scenario.

    Raises:
        ConfigError: a setting cannot be used; names it.
        ScenarioError: a scenario cannot be used.
    """
    if not 1 <= wanted.problems <= MOST_PROBLEMS:
        raise ConfigError(f"problems = {wanted.problems}: must be from 1 to {MOST_PROBLEMS:,}")
    tests = [SKILL_TESTS.get(name, key="test") for name in dict.fromkeys(wanted.tests)] or _of_govsim()
    loaded = [(reference, load_scenario(reference, wanted.prompts)) for reference in dict.fromkeys(wanted.scenarios)]
    plans = [
        _plan(wanted, tests, reference, scenario, model)
        for model in dict.fromkeys(wanted.models)
        for reference, scenario in loaded
    ]
    for path, count in Counter(plan.path for plan in plans).items():
        if count > 1:
            raise ConfigError(f"{path}: two studies lead there, as their models or scenarios share a name; test one")
    return plans


def _plan(
    wanted: SkillSettings, tests: Sequence[SkillTest], reference: str, scenario: Scenario, model: str
) -> StudyJob:
    usual = experiment_from({"world": scenario.world}, {"scenario": scenario.name, "models": {"default": model}})
    experiment = identified(
        experiment_from(usual.model_dump(exclude_unset=True), wanted.settings, {"models": {"default": model}})
    )
    if experiment.society.rules not in scenario.templates:
        raise ConfigError(f"society.rules = {experiment.society.rules}: scenario {scenario.name} has no such template")
    subject = _subject(experiment)
    replies = experiment.models.replies
    worded = load_scenario(reference, wanted.prompts, replies=replies)
    complete = with_skill_templates(worded, subject.rules, tests, replies)
    prompts = Prompts(complete, subject.world, subject.rules, replies)
    items = (
        item_of(one, test, subject, prompts)
        for test in tests
        for one in problems(subject.world, subject.members, subject.seed, test, wanted.problems)
    )
    # A plug-in's test has a template of its own: the study is another one, beside that of govsim's tests alone.
    own = wanted.prompts is not None or reference != scenario.name or any(test not in _of_govsim() for test in tests)
    header = study_of(subject, experiment.models, complete)
    check_secrets(header.model_dump(mode="json"))
    return StudyJob(
        path=wanted.out
        / FOLDER
        / scenario.name
        / _label(experiment, usual, complete if own else None)
        / _name(subject),
        header=header,
        items=tuple(items),
    )


def _of_govsim() -> list[SkillTest]:
    """The tests that are asked where none are named."""
    return [extension.value for extension in SKILL_TESTS if extension.origin == GOVSIM]


def _subject(experiment: Experiment) -> Skills:
    return Skills(
        world=experiment.world,
        members=experiment.society.members,
        rules=experiment.society.rules,
        seed=experiment.seed,
    )


def _name(subject: Skills) -> str:
    return f"seed-{subject.seed}{STUDY_SUFFIX}"


def _label(experiment: Experiment, usual: Experiment, own_scenario: Scenario | None) -> str:
    """The model, and a short hash of what else sets the study apart."""
    before, after = (dict(flattened(_relevant(one.models, _subject(one)))) for one in (usual, experiment))
    settings = {key: value for key, value in after.items() if before.get(key) != value}
    if own_scenario is not None:
        settings["templates"] = own_scenario.model_dump(mode="json")
    return labelled(slug(str(experiment.models.default)), settings)


def _relevant(models: Models, subject: Skills) -> dict[str, Any]:
    return {"models": models.model_dump(mode="json"), **subject.model_dump(mode="json", exclude={"seed"})}
