"""Recorded answers: the parsed values are recorded with a reply, which is not parsed again."""

from __future__ import annotations

from govsim.config import ReplyFormat
from govsim.errors import ContextTooLong, JournalMismatch, Unparsable
from govsim.journal import TOO_LONG, Call, place_of
from govsim.models.fields import Field, Value, flaw_of_values
from govsim.models.question import Reply
from govsim.models.reply_format import parse_reply
from govsim.models.structured import parse_object


def read_reply(text: str, stop_reason: str, fields: tuple[Field, ...], replies: ReplyFormat = "text") -> Reply:
    """Parse a newly received reply.

    Args:
        text: the reply.
        stop_reason: why it ended.
        fields: the fields that it must contain.
        replies: the requested format; a reply in another format is rejected.
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
    """Return the values, or the reason for rejection, that a call records.

    Raises:
        ContextTooLong: the call records that its prompt was too long.
        JournalMismatch: the recorded values are missing, or not a valid answer to the question.
    """
    _check_length(call)
    if call.values is None:
        raise JournalMismatch(f"{place_of(call)}: the call does not record the values of the reply")
    if (problem := flaw_of_values(call.values, fields, is_whole=call.refused is None)) is not None:
        raise JournalMismatch(f"{place_of(call)}: values: {problem}")
    return Reply(values=dict(call.values), invalid=call.refused)


def read_again(call: Call, fields: tuple[Field, ...], replies: ReplyFormat = "text") -> Reply:
    """Parse a reply without recorded values by the current rules; a recorded rejection is kept.

    Raises:
        ContextTooLong: the call records that its prompt was too long.
        JournalMismatch: the reply was accepted when it was received, but is rejected by the current rules.
    """
    _check_length(call)
    reply = read_reply(call.reply, call.stop_reason, fields, replies)
    if call.refused is None and reply.invalid is not None:
        raise JournalMismatch(
            f"{place_of(call)}: the reply was accepted, but is rejected by the current rules: {reply.invalid}"
        )
    # The partial values of a reply that was rejected then but is valid now are unknown.
    values = {} if call.refused is not None and reply.invalid is None else reply.values
    return Reply(values=values, invalid=call.refused)


def _check_length(call: Call) -> None:
    if call.stop_reason == TOO_LONG:
        raise ContextTooLong(f"model {call.model}: the prompt is longer than its context")
