"""A phase that asks every member for a field of each kind, to check whether agents can answer all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from pydantic import JsonValue

from govsim.agents import Answer, Request, View
from govsim.calendar import discussion_day
from govsim.concurrency import together
from govsim.journal import EVENTS, Event, Whole
from govsim.models.fields import ChoiceField, Field, NumberField, TextField, Value
from govsim.society import PHASES, Phase, Society
from govsim.testing.conformance import require

PURPOSE = "survey"

FIELDS: tuple[Field, ...] = (
    NumberField(tag="Count", low=0, high=20),
    NumberField(tag="Wish", low=0, high=50, may_be_none=True),
    NumberField(tag="Guess", low=1, high=9, is_optional=True),
    ChoiceField(tag="Choice", options=("left", "right")),
    TextField(tag="Reason", what="one sentence"),
    TextField(tag="Remark", what="anything else", is_optional=True),
)
"""A field of each kind."""

DEFAULTS: dict[str, Value] = {"Count": 0, "Choice": "left"}


class Surveyed(Event):
    """One member's answer to a survey."""

    kind: Literal["conformance-survey"] = "conformance-survey"
    month: Whole
    phase: str
    member: str
    values: dict[str, JsonValue]
    invalid: str | None


class Survey(Phase):
    """Asks every member for a field of each kind."""

    name = "conformance-survey"
    templates = {"survey": {"name": "John", "date": "2024-01-30"}}

    async def run(self, society: Society) -> None:
        """Ask all agents that answer surveys, and record the answers."""
        view = society.view(self, discussion_day(society.state.month).isoformat())
        agents = society.answering(PURPOSE)
        answers: list[Answer] = await together(society.ask_one(agent, _request(agent.name, view)) for agent in agents)
        for agent, answer in zip(agents, answers, strict=True):
            society.recorder.note(
                Surveyed(
                    month=view.month,
                    phase=self.name,
                    member=agent.name,
                    values=dict(answer.values),
                    invalid=answer.invalid,
                )
            )


def _request(name: str, view: View) -> Request:
    return Request(
        purpose=PURPOSE,
        template="survey",
        fields=FIELDS,
        view=view,
        variables={"name": name, "date": view.date},
        otherwise=DEFAULTS,
    )


@contextmanager
def survey_month() -> Iterator[list[str]]:
    """Register the survey temporarily, and return the phases of a month with it."""
    with PHASES.temporary(Survey), EVENTS.temporary(Surveyed):
        yield ["harvest", "report", "discussion", Survey.name, "reflection"]


def check_survey(what: str, answers: Iterable[Surveyed], *, is_asked: bool) -> None:
    """Check the answers of members.

    Args:
        what: the agent, as in `agent direct`.
        answers: the answers of all members.
        is_asked: whether the agent declares that it answers such requests.

    Raises:
        ConformanceError: an answer is missing or not allowed.
    """
    found = list(answers)
    require(bool(found) == is_asked, f"{what}: answers({PURPOSE}) is {is_asked}, but it gave {len(found)} answers")
    for one in found:
        require(
            one.invalid is None or one.values == DEFAULTS,
            f"{what}: {one.member} could not answer and returns {one.values}; must return the defaults of "
            f"request.answer, {DEFAULTS}",
        )
