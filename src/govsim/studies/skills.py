"""Planning of sub-skill tests, which measure the abilities needed to sustain a commons, in a scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from govsim.agents import make_question
from govsim.characters import enumerated
from govsim.config import Experiment, Layer, ReplyFormat, experiment_from
from govsim.errors import ConfigError
from govsim.jobs.plan import check_secrets
from govsim.journal import STUDY_SUFFIX, Skills, Solution
from govsim.models.answers import ANY
from govsim.models.fields import NumberField
from govsim.models.local_weights import with_identified_models
from govsim.models.question import Occasion, Reply
from govsim.plugins import GOVSIM
from govsim.scenarios import FORMAT_TEMPLATES, Prompts, Scenario, load_scenario
from govsim.skills import SKILL_TESTS, Problem, SkillTest, problems
from govsim.studies.study import Item, StudyJob, study_label

MAX_PROBLEMS = 100_000
"""Maximum number of problems per test; all are generated before the first is asked."""

SKILLS_FOLDER = "skills"
"""Subfolder of the output folder for the journals of sub-skill tests."""

PHASE = "test"
"""The value of the field `phase` in journals of sub-skill tests."""

_ANSWER = "Answer"
_OF_THE_SCENARIO = ("stock", "question", "universalization", "system", "identity", "reask")


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillSettings:
    """Which models and scenarios to test, and how.

    Attributes:
        models: names of models.
        scenarios: names or folders of scenarios.
        tests: names of tests; empty for all built-in ones.
        problems: number of problems per test.
        out: the output folder.
        settings: keys of an experiment that differ from those of the scenario: of `world`, `society.members`,
            `society.rules`, `models` and `seed`.
        prompts: a folder of custom templates.
    """

    models: Sequence[str]
    scenarios: Sequence[str]
    tests: Sequence[str] = ()
    problems: int = 150
    out: Path = Path("runs")
    settings: Layer
    prompts: Path | None = None


def plan_skills(wanted: SkillSettings) -> list[StudyJob]:
    """Plan a study for each model and scenario.

    Raises:
        ConfigError: a setting is invalid; names it.
        ScenarioError: a scenario is invalid.
    """
    if not 1 <= wanted.problems <= MAX_PROBLEMS:
        raise ConfigError(f"problems = {wanted.problems}: must be from 1 to {MAX_PROBLEMS:,}")
    tests = [SKILL_TESTS.get(name, key="test") for name in dict.fromkeys(wanted.tests)] or _built_in_tests()
    loaded = [(reference, load_scenario(reference, wanted.prompts)) for reference in dict.fromkeys(wanted.scenarios)]
    plans = [
        _plan(wanted, tests, reference, scenario, model)
        for model in dict.fromkeys(wanted.models)
        for reference, scenario in loaded
    ]
    for path, count in Counter(plan.path for plan in plans).items():
        if count > 1:
            raise ConfigError(
                f"{path}: is the journal path of two studies, as their models or scenarios have the same name; "
                "test one at a time"
            )
    return plans


def _plan(
    wanted: SkillSettings, tests: Sequence[SkillTest], reference: str, scenario: Scenario, model: str
) -> StudyJob:
    default = experiment_from({"world": scenario.world}, {"scenario": scenario.name, "models": {"default": model}})
    experiment = with_identified_models(
        experiment_from(default.model_dump(exclude_unset=True), wanted.settings, {"models": {"default": model}})
    )
    if experiment.society.rules not in scenario.templates:
        raise ConfigError(f"society.rules = {experiment.society.rules}: scenario {scenario.name} has no such template")
    subject = _subject(experiment)
    replies = experiment.models.replies
    loaded = load_scenario(reference, wanted.prompts, replies=replies)
    complete = with_skill_templates(loaded, subject.rules, tests, replies)
    prompts = Prompts(complete, subject.world, subject.rules, replies, subject.example)
    items = (
        item_of(one, test, subject, prompts)
        for test in tests
        for one in problems(subject.world, subject.members, subject.seed, test, wanted.problems)
    )
    # Tests of plug-ins add templates, so the study differs from one with built-in tests only.
    is_own = (
        wanted.prompts is not None or reference != scenario.name or any(test not in _built_in_tests() for test in tests)
    )
    own = {"templates": complete.model_dump(mode="json")} if is_own else {}
    label = study_label(model, _relevant(default), _relevant(experiment), **own)
    path = wanted.out / SKILLS_FOLDER / scenario.name / label / f"seed-{subject.seed}{STUDY_SUFFIX}"
    study = StudyJob.of(path, subject, experiment.models, complete, items)
    check_secrets(study.header.model_dump(mode="json"))
    return study


def _built_in_tests() -> list[SkillTest]:
    """Return the tests that are used if none are named."""
    return [extension.value for extension in SKILL_TESTS if extension.origin == GOVSIM]


def _subject(experiment: Experiment) -> Skills:
    return Skills(
        world=experiment.world,
        members=experiment.society.members,
        rules=experiment.society.rules,
        example=experiment.society.example,
        seed=experiment.seed,
    )


def _relevant(experiment: Experiment) -> Layer:
    """Return the settings that a study's label depends on."""
    models = experiment.models.model_dump(mode="json")
    return {"models": models, **_subject(experiment).model_dump(mode="json", exclude={"seed"})}


