"""Guided generation of replies by the small embedded model: field by field, each value constrained by a grammar."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import partial
from typing import Protocol

from inspect_ai.model import ModelUsage, StopReason

from govsim.models.embedded_engine import Engine, EngineSampling, Piece
from govsim.models.fields import NONE, ChoiceField, Field, NumberField, TextField, Value, key_of, within_total
from govsim.models.reply_format import read_format
from govsim.models.structured import REASONING, Schema, form_of, has_reasoning, read_object_format

PLAIN_TOKENS = 200
THOUGHT_TOKENS = 60
SENTENCE_TOKENS = 40
REPEAT_PENALTY = 1.1
THOUGHT_OPENING = "We should"
"""Supplied to the model, which otherwise apologizes or offers its help."""
FIRST_WORDS = ("I", "We", "You", "It", "The", "They", "My", "Our", "This", "Everyone", "If", "When", "Let")

_ASKS_TO_THINK = re.compile(r"\b(think|reason|explain|step by step)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")


@dataclass(slots=True, kw_only=True)
class Draft:
    """A reply that is being written.

    Attributes:
        engine: the engine that continues it.
        prompt: the chat so far, up to the start of the reply.
        sampling: sampling settings.
        allowance: maximum number of further tokens.
        text: the reply so far.
        pieces: the generated pieces.
    """

    engine: Engine
    prompt: str
    sampling: EngineSampling
    allowance: int
    text: str = ""
    pieces: list[Piece] = field(default_factory=list)

    def continued(
        self, opening: str, *, tokens: int, grammar: str | None = None, penalty: float = REPEAT_PENALTY
    ) -> Piece:
        """Append some text and let the model continue from there."""
        self.text += opening
        piece = self.engine.complete(
            self.prompt + self.text,
            self._own_sampling(),
            tokens=min(tokens, self.allowance),
            grammar=grammar,
            penalty=penalty,
        )
        self.allowance -= piece.output_tokens
        self.pieces.append(piece)
        return piece

    def _own_sampling(self) -> EngineSampling:
        """Sampling of the next piece, with its own seed, as otherwise all pieces would be drawn identically."""
        seed = self.sampling.seed
        return self.sampling if seed is None else replace(self.sampling, seed=(seed + len(self.pieces)) % 2**32)

    def usage(self) -> ModelUsage:
        """Token counts over all pieces."""
        cached = sum(piece.cached_tokens for piece in self.pieces)
        read = sum(piece.prompt_tokens for piece in self.pieces)
        written = sum(piece.output_tokens for piece in self.pieces)
        return ModelUsage(
            total_cost=0.0,
            input_tokens=read - cached,
            input_tokens_cache_read=cached,
            output_tokens=written,
            total_tokens=read + written,
        )


def write_reply(
    draft: Draft, last_message: str, is_cancelled: Callable[[], bool], schema: Schema | None = None
) -> StopReason:
    """Write a reply to a prompt, blocking.

    Args:
        draft: the reply to write, initially empty.
        last_message: the last user message; it may end with the lines or the object that the reply must contain.
        is_cancelled: called between pieces; writing stops when it returns true.
        schema: the JSON schema that the reply must match; None for the form that the message asks for.

    Returns:
        Why the reply ended.

    Raises:
        ContextTooLong: the prompt exceeds the context.
    """
    form = form_of(last_message, schema)
    try:
        if not form.fields:
            return _write_freely(draft)
        layout = OBJECT if form.is_object else LINES
        draft.text += layout.opening(form.fields)
        _think(draft, form.fields, last_message, layout)
        written: dict[str, Value] = {}
        for number, field in enumerate(form.fields):
            if draft.allowance <= 0:
                return "max_tokens"
            if is_cancelled():
                return "unknown"
            asked = within_total(field, form.fields, written)
            value = layout.value(draft, asked, is_first=number == 0)
            draft.text += value
            if isinstance(asked, NumberField) and (digits := re.search(r"\d+$", value)):
                written[asked.tag] = int(digits[0])
        draft.text += layout.closing
        return "stop"
    finally:
        if draft.pieces:
            draft.engine.cut_back(draft.prompt)


def _write_freely(draft: Draft) -> StopReason:
    piece = draft.continued("", tokens=PLAIN_TOKENS)
    draft.text = piece.text.strip()
    return "max_tokens" if piece.is_cut else "stop"


def _think(draft: Draft, fields: tuple[Field, ...], last_message: str, layout: ReplyLayout) -> None:
    """Let the model reason briefly before it decides: two sentences if the prompt asks for it, one before a number."""
    is_asked = bool(_ASKS_TO_THINK.search(without_format(last_message).rsplit("\n\n", 1)[-1]))
    is_number = len(fields) == 1 and isinstance(fields[0], NumberField)
    tokens = min(THOUGHT_TOKENS if is_asked else SENTENCE_TOKENS, draft.allowance - sum(map(_tokens_of, fields)))
    if (is_asked or is_number) and tokens > 0 and layout.has_thoughts(fields):
        grammar = text_grammar(2 if is_asked else 1, begins_with=Beginning.MIDDLE, never=layout.never)
        piece = draft.continued(THOUGHT_OPENING, tokens=tokens, grammar=grammar)
        draft.text += _ended(piece)


class ReplyLayout(Protocol):
    """The layout of a reply.

    Attributes:
        closing: the text that ends it.
        never: characters that no text may contain.
    """

    closing: str
    never: str

    def opening(self, fields: tuple[Field, ...]) -> str:
        """The text that begins it, before any reasoning."""

    def has_thoughts(self, fields: tuple[Field, ...]) -> bool:
        """Whether it has a place for reasoning."""

    def value(self, draft: Draft, asked: Field, *, is_first: bool) -> str:
        """Start a requested part, let the model write its value, and return the value."""


class _Lines:
    """One line per field."""

    closing = never = ""

    def opening(self, fields: tuple[Field, ...]) -> str:
        return ""

    def has_thoughts(self, fields: tuple[Field, ...]) -> bool:
        return True

    def value(self, draft: Draft, asked: Field, *, is_first: bool) -> str:
        continued = partial(draft.continued, tokens=_tokens_of(asked))
        gap = "\n\n" if is_first else "\n"
        opening = f"{gap if draft.text else ''}{asked.tag}:"
        match asked:
            case NumberField():
                grammar = number_grammar(asked.low, asked.high, none=NONE if asked.may_be_none else None)
                return continued(f"{opening} ", grammar=grammar, penalty=1.0).text
            case ChoiceField():
                return continued(opening, grammar=choice_grammar(asked.options), penalty=1.0).text
            case TextField():
                return _ended(continued(opening, grammar=text_grammar(_sentences(asked))))


class _ObjectLayout:
    """A JSON object with one key per field, after a key for reasoning."""

    closing = "\n}"
    never = "\\\\"

    def opening(self, fields: tuple[Field, ...]) -> str:
        return f'{{\n  "{REASONING}": "' if has_reasoning(fields) else "{"

    def has_thoughts(self, fields: tuple[Field, ...]) -> bool:
        return has_reasoning(fields)

    def value(self, draft: Draft, asked: Field, *, is_first: bool) -> str:
        continued = partial(draft.continued, tokens=_tokens_of(asked))
        before = "" if draft.text == "{" else '",' if is_first else ","
        opening = f'{before}\n  "{key_of(asked.tag)}":'
        match asked:
            case NumberField():
                grammar = number_grammar(asked.low, asked.high, none="null" if asked.may_be_none else None)
                return continued(f"{opening} ", grammar=grammar, penalty=1.0).text
            case ChoiceField():
                grammar = choice_grammar(tuple(json.dumps(option, ensure_ascii=False) for option in asked.options))
                return continued(opening, grammar=grammar, penalty=1.0).text
            case TextField():
                grammar = text_grammar(_sentences(asked), begins_with=Beginning.WORD, never=self.never)
                return _ended(continued(f'{opening} "', grammar=grammar)) + '"'


LINES, OBJECT = _Lines(), _ObjectLayout()


def _sentences(asked: TextField) -> int:
    return 1 if "sentence" in asked.what else 2


def _tokens_of(asked: Field) -> int:
    """Maximum number of tokens of a field's value: one per digit, and at most one per byte of a word."""
    match asked:
        case NumberField():
            return max(len(str(asked.low)), len(str(asked.high)), len(NONE) + 1 if asked.may_be_none else 0)
        case ChoiceField():
            return max(len(json.dumps(option, ensure_ascii=False).encode()) for option in asked.options) + 2
        case _:
            return SENTENCE_TOKENS


