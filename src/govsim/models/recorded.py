"""Answers that a journal holds: what was read from them is recorded with them, and never read again."""

from __future__ import annotations

from govsim.config import Replies
from govsim.errors import ContextTooLong, JournalMismatch, Unparsable
from govsim.journal import TOO_LONG, Call, place_of
from govsim.models.fields import Field, Value, flaw_of_values
from govsim.models.question import Reply
from govsim.models.reply_format import parse_reply
from govsim.models.structured import parse_object


def read_reply(text: str, stop_reason: str, fields: tuple[Field, ...], replies: Replies = "text") -> Reply:
    """Read a reply that has just been received.

    Args:
        text: the reply.
        stop_reason: why it ended.
        fields: what it is to contain.
        replies: the form that was asked for; a reply in the other one is refused.
    """
    if stop_reason == "content_filter":
        return Reply(values={}, invalid="The reply was withheld by a content filter.")
    is_cut_off = stop_reason in ("max_tokens", "model_length")
    parse = parse_object if replies == "structured" else parse_reply
    try:
        return Reply(values=parse(text, fields, is_cut_off=is_cut_off))
    except Unparsable as error:
        cut = " It was cut off because it was too long." if is_cut_off else ""
        values: dict[str, Value] = error.partial
        return Reply(values=values, invalid=error.reason + cut)


def recorded_reply(call: Call, fields: tuple[Field, ...]) -> Reply:
    """The values or the refusal that a call records.

    Raises:
        ContextTooLong: the call records that its prompt was too long.
        JournalMismatch: the recorded values are no answer to the question, or there are none.
    """
    _check_room(call)
    if call.values is None:
        raise JournalMismatch(f"{place_of(call)}: does not record the values that were read")
    if (problem := flaw_of_values(call.values, fields, is_whole=call.refused is None)) is not None:
        raise JournalMismatch(f"{place_of(call)}: values: {problem}")
    return Reply(values=dict(call.values), invalid=call.refused)


def read_again(call: Call, fields: tuple[Field, ...], replies: Replies = "text") -> Reply:
    """Read a reply whose values were not recorded by the rule of today; a refusal was always recorded, and is kept.

    Raises:
        ContextTooLong: the call records that its prompt was too long.
        JournalMismatch: the reply was accepted when it was received, and cannot be read today.
    """
    _check_room(call)
    reply = read_reply(call.reply, call.stop_reason, fields, replies)
    if call.refused is None and reply.invalid is not None:
        raise JournalMismatch(f"{place_of(call)}: was accepted, and is refused by the rule of today: {reply.invalid}")
    # What could be read of a reply that was refused then and can be read now is unknown.
    values = {} if call.refused is not None and reply.invalid is None else reply.values
    return Reply(values=values, invalid=call.refused)


def _check_room(call: Call) -> None:
    if call.stop_reason == TOO_LONG:
        raise ContextTooLong(f"model {call.model}: the prompt is longer than its context")
