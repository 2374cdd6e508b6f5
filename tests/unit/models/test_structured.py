"""The JSON object that a question asks for, its schema, and the parsing of such replies."""

from __future__ import annotations

import json
import time
from typing import Any

import jsonschema
import pytest

from govsim.errors import Unparsable
from govsim.models.answers import ANY
from govsim.models.fields import ChoiceField, Field, NumberField, TextField, Value
from govsim.models.reply_format import EMPTY, LONGEST_TEXT, parse_reply
from govsim.models.structured import (
    REASONING,
    fields_of,
    form_of,
    format_object,
    parse_object,
    read_object_format,
    schema_of,
    write_object,
)
from tests.unit.models.test_reply_format import ANSWER, END, INSIGHTS, LIMIT, LINE, NEXT, SAY

BOTH = NumberField(tag="Fine", low=0, high=50, may_be_none=True, is_optional=True)


def refusal(reply: str, *fields: Field, is_cut_off: bool = False) -> Unparsable:
    with pytest.raises(Unparsable, match=r"\S") as refused:
        parse_object(reply, fields, is_cut_off=is_cut_off)
    return refused.value


def test_the_requested_object_shows_each_key_with_its_blank() -> None:
    assert format_object((ANSWER, LIMIT, *LINE, *INSIGHTS[2:])).splitlines() == [
        "{",
        '  "Reasoning": "<what you think before you answer; may be empty>",',
        '  "Answer": <a whole number from 0 to 100>,',
        '  "Limit": <a whole number from 0 to 100, or none>,',
        '  "Say": "<what you say to the others>",',
        '  "End": "<one of: yes, no>",',
        '  "Next": "<one of: John, Kate, John Smith>",',
        '  "Insight_2": "<one sentence; may be left out>",',
        '  "Rating_2": <a whole number from 1 to 10; may be left out>',
        "}",
    ]


def test_the_fields_are_read_from_the_object_at_the_end() -> None:
    prompt = f'Think.\n{{\n  "Say": "<an earlier blank>"\n}}\n\nReply with this:\n{format_object((SAY, END))}\n\n'
    assert read_object_format(prompt) == (SAY, END)
    assert read_object_format(f"{format_object((ANSWER,))}\nThank you.") == ()
    for other in ("", "}", "{\n}", '{\n  "Answer": 10\n}', '  "Answer": <a whole number>\n}', '"Say": "<x>"'):
        assert read_object_format(other) == ()


PROPERTIES: dict[str, tuple[Field, dict[str, Any]]] = {
    "a number": (ANSWER, {"type": "integer", "minimum": 0, "maximum": 100}),
    "a number without bounds": (NumberField(tag="A", low=0, high=ANY), {"type": "integer"}),
    "a number or none": (LIMIT, {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 100}, {"type": "null"}]}),
    "a number that may be left out": (
        INSIGHTS[3],
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 10}, {"type": "null"}]},
    ),
    "a number or none that may be left out": (
        BOTH,
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 50},
                {"type": "string", "enum": ["none"]},
                {"type": "null"},
            ]
        },
    ),
    "a choice": (END, {"type": "string", "enum": ["yes", "no"]}),
    "a choice that may be pointless": (
        NEXT,
        {"anyOf": [{"type": "string", "enum": ["John", "Kate", "John Smith"]}, {"type": "null"}]},
    ),
    "a text": (SAY, {"type": "string"}),
    "a text that may be left out": (INSIGHTS[2], {"anyOf": [{"type": "string"}, {"type": "null"}]}),
}


@pytest.mark.parametrize(("field", "expected"), PROPERTIES.values(), ids=PROPERTIES)
def test_a_schema_describes_each_field_like_a_prompt(field: Field, expected: dict[str, Any]) -> None:
    found = dict(schema_of((field,))["properties"][field.tag.replace(" ", "_")])
    assert found.pop("description") == field.blank
    assert found == expected


def test_a_schema_uses_only_features_of_strict_providers() -> None:
    """All keys are required, no others allowed; no spaces in keys, no alternatives at the root, no lists of types."""
    schema = schema_of((*LINE, *INSIGHTS, BOTH))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(schema["properties"]) == [
        *("Reasoning", "Say", "End", "Next", "Insight_1", "Rating_1", "Insight_2", "Rating_2", "Fine")
    ]
    assert schema["required"] == list(schema["properties"])
    assert schema["additionalProperties"] is False
    assert "anyOf" not in schema
    assert not any(isinstance(part.get("type"), list) for part in schema["properties"].values())