def _ended(piece: Piece) -> str:
    """Return generated text cut at the end of its last complete sentence, if there is one."""
    if not piece.is_cut:
        return piece.text
    if ends := list(_SENTENCE_END.finditer(piece.text)):
        return piece.text[: ends[-1].end()]
    whole_words = piece.text.rstrip().rpartition(" ")[0] if " " in piece.text.strip() else piece.text
    return whole_words.rstrip(" ,;:-") + "…"


class Beginning(Enum):
    """Where a text starts: before a space, at its first word, or in the middle of a sentence."""

    SPACE = auto()
    WORD = auto()
    MIDDLE = auto()


def text_grammar(sentences: int, *, begins_with: Beginning = Beginning.SPACE, never: str = "") -> str:
    """GBNF grammar for one line of plain sentences.

    The first word is one of a few, as a model of this size otherwise starts with a heading, a list or another language.

    Args:
        sentences: maximum number of sentences.
        begins_with: where the text starts.
        never: further characters that it may not contain, in GBNF syntax.
    """
    word = f"({' | '.join(map(json.dumps, FIRST_WORDS))}) [ ',] rest"
    first = {Beginning.SPACE: f'" " {word}', Beginning.WORD: word, Beginning.MIDDLE: '" " [A-Za-z] rest'}[begins_with]
    more = ' (" " [A-Z] rest)?' * (sentences - 1)
    return f'root ::= {first}{more}\nrest ::= ([^.!?:<>()%*"{never}\\n\\[\\]] | [.] [0-9])* [.!?]'


