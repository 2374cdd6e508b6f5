"""The questions of the sub-skill tests, in the words of a scenario."""

from __future__ import annotations

from functools import cache
from importlib import resources

from govsim.agents import make_question
from govsim.config import Replies
from govsim.journal import Skills, Solution, TestName
from govsim.models.answers import ANY
from govsim.models.question import Occasion, Reply
from govsim.models.reply_format import NumberField
from govsim.scenarios import FORMATS, Prompts, Scenario, enumeration
from govsim.studies.plan import Item
from govsim.studies.skills.problems import Problem

PHASE = "test"
"""Stands for the phase in a journal."""

_ANSWER = "Answer"
_OF_THE_SCENARIO = ("stock", "question", "universalization", "system", "identity", "reask")
_TEMPLATES: dict[TestName, str] = {
    "dynamics": "skill-dynamics",
    "sustainable_action": "skill-sustainable-action",
    "sustainable_action_universalization": "skill-sustainable-action",
    "threshold_assumption": "skill-threshold-assumption",
    "threshold_belief": "skill-threshold-belief",
}


@cache
def _own_templates() -> dict[str, str]:
    folder = resources.files("govsim.studies.skills") / "prompts"
    names = sorted(set(_TEMPLATES.values()))
    return {name: (folder / f"{name}.jinja").read_text(encoding="utf-8") for name in names}


def with_skill_templates(scenario: Scenario, rules: str, replies: Replies = "text") -> Scenario:
    """A scenario with the templates that the sub-skill tests use, and no others.

    Args:
        scenario: the words.
        rules: the template that tells its rules.
        replies: the form of replies.
    """
    kept = {name: scenario.templates[name] for name in (rules, FORMATS[replies], *_OF_THE_SCENARIO)}
    return scenario.model_copy(update={"templates": {**kept, **_own_templates()}})


def item_of(problem: Problem, subject: Skills, prompts: Prompts) -> Item:
    """What is asked in one problem.

    The first member is asked alone, without memories: what it is told is what every member of a society is told of the
    rules, of itself, and of the stock.
    """
    name, *others = subject.members
    n = len(subject.members)
    is_decision = problem.test.startswith("sustainable_action")
    has_hint = problem.test == "sustainable_action_universalization"
    question = make_question(
        prompts,
        purpose=problem.test,
        system=prompts.standing("system", n=n, rules=prompts.rules(n), communication=False, transparency=False),
        identity=prompts.standing("identity", name=name, others=enumeration(others), n=n, persona=""),
        template=_TEMPLATES[problem.test],
        # Bounds would give away what is asked for; a decision has those that it has in a society.
        fields=(NumberField(tag=_ANSWER, low=0, high=problem.stock if is_decision else ANY, units=prompts.units),),
        variables={
            "n": n,
            "stock": problem.stock,
            "taken": problem.taken,
            "situation": prompts.render("stock", stock=problem.stock),
            "question": prompts.render("question", stock=problem.stock),
            "hint": prompts.render("universalization", threshold=problem.threshold) if has_hint else "",
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
