"""A structured reply holds what the same reply in text holds, in the words of any scenario."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.errors import Unparsable
from govsim.models.fields import NONE, ChoiceField, Field, NumberField, TextField, Value, is_optional
from govsim.models.reply_format import parse_reply
from govsim.models.structured import (
    fields_of,
    format_object,
    parse_object,
    read_object_format,
    schema_of,
    write_object,
)
from govsim.scenarios import load_scenario, scenario_names
from tests.properties.test_reply_format import fields

sentences = st.from_regex(r"[A-Za-zÄé湖🐟]{1,9}( [a-z'\"\\{}]{1,9}){0,5}[.!?]", fullmatch=True)
UNITS = {
    name: (load_scenario(name).words["unit"], load_scenario(name).words["units"])
    for name in (*scenario_names(), "examples/irrigation")
}
"""What is counted in each scenario, one of a user's own among them."""


def filled_in(data: st.DataObject, asked: tuple[Field, ...]) -> dict[str, Value]:
    """Values for all fields but some of those that may be left out."""
    return {
        field.tag: data.draw(_value(field)) for field in asked if not is_optional(field) or data.draw(st.booleans())
    }


def _value(field: Field) -> st.SearchStrategy[Value]:
    match field:
        case NumberField():
            numbers = st.integers(field.low, field.high)
            return numbers | st.none() if field.may_be_none else numbers
        case ChoiceField():
            return st.sampled_from(field.options)
        case TextField():
            return sentences


@given(asked=fields(), data=st.data())
def test_the_same_is_read_from_an_object_as_from_lines(asked: tuple[Field, ...], data: st.DataObject) -> None:
    values = filled_in(data, asked)
    lines = "\n".join(f"{tag}: {NONE if value is None else value}" for tag, value in values.items())
    read = parse_object(write_object(asked, values, "I thought about it."), asked)
    assert read == parse_reply(f"I thought about it.\n{lines}", asked)
    assert read == values


@given(asked=fields(), data=st.data())
def test_what_is_written_matches_the_schema_and_what_matches_is_read(
    asked: tuple[Field, ...], data: st.DataObject
) -> None:
    schema = schema_of(asked)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(write_object(asked, filled_in(data, asked))), dict(schema))


@given(asked=fields(), text=st.text(st.characters(exclude_characters="<>")))
def test_the_fields_are_read_back_from_prompt_and_schema(asked: tuple[Field, ...], text: str) -> None:
    assert read_object_format(f"{text}\n\n{format_object(asked)}\n") == asked
    assert fields_of(schema_of(asked)) == asked


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(asked=fields(), data=st.data())
def test_any_object_is_either_read_within_its_bounds_or_rejected_with_a_reason(
    asked: tuple[Field, ...], data: st.DataObject
) -> None:
    keys = st.sampled_from([field.tag.replace(" ", "_") for field in asked]) | st.text(max_size=5)
    reply = json.dumps(data.draw(st.dictionaries(keys, json_values, max_size=6)))
    try:
        values = parse_object(reply, asked)
    except Unparsable as refused:
        assert refused.reason.encode()  # noqa: PT017 - most replies are refused, and all values are checked below
        values = refused.partial
    for field in asked:
        value = values.get(field.tag)
        match field:
            case NumberField():
                assert value is None or (isinstance(value, int) and field.low <= value <= field.high)
            case ChoiceField():
                assert value is None or value in field.options
            case TextField():
                assert value is None or (isinstance(value, str) and value.encode())


TEMPLATES = (
    *("Answer: 10 {units}", "Answer: **10 {units}**", "10 {units}", "Answer: 1 {unit}", "Answer: 10 ({units})"),
    *("Answer: about 10 {units}", "Answer: 10 {units} or 12 {units}", "I will take 10 {units}.", "Answer: {units}: 10"),
    *("I took 30 {units} before.\nAnswer: 10 {units}", "Answer: 10 {units} each month", "Answer: no {units}"),
    *('{{"Answer": "10 {units}"}}', '{{"Answer": "10 {units} or so"}}', '{{"Answer": 10, "{units}": 10}}'),
)
"""Replies that are read, and some that are refused, with a place for what is counted."""


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_reply_is_parsed_identically_in_the_units_of_any_scenario(template: str) -> None:
    """That a scenario's words are known to the reader would make its societies forfeit less often than others."""

    def outcome(unit: str, units: str) -> str:
        asked = (NumberField(tag="Answer", low=0, high=100, units=(unit, units)),)
        reply = template.format(unit=unit, units=units)
        parse = parse_object if reply.startswith("{") else parse_reply
        try:
            return str(parse(reply, asked))
        except Unparsable as refused:
            return refused.reason.replace(units, "UNITS").replace(unit, "UNIT")

    invented = ("zorkel of blimp", "zorkels of blimp")
    outcomes = {name: outcome(*words) for name, words in {**UNITS, "invented": invented}.items()}
    assert len(set(outcomes.values())) == 1, outcomes


@pytest.mark.parametrize("verb", ["catch", "pump", "graze", "produce", "take", "harvest", "zorkel"])
def test_what_is_done_with_the_resource_in_words_makes_no_difference(verb: str) -> None:
    asked = (NumberField(tag="Answer", low=0, high=100, units=("ton of fish", "tons of fish")),)
    with pytest.raises(Unparsable, match="is missing"):
        parse_reply(f"I will {verb} 10", asked)
    with pytest.raises(Unparsable, match="The answer is more than a number with its unit"):
        parse_reply(f"Answer: I will {verb} 10", asked)
    with pytest.raises(Unparsable, match="The answer is more than a number with its unit"):
        parse_object(f'{{"Answer": "I will {verb} 10"}}', asked)
