"""The sub-skill tests: what a model can do that sustaining a commons takes, in the words of a scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from govsim.agents import make_question
from govsim.config import Experiment, Layer, Replies, experiment_from
from govsim.errors import ConfigError
from govsim.jobs.plan import check_secrets
from govsim.journal import STUDY_SUFFIX, Skills, Solution
from govsim.models.answers import ANY
from govsim.models.fields import NumberField
from govsim.models.local_weights import identified
from govsim.models.question import Occasion, Reply
from govsim.plugins import GOVSIM
from govsim.scenarios import FORMATS, Prompts, Scenario, enumeration, load_scenario
from govsim.skills import SKILL_TESTS, Problem, SkillTest, problems
from govsim.studies.study import Item, StudyJob, study_label

MOST_PROBLEMS = 100_000
"""The most problems of one test: all of them are generated before the first is asked."""

FOLDER = "skills"
"""Where the journals of sub-skill tests lie below the output folder."""

PHASE = "test"
"""Stands for the phase in a journal."""

_ANSWER = "Answer"
_OF_THE_SCENARIO = ("stock", "question", "universalization", "system", "identity", "reask")


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
    is_own = wanted.prompts is not None or reference != scenario.name or any(test not in _of_govsim() for test in tests)
    own = {"templates": complete.model_dump(mode="json")} if is_own else {}
    label = study_label(model, _relevant(usual), _relevant(experiment), **own)
    path = wanted.out / FOLDER / scenario.name / label / f"seed-{subject.seed}{STUDY_SUFFIX}"
    study = StudyJob.of(path, subject, experiment.models, complete, items)
    check_secrets(study.header.model_dump(mode="json"))
    return study


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


def _relevant(experiment: Experiment) -> Layer:
    """The settings that a study's label follows from."""
    models = experiment.models.model_dump(mode="json")
    return {"models": models, **_subject(experiment).model_dump(mode="json", exclude={"seed"})}


def with_skill_templates(
    scenario: Scenario, rules: str, tests: Sequence[SkillTest], replies: Replies = "text"
) -> Scenario:
    """A scenario with the templates that the sub-skill tests of govsim and some others use, and no more.

    Args:
        scenario: the words.
        rules: the template that tells its rules.
        tests: the others.
        replies: the form of replies.
    """
    kept = {name: scenario.templates[name] for name in (rules, FORMATS[replies], *_OF_THE_SCENARIO)}
    own = {test.template_name: test.template.read_text(encoding="utf-8") for test in [*_of_govsim(), *tests]}
    return scenario.model_copy(update={"templates": {**kept, **dict(sorted(own.items()))}})


def item_of(problem: Problem, test: SkillTest, subject: Skills, prompts: Prompts) -> Item:
    """What is asked in one problem.

    The first member is asked alone, without memories: what it is told is what every member of a society is told of the
    rules, of itself, and of the stock.
    """
    name, *others = subject.members
    n = len(subject.members)
    question = make_question(
        prompts,
        purpose=problem.test,
        standing=(prompts.standing("system", n=n, rules=prompts.rules(n), communication=False, transparency=False),),
        identity=prompts.standing("identity", name=name, others=enumeration(others), n=n, persona=""),
        template=test.template_name,
        # Bounds would give away what is asked for; a decision has those that it has in a society.
        fields=(NumberField(tag=_ANSWER, low=0, high=problem.stock if test.is_decision else ANY, units=prompts.units),),
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
