"""A phase that asks every member for a field of each kind, to find out whether agents can answer all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from pydantic import JsonValue

from govsim.agents import Answer, Request, View
from govsim.calendar import talk_day
from govsim.concurrency import together
from govsim.journal import EVENTS, Event, Whole
from govsim.models.fields import ChoiceField, Field, NumberField, TextField, Value
from govsim.society import PHASES, Phase, Society
from govsim.testing.checking import require

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

OTHERWISE: dict[str, Value] = {"Count": 0, "Choice": "left"}


class Surveyed(Event):
    """What one member answered in a survey."""

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
        """Ask everyone that answers, and record the answers."""
        view = society.view(self, talk_day(society.state.month).isoformat())
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
        otherwise=OTHERWISE,
    )


@contextmanager
def surveying() -> Iterator[list[str]]:
    """Phases of a month with a survey in it, which can be run meanwhile."""
    with PHASES.lent(Survey), EVENTS.lent(Surveyed):
        yield ["harvest", "report", "discussion", Survey.name, "reflection"]


def check_survey(what: str, answers: Iterable[Surveyed], *, is_asked: bool) -> None:
    """Check what members answered.

    Args:
        what: the agent, as in `agent direct`.
        answers: of every member.
        is_asked: whether the agent says that it answers such requests.

    Raises:
        ConformanceError: an answer is none.
    """
    found = list(answers)
    require(bool(found) == is_asked, f"{what}: says that it answers {PURPOSE} and gave {len(found)} answers")
    for one in found:
        require(
            one.invalid is None or one.values == OTHERWISE,
            f"{what}: {one.member} could not answer and gives {one.values}; expected is what request.answer gives "
            f"then, {OTHERWISE}",
        )
