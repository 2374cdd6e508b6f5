"""The questions of the sub-skill tests, in the words of a scenario."""

from __future__ import annotations

from collections.abc import Sequence

from govsim.agents import make_question
from govsim.config import Replies
from govsim.journal import Skills, Solution
from govsim.models.answers import ANY
from govsim.models.fields import NumberField
from govsim.models.question import Occasion, Reply
from govsim.plugins import GOVSIM
from govsim.scenarios import FORMATS, Prompts, Scenario, enumeration
from govsim.skills import SKILL_TESTS, Problem, SkillTest
from govsim.studies.study import Item

PHASE = "test"
"""Stands for the phase in a journal."""

_ANSWER = "Answer"
_OF_THE_SCENARIO = ("stock", "question", "universalization", "system", "identity", "reask")


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
    used = [*(extension.value for extension in SKILL_TESTS if extension.origin == GOVSIM), *tests]
    own = {test.template_name: test.template.read_text(encoding="utf-8") for test in used}
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