def with_skill_templates(
    scenario: Scenario, rules: str, tests: Sequence[SkillTest], replies: ReplyFormat = "text"
) -> Scenario:
    """Return a scenario with only the templates used by the built-in sub-skill tests and some others.

    Args:
        scenario: the scenario.
        rules: name of the template with the rules.
        tests: the other tests.
        replies: the reply format.
    """
    kept = {name: scenario.templates[name] for name in (rules, FORMAT_TEMPLATES[replies], *_OF_THE_SCENARIO)}
    own = {test.template_name: test.template.read_text(encoding="utf-8") for test in [*_built_in_tests(), *tests]}
    return scenario.model_copy(update={"templates": {**kept, **dict(sorted(own.items()))}})


def item_of(problem: Problem, test: SkillTest, subject: Skills, prompts: Prompts) -> Item:
    """Build the question of one problem.

    The question is put to the first member, without memories. Its prompt contains the rules, the member's identity and
    the stock, as in a society.
    """
    name, *others = subject.members
    n = len(subject.members)
    question = make_question(
        prompts,
        purpose=problem.test,
        system=(prompts.render_cached("system", n=n, rules=prompts.rules(n), communication=False, transparency=False),),
        identity=prompts.render_cached("identity", name=name, others=enumerated(others), n=n, persona=""),
        template=test.template_name,
        # Bounds would reveal the answer; a decision has the same bounds as in a society.
        fields=(
            NumberField(
                tag=_ANSWER,
                low=0,
                high=problem.stock if test.is_decision else ANY,
                units=prompts.units,
                is_demand=test.is_decision,
            ),
        ),
        variables={
            **problem.variables,
            "n": n,
            "stock": problem.stock,
            "taken": problem.taken,
            "situation": prompts.render("stock", stock=problem.stock),
            "question": prompts.render("question", stock=problem.stock),
            "hint": prompts.render("universalization", threshold=problem.threshold) if test.has_hint else "",
        },
    )

    def solution(reply: Reply) -> Solution:
        answer = None if reply.invalid is not None else reply.number(_ANSWER)
        return Solution(
            purpose=problem.test,
            ordinal=problem.number,
            stock=problem.stock,
            taken=problem.taken,
            least=problem.least,
            most=problem.most,
            answer=answer,
            is_right=None if answer is None else problem.least <= answer <= problem.most,
            invalid=reply.invalid,
        )

    occasion = Occasion(month=0, phase=PHASE)
    return Item(question=question, occasion=occasion, member="", ordinal=problem.number, line=solution)
