"""The sub-skill tests of Piatti et al. 2024, section 2.5."""

from __future__ import annotations

from importlib import resources

from govsim.skills.problems import SKILL_TESTS, CorrectAnswer, Situation, SkillTest

PLAIN = "sustainable_action"
HINTED = "sustainable_action_universalization"

_FOLDER = resources.files("govsim.skills") / "prompts"


def _dynamics(situation: Situation) -> CorrectAnswer:
    """The stock at the start of the next month, given the harvest of each member."""
    state = situation.state
    after = state.grown(state.stock - len(state.members) * situation.taken)
    return CorrectAnswer(least=after, most=after, taken=situation.taken)


def _sustainable(situation: Situation) -> CorrectAnswer:
    """Any amount from one unit to the per-member threshold."""
    return CorrectAnswer(least=1, most=situation.threshold)


def _threshold(situation: Situation) -> CorrectAnswer:
    """The per-member threshold."""
    return CorrectAnswer(least=situation.threshold, most=situation.threshold)


SKILL_TESTS.register(
    SkillTest(name="dynamics", title="dynamics", template=_FOLDER / "skill-dynamics.jinja", answer=_dynamics)
)
SKILL_TESTS.register(
    SkillTest(
        name=PLAIN,
        title="sustainable action",
        template=_FOLDER / "skill-sustainable-action.jinja",
        answer=_sustainable,
        is_decision=True,
    )
)
SKILL_TESTS.register(
    SkillTest(
        name=HINTED,
        title="… with universalization",
        template=_FOLDER / "skill-sustainable-action.jinja",
        answer=_sustainable,
        is_decision=True,
        has_hint=True,
    )
)
SKILL_TESTS.register(
    SkillTest(
        name="threshold_assumption",
        title="threshold, equal harvest assumed",
        template=_FOLDER / "skill-threshold-assumption.jinja",
        answer=_threshold,
    )
)
SKILL_TESTS.register(
    SkillTest(
        name="threshold_belief",
        title="threshold, by own belief",
        template=_FOLDER / "skill-threshold-belief.jinja",
        answer=_threshold,
    )
)