def test_the_fields_are_read_back_from_a_schema() -> None:
    assert fields_of(schema_of((*LINE[:2], *INSIGHTS, LIMIT, BOTH))) == (*LINE[:2], *INSIGHTS, LIMIT, BOTH)
    assert fields_of({"type": "object"}) == ()


def test_a_field_named_reasoning_replaces_the_reasoning_key() -> None:
    own = TextField(tag=REASONING, what="why you vote like this")
    assert list(schema_of((own, ANSWER))["properties"]) == [REASONING, "Answer"]
    assert read_object_format(format_object((own, ANSWER))) == (own, ANSWER)
    assert parse_object('{"Reasoning": "So.", "Answer": 3}', (own, ANSWER)) == {"Reasoning": "So.", "Answer": 3}
    assert refusal('{"Answer": 3}', own, ANSWER).reason == 'The key "Reasoning" is missing.'


READ: dict[str, tuple[str, tuple[Field, ...], dict[str, Value]]] = {
    "whole": ('{"Reasoning": "Hm.", "Answer": 10}', (ANSWER,), {"Answer": 10}),
    "without reasoning": ('{"Answer": 10}', (ANSWER,), {"Answer": 10}),
    "reasoning of any kind": ('{"Reasoning": ["a", {"b": null}], "Answer": 10}', (ANSWER,), {"Answer": 10}),
    "a number as a string": ('{"Answer": "10"}', (ANSWER,), {"Answer": 10}),
    "with its unit": ('{"Answer": "10 units"}', (ANSWER,), {"Answer": 10}),
    "a decimal": ('{"Answer": 10.0}', (ANSWER,), {"Answer": 10}),
    "keys in any order": (
        '{"Next": "Kate", "End": "no", "Say": "Hi."}',
        LINE,
        {"Say": "Hi.", "End": "no", "Next": "Kate"},
    ),
    "keys in other letters": ('{"insight 1": "Less.", "RATING-1": 7}', INSIGHTS, {"Insight 1": "Less.", "Rating 1": 7}),
    "options in other letters": ('{"End": "YES."}', (END,), {"End": "yes"}),
    "none as null": ('{"Limit": null}', (LIMIT,), {"Limit": None}),
    "none in words": ('{"Limit": "none"}', (LIMIT,), {"Limit": None}),
    "left out as null": (
        '{"Insight_1": "Less.", "Rating_1": 7, "Insight_2": null, "Rating_2": null}',
        INSIGHTS,
        {"Insight 1": "Less.", "Rating 1": 7},
    ),
    "left out or none": ('{"Fine": null}', (BOTH,), {}),
    "none and not left out": ('{"Fine": "none"}', (BOTH,), {"Fine": None}),
    "pointless as null": ('{"Say": "Bye.", "End": "yes", "Next": null}', LINE, {"Say": "Bye.", "End": "yes"}),
    "pointless and missing": ('{"Say": "Bye.", "End": "yes"}', LINE, {"Say": "Bye.", "End": "yes"}),
    "pointless and odd": ('{"Say": "Bye.", "End": "yes", "Next": ["?"]}', LINE, {"Say": "Bye.", "End": "yes"}),
    "in a fence": ('```json\n{"Answer": 10}\n```', (ANSWER,), {"Answer": 10}),
    "in a fence without a language": ('```\n{"Answer": 10}\n```\n', (ANSWER,), {"Answer": 10}),
    "behind words": ('I take a tenth.\n\n```json\n{"Answer": 10}\n```', (ANSWER,), {"Answer": 10}),
    "behind thinking": ('<think>{"Answer": 99}</think>{"Answer": 10}', (ANSWER,), {"Answer": 10}),
    "in the final channel": (
        '<|channel|>analysis<|message|>{"Answer": 9}<|end|><|start|>assistant<|channel|>final<|message|>{"Answer": 10}',
        (ANSWER,),
        {"Answer": 10},
    ),
    "before special tokens": ('{"Answer": 10}<|im_end|>', (ANSWER,), {"Answer": 10}),
    "with line breaks in a text": ('{"Say": "One.\nTwo."}', (SAY,), {"Say": "One.\nTwo."}),
    "with escapes": ('{"Say": "\\u00c4rger \\ud83d\\udc1f \\"so\\""}', (SAY,), {"Say": 'Ärger 🐟 "so"'}),
    "with half a character": ('{"Say": "half \\ud83d"}', (SAY,), {"Say": "half \ufffd"}),
    "with what shows nothing": ('{"Say": "a\\u0000\\u200bb"}', (SAY,), {"Say": "ab"}),
    "with hidden special tokens": ('{"Say": "Ten.\\u003c|im_end|\\u003e"}', (SAY,), {"Say": "Ten."}),
    "a number for a choice of numbers": ('{"Line": 3}', (ChoiceField(tag="Line", options=("1", "3")),), {"Line": "3"}),
}


