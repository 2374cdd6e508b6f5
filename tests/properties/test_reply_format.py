"""What is asked for can be read from the prompt, and what is filled in from the reply."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from govsim.errors import Unparsable
from govsim.models.fields import ChoiceField, Field, NumberField, TextField, Value
from govsim.models.reply_format import format_lines, parse_reply, read_format

tags = st.from_regex(r"[A-Z][a-z]{1,8}( [a-z]{2,8})?( [1-9])?", fullmatch=True)
names = st.from_regex(r"[A-Z][a-zäéø]{1,8}([-'][A-Z][a-z]{1,5})?( [A-Z][a-z]{1,8})?", fullmatch=True)
descriptions = st.text(st.characters(categories=["L"]) | st.sampled_from(" .;()'"), min_size=1, max_size=40).map(
    lambda text: f"what {text.strip()}".strip()
)


@st.composite
def fields(draw: st.DrawFn, *, optional: bool = True, lowest: int = -5) -> tuple[Field, ...]:
    """Up to five fields with tags of their own."""
    chosen = draw(st.lists(tags, min_size=1, max_size=5, unique_by=str.lower))
    return tuple(draw(_field(tag, optional=optional, lowest=lowest)) for tag in chosen)


def _field(tag: str, *, optional: bool, lowest: int) -> st.SearchStrategy[Field]:
    may = st.booleans() if optional else st.just(False)
    low, extent = st.integers(lowest, 50), st.integers(0, 1000)
    return st.one_of(
        st.builds(_number, st.just(tag), low, extent, st.booleans(), may),
        st.builds(
            ChoiceField, tag=st.just(tag), options=st.lists(names, min_size=1, max_size=6, unique=True).map(tuple)
        ),
        st.builds(TextField, tag=st.just(tag), what=descriptions, is_optional=may),
    )


def _number(tag: str, low: int, extent: int, may_be_none: bool, is_optional: bool) -> NumberField:
    return NumberField(tag=tag, low=low, high=low + extent, may_be_none=may_be_none, is_optional=is_optional)


@given(fields())
def test_the_fields_are_read_back_from_the_lines_that_ask_for_them(asked: tuple[Field, ...]) -> None:
    assert read_format(format_lines(asked)) == asked


@given(asked=fields(), text=st.text(st.characters(exclude_characters="<>")))
def test_text_before_the_lines_does_not_matter(asked: tuple[Field, ...], text: str) -> None:
    assert read_format(f"{text}\n\n{format_lines(asked)}\n") == asked


@given(asked=fields(optional=False, lowest=0), data=st.data())
def test_filled_in_values_are_parsed(asked: tuple[Field, ...], data: st.DataObject) -> None:
    filled: dict[str, Value] = {}
    for field in asked:
        match field:
            case NumberField():
                filled[field.tag] = data.draw(st.integers(field.low, field.high))
            case ChoiceField():
                filled[field.tag] = data.draw(st.sampled_from(field.options))
            case TextField():
                filled[field.tag] = data.draw(st.from_regex(r"[A-Za-z]{1,9}( [a-z]{1,9}){0,5}[.!?]", fullmatch=True))
    lines = data.draw(st.permutations([f"{tag}: {value}" for tag, value in filled.items()]))
    assert parse_reply("I thought about it.\n" + "\n".join(lines), asked) == filled


def readable(reply: str, asked: tuple[Field, ...]) -> dict[str, Value]:
    """The values that can be read from a reply, whether it is refused or not."""
    try:
        return parse_reply(reply, asked)
    except Unparsable as refused:
        return refused.partial if refused.reason else {"no reason": "given"}


@given(asked=fields(), reply=st.text())
def test_any_reply_is_either_read_within_its_bounds_or_rejected_with_a_reason(
    asked: tuple[Field, ...], reply: str
) -> None:
    values = readable(reply, asked)
    assert set(values) <= {field.tag for field in asked}
    for field in asked:
        value = values.get(field.tag)
        if isinstance(field, NumberField):
            assert value is None or (isinstance(value, int) and field.low <= value <= field.high)
        elif isinstance(field, ChoiceField):
            assert value is None or value in field.options