def choice_grammar(options: tuple[str, ...]) -> str:
    """Return the grammar (GBNF of llama.cpp) for one of several options after a space."""
    return 'root ::= " " (' + " | ".join(json.dumps(option, ensure_ascii=False) for option in options) + ")"


def number_grammar(low: int, high: int, *, none: str | None = None) -> str:
    """Return the grammar (GBNF of llama.cpp) for a whole number in ``low..high``, without leading zeros.

    Args:
        low: the minimum; may be negative.
        high: the maximum.
        none: a word that is also allowed, in place of a number.
    """
    options = [] if none is None else [json.dumps(none)]
    if low < 0:
        options.append(f'"-" ({_number_rule(max(1, -high), -low)})')
    if high >= 0:
        options.append(_number_rule(max(0, low), high))
    return "root ::= " + " | ".join(options)


def _number_rule(low: int, high: int) -> str:
    """Numbers in ``low..high``, neither negative: one alternative for each number of digits."""
    alternatives = []
    for digits in range(len(str(low)), len(str(high)) + 1):
        smallest, largest = 10 ** (digits - 1) if digits > 1 else 0, 10**digits - 1
        alternatives.append(_digits_rule(str(max(low, smallest)), str(min(high, largest))))
    return " | ".join(alternatives)


def _digits_rule(low: str, high: str) -> str:
    """Numbers in ``low..high``, which have the same number of digits."""
    if len(low) == 1:
        return f"[{low}-{high}]"
    if low[0] == high[0]:
        return f'"{low[0]}" ({_digits_rule(low[1:], high[1:])})'
    rest = len(low) - 1
    parts = [f'"{low[0]}" ({_digits_rule(low[1:], "9" * rest)})']
    if int(high[0]) - int(low[0]) > 1:
        parts.append(f"[{int(low[0]) + 1}-{int(high[0]) - 1}]" + " [0-9]" * rest)
    parts.append(f'"{high[0]}" ({_digits_rule("0" * rest, high[1:])})')
    return " | ".join(parts)


def without_format(message: str) -> str:
    """Return a message without its reply format and the line that introduces it, as the model is guided through it."""
    lines = message.rstrip().splitlines()
    if fields := read_format(message):
        lines = lines[: -len(fields)]
    elif read_object_format(message):
        lines = lines[: len(lines) - 1 - lines[::-1].index("{")]
    else:
        return message
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and lines[-1].rstrip().endswith(":"):
        lines.pop()
    return "\n".join(lines).rstrip()