@pytest.mark.parametrize(("reply", "fields", "values"), READ.values(), ids=READ)
def test_clear_replies_are_parsed(reply: str, fields: tuple[Field, ...], values: dict[str, Value]) -> None:
    assert parse_object(reply, fields) == values


REFUSED: dict[str, tuple[str, tuple[Field, ...], str]] = {
    "nothing": ("", (ANSWER,), EMPTY),
    "only thinking": ('<think>{"Answer": 3}</think>', (ANSWER,), EMPTY),
    "lines": ("Answer: 10", (ANSWER,), 'The reply holds no JSON object; reply with one, with the keys "Answer".'),
    "a bare number": ("10", (ANSWER,), "holds no JSON object"),
    "a list": ('[{"Answer": 10}]', (ANSWER,), "There is something after the JSON object"),
    "two objects": ('{"Answer": 10} {"Answer": 20}', (ANSWER,), "There is something after the JSON object"),
    "words behind": ('{"Answer": 10}\nI hope this helps.', (ANSWER,), "There is something after the JSON object"),
    "a fence that only ends": ('{"Answer": 10}\n```', (ANSWER,), "There is something after the JSON object"),
    "an object among words": ('Take {10}: {"Answer": 10}', (ANSWER,), "no valid JSON in line 1, character 7"),
    "single quotation marks": ("{'Answer': 10}", (ANSWER,), "no valid JSON in line 1, character 2"),
    "a comma too many": ('{"Answer": 10,}', (ANSWER,), "no valid JSON"),
    "a comment": ('{"Answer": 10 // a tenth\n}', (ANSWER,), "no valid JSON"),
    "blanks": (format_object((ANSWER,)), (ANSWER,), "no valid JSON"),
    "not whole": ('{"Answer": 10', (ANSWER,), "no valid JSON"),
    "nested without end": ('{"Answer": ' * 100_000, (ANSWER,), "nested too deeply"),
    "a wrapper": ('{"reply": {"Answer": 10}}', (ANSWER,), '"reply" is not asked for; the keys are "Answer".'),
    "a missing key": ('{"Say": "Hi.", "End": "no"}', LINE, 'The key "Next" is missing.'),
    "a key too many": ('{"Answer": 10, "Note": "x"}', (ANSWER,), '"Note" is not asked for'),
    "a key twice": ('{"Answer": 10, "Answer": 10}', (ANSWER,), 'The key "Answer" occurs 2 times; give each key once.'),
    "a key twice in other letters": ('{"Answer": 10, "answer": 20}', (ANSWER,), 'The key "Answer" occurs 2 times'),
    "an object for a number": ('{"Answer": {"units": 10}}', (ANSWER,), '"Answer" is an object, but must be a whole'),
    "a list for a number": (
        '{"Answer": [10]}',
        (ANSWER,),
        '"Answer" is a list, but must be a whole number from 0 to 100',
    ),
    "true for a number": ('{"Answer": true}', (ANSWER,), '"Answer" is true, but must be a whole number'),
    "null for a number": ('{"Answer": null}', (ANSWER,), '"Answer" is null, but must be a whole number'),
    "not a number": ('{"Answer": NaN}', (ANSWER,), "The answer has no number in digits"),
    "an infinite number": ('{"Limit": -Infinity}', (LIMIT,), "has no number in digits"),
    "a fraction": ('{"Answer": 10.5}', (ANSWER,), "10.5 is not a whole number"),
    "an exponent": ('{"Answer": 1e1}', (ANSWER,), "answer with only a whole number from 0 to 100"),
    "a number below": ('{"Answer": -1}', (ANSWER,), '"Answer" is -1, but must be a whole number from 0'),
    "a number above": ('{"Answer": 101}', (ANSWER,), '"Answer" is 101'),
    "a huge number": ('{"Answer": ' + "9" * 5000 + "}", (ANSWER,), "answer with only a whole number"),
    "a number in words": ('{"Answer": "about ten"}', (ANSWER,), "The answer has no number in digits"),
    "two numbers": ('{"Answer": "10 or 20"}', (ANSWER,), "more than one number"),
    "an empty number": ('{"Answer": ""}', (ANSWER,), "The answer was empty"),
    "an option that is not there": ('{"End": "maybe"}', (END,), '"End: maybe" is not exactly one of: yes, no.'),
    "true for an option": ('{"End": true}', (END,), '"End" is true, but must be one of: yes, no.'),
    "null for an option": ('{"Say": "Hi.", "End": "no", "Next": null}', LINE, '"Next" is null, but must be one of'),
    "a number for a text": ('{"Say": 10}', (SAY,), '"Say" is the number 10, but must be a text'),
    "an empty text": ('{"Insight 1": " ", "Rating_1": 1}', INSIGHTS, '"Insight_1" is empty.'),
    "a text of thinking": ('{"Say": "\\u003cthink>Hm."}', (SAY,), '"Say" is empty.'),
    "a text too long": (f'{{"Say": "{"a" * (LONGEST_TEXT + 1)}"}}', (SAY,), "at most 4,000 are allowed"),
    "an odd key": ('{"\\ud800\\u0007": 1, "Answer": 1}', (ANSWER,), '"\ufffd" is not asked for'),
}


