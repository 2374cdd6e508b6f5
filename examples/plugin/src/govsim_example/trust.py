"""A question to judges of discussions, and the study event for an answer."""

from __future__ import annotations

from importlib import resources
from typing import Literal

from govsim.journal import StudyAnswer, Whole
from govsim.models import YES_NO, ChoiceField, Reply
from govsim.studies.dialogue import Judged, JudgeQuestion

_FOLDER = resources.files("govsim_example")


class Trust(StudyAnswer):
    """Whether a member trusts the others, as judged from what it said."""

    kind: Literal["trust"] = "trust"
    month: Whole
    """The month of the discussion."""
    member: str
    """The member that spoke."""
    trusts: bool | None
    """Whether it trusts the others; null if the judge's reply could not be parsed."""
    invalid: str | None = None
    """Why the judge's reply could not be parsed; null if it could."""


def line(judged: Judged, reply: Reply) -> Trust:
    """Convert an answer to a study event."""
    trusts = None if reply.invalid else reply.text("Trust") == "yes"
    return Trust(month=judged.month, member=judged.member, trusts=trusts, invalid=reply.invalid)


TRUST = JudgeQuestion(
    name="trust",
    title="whether each member that spoke trusts the others",
    purpose="trust",
    about="speaker",
    instruction=_FOLDER / "judge-trusts.jinja",
    template=_FOLDER / "judge-trust.jinja",
    fields=lambda judged, prompts: (ChoiceField(tag="Trust", options=YES_NO),),
    line=line,
)
