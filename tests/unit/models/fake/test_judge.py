"""The fake judge gives an allowed answer to any question, including unknown ones."""

from __future__ import annotations

from govsim.models.fake.judge import judge
from govsim.models.fields import YES_NO, ChoiceField
from govsim.models.reply_format import format_lines, parse_reply


def test_an_unknown_question_gets_a_readable_answer() -> None:
    fields = (ChoiceField(tag="Trust", options=YES_NO),)
    reply = judge([("user", f"Does Kate trust the others?\n\n{format_lines(fields)}")])
    assert parse_reply(reply, fields)["Trust"] in YES_NO