@pytest.mark.parametrize(("reply", "fields", "reason"), REFUSED.values(), ids=REFUSED)
def test_unclear_replies_are_rejected_with_the_reason(reply: str, fields: tuple[Field, ...], reason: str) -> None:
    found = refusal(reply, *fields).reason
    assert reason in found
    assert len(found) < 500
    assert found.encode()


def test_all_problems_are_reported_and_the_rest_is_kept() -> None:
    error = refusal('{"Say": "Hi.", "End": "perhaps", "Mood": "calm"}', *LINE)
    assert error.reason == (
        '"Mood" is not asked for; the keys are "Say", "End", "Next". "End: perhaps" is not exactly one of: yes, no. '
        'The key "Next" is missing.'
    )
    assert error.partial == {"Say": "Hi."}


def test_a_truncated_reply_is_read_only_if_its_object_is_complete() -> None:
    assert parse_object('{"Answer": 10}', (ANSWER,), is_cut_off=True) == {"Answer": 10}
    for cut in ('{"Answer": 1', '{"Reasoning": "It is', "```json\n{"):
        assert refusal(cut, ANSWER, is_cut_off=True).reason == (
            "The reply was cut off before its JSON object was complete."
        )


@pytest.mark.parametrize(
    "reply", ["{" * 200_000, '{"Answer": "' + "9" * 200_000 + '"}', "x" * 200_000 + '{"Answer": 1}']
)
def test_a_long_reply_is_rejected_quickly(reply: str) -> None:
    started = time.process_time()
    refusal(reply, SAY)
    assert time.process_time() - started < 10, "quadratic time would be minutes; linear time is 0.01 seconds"


def test_a_written_reply_can_be_read_back() -> None:
    values: dict[str, Value] = {"Insight 1": 'Say "less".', "Rating 1": 3, "Limit": None, "Fine": None}
    fields = (*INSIGHTS, LIMIT, BOTH)
    written = write_object(fields, values, "Well.")
    assert json.loads(written) == {
        **{"Reasoning": "Well.", "Insight_1": 'Say "less".', "Rating_1": 3, "Insight_2": None, "Rating_2": None},
        **{"Limit": None, "Fine": "none"},
    }
    assert parse_object(written, fields) == values


def test_the_form_of_a_reply_follows_the_schema_or_else_the_prompt() -> None:
    lines, other = "Answer: <a whole number from 0 to 100>", schema_of((END,))
    assert form_of(lines, None).filled_in({"Answer": None}, "Well.") == "Well.\nAnswer: none"
    assert form_of(lines, other).fields == (END,)
    assert form_of(lines, other).is_object
    assert form_of(format_object((ANSWER,)), None).is_object
    assert form_of("Hello.", None).fields == ()


def test_an_option_that_looks_like_markup_can_be_chosen_in_both_forms() -> None:
    awkward = ChoiceField(tag="Next", options=('O"Neill \\ Söhne', "李明"))
    assert parse_reply('Next: O"Neill \\ Söhne', (awkward,)) == {"Next": 'O"Neill \\ Söhne'}
    assert parse_object(write_object((awkward,), {"Next": 'O"Neill \\ Söhne'}), (awkward,)) == {
        "Next": 'O"Neill \\ Söhne'
    }
