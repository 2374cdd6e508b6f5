"""A sub-skill test: determine the result of a poll."""

from __future__ import annotations

from importlib import resources

from govsim.skills import CorrectAnswer, Situation, SkillTest


def median_of_five(situation: Situation) -> CorrectAnswer:
    """Draw five proposals, each up to an equal share of twice the stock; their median is the correct answer."""
    most = max(1, 2 * situation.state.stock // len(situation.state.members))
    proposals = situation.rng.integers(0, most + 1, size=5).tolist()
    median = sorted(proposals)[2]
    return CorrectAnswer(least=median, most=median, variables={"proposals": ", ".join(map(str, proposals))})


MEDIAN = SkillTest(
    name="median",
    title="result of a poll",
    template=resources.files("govsim_example") / "skill-median.jinja",
    answer=median_of_five,
)
