"""The embedded models: language models inside this process, without a key or a network.

`embedded/local` is any chat model in a GGUF file; see `govsim.models.local`. `embedded/smollm2` is the very small one
that comes with the package.

The latter is a toy that proves the pipeline. A model of this size does not keep to a reply format, so it is led through
one: where a number is to be decided it first writes a sentence or two, then each line that the prompt asks for is begun
for it, and a grammar allows only values that the line may hold.

With one slot (`-M slots=1`) the same prompt gets the same reply, whatever else was asked before or meanwhile (at
temperature 0, or with a seed):

- A token computed alone rounds differently from one computed in a batch. So what the prefix cache keeps of a reply's
  prompt is cut back before its end when the reply is written; whoever shares the prefix then computes the rest in a
  batch, as for a prompt seen for the first time. Flash attention is off, as it rounds by the state of the cache.
- One slot answers one question after another. More slots, as there are by default, decode side by side, which is
  faster by about a fifth on two cores, but what stands in the same batch then shows in the rounding, and now and then
  in a reply.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    ModelAPI,
    ModelCall,
    ModelOutput,
    ModelUsage,
    StopReason,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from govsim.config import LOCAL
from govsim.errors import ContextTooLong, ModelUnavailable
from govsim.models.embedded_engine import PROVIDER, TURN, Engine, EngineSettings, Piece, Sampling, engine
from govsim.models.local import LocalAPI, processors
from govsim.models.reply_format import ChoiceField, Field, NumberField, TextField, read_format
from govsim.models.weights import find_weights, verify

MODEL = "smollm2"
CONTEXT = 8192
"""Tokens of a prompt with its reply: what the model was trained for."""
PREFIX_CACHE_MIB = 512
"""Memory for prompts that are not in a slot: about 20,000 tokens."""
BATCH = 2048
MOST_THREADS = 4
"""A cautious cap for machines with many processors: a model this small gives many threads little to do each."""
MOST_SLOTS = 4
"""Each slot takes memory for a whole context."""

PLAIN_TOKENS = 200
THOUGHT_TOKENS = 60
SENTENCE_TOKENS = 40
REPEAT_PENALTY = 1.1
THOUGHT_OPENING = "We should"
"""Begun for the model, which otherwise apologises or offers its help."""
FIRST_WORDS = ("I", "We", "You", "It", "The", "They", "My", "Our", "This", "Everyone", "If", "When", "Let")

_CONTROL = re.compile(r"<(?=\|?\w+\|?>)")
_ASKS_TO_THINK = re.compile(r"\b(think|reason|explain|step by step)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")


@dataclass(slots=True, kw_only=True)
class Draft:
    """A reply in the making.

    Attributes:
        engine: what continues it.
        prompt: the chat so far, up to where the reply begins.
        sampling: how tokens are drawn.
        allowance: how many more tokens may be written.
        text: the reply so far.
        pieces: what was generated.
    """

    engine: Engine
    prompt: str
    sampling: Sampling
    allowance: int
    text: str = ""
    pieces: list[Piece] = field(default_factory=list)

    def continued(
        self, opening: str, *, tokens: int, grammar: str | None = None, penalty: float = REPEAT_PENALTY
    ) -> Piece:
        """Begin the next stretch with some words and let the model go on from there."""
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

    def _own_sampling(self) -> Sampling:
        """The sampling of the next piece: a seed of its own, lest all pieces draw alike."""
        seed = self.sampling.seed
        return self.sampling if seed is None else replace(self.sampling, seed=(seed + len(self.pieces)) % 2**32)

    def usage(self) -> ModelUsage:
        """What was read and written, over all pieces."""
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


def write_reply(draft: Draft, last_message: str, is_cancelled: Callable[[], bool]) -> StopReason:
    """Write a reply to a prompt, blocking.

    Args:
        draft: the reply to write, still empty.
        last_message: what the user said last; it may end with the lines that the reply is to contain.
        is_cancelled: asked between pieces; the rest is left out when it is.

    Returns:
        Why the reply ended.

    Raises:
        ContextTooLong: the prompt does not fit into the context.
    """
    fields = read_format(last_message)
    try:
        if not fields:
            return _write_freely(draft)
        _think(draft, fields, last_message)
        for number, asked in enumerate(fields):
            if draft.allowance <= 0:
                return "max_tokens"
            if is_cancelled():
                return "unknown"
            _fill_in(draft, asked, opening="\n" if number else "\n\n" if draft.text else "")
        return "stop"
    finally:
        if draft.pieces:
            draft.engine.cut_back(draft.prompt)


def _write_freely(draft: Draft) -> StopReason:
    piece = draft.continued("", tokens=PLAIN_TOKENS)
    draft.text = piece.text.strip()
    return "max_tokens" if piece.is_cut else "stop"


def _think(draft: Draft, fields: tuple[Field, ...], last_message: str) -> None:
    """Let the model write a little before it decides: two sentences if the prompt says so, one before a number."""
    is_asked = bool(_ASKS_TO_THINK.search(without_format(last_message, fields).rsplit("\n\n", 1)[-1]))
    is_number = len(fields) == 1 and isinstance(fields[0], NumberField)
    tokens = min(THOUGHT_TOKENS if is_asked else SENTENCE_TOKENS, draft.allowance - sum(map(_tokens_of, fields)))
    if not (is_asked or is_number) or tokens <= 0:
        return
    piece = draft.continued(THOUGHT_OPENING, tokens=tokens, grammar=text_grammar(2 if is_asked else 1, is_begun=True))
    draft.text += _ended(piece)


def _fill_in(draft: Draft, asked: Field, *, opening: str) -> None:
    """Begin a line that the prompt asks for and let the model write its value."""
    continued = partial(draft.continued, tokens=_tokens_of(asked))
    match asked:
        case NumberField():
            grammar = number_grammar(asked.low, asked.high, may_be_none=asked.may_be_none)
            value = continued(f"{opening}{asked.tag}: ", grammar=grammar, penalty=1.0).text
        case ChoiceField():
            value = continued(f"{opening}{asked.tag}:", grammar=choice_grammar(asked.options), penalty=1.0).text
        case TextField():
            grammar = text_grammar(1 if "sentence" in asked.what else 2)
            value = _ended(continued(f"{opening}{asked.tag}:", grammar=grammar))
    draft.text += value


def _tokens_of(asked: Field) -> int:
    """The most tokens that a field's value takes: digits are a token each, words never more than their letters."""
    match asked:
        case NumberField():
            return max(len(str(asked.low)), len(str(asked.high)), len("none") + 1 if asked.may_be_none else 0)
        case ChoiceField():
            return max(len(option.encode()) for option in asked.options) + 2
        case _:
            return SENTENCE_TOKENS


def _ended(piece: Piece) -> str:
    """Generated text that ends where a sentence does, if there is such a place."""
    if not piece.is_cut:
        return piece.text
    if ends := list(_SENTENCE_END.finditer(piece.text)):
        return piece.text[: ends[-1].end()]
    whole_words = piece.text.rstrip().rpartition(" ")[0] if " " in piece.text.strip() else piece.text
    return whole_words.rstrip(" ,;:-") + "…"


def text_grammar(sentences: int, *, is_begun: bool = False) -> str:
    """GBNF for one line of up to so many plain sentences; ``is_begun`` continues the first one in mid-sentence.

    The first word is one of a few: left alone, a model of this size begins with a heading, a list or another language.
    """
    first = '" " [A-Za-z] rest' if is_begun else f'" " ({" | ".join(map(json.dumps, FIRST_WORDS))}) [ \',] rest'
    more = ' (" " [A-Z] rest)?' * (sentences - 1)
    return f'root ::= {first}{more}\nrest ::= ([^.!?:<>()%*"\\n\\[\\]] | [.] [0-9])* [.!?]'


def choice_grammar(options: tuple[str, ...]) -> str:
    """GBNF for one of some words."""
    return 'root ::= " " (' + " | ".join(json.dumps(option, ensure_ascii=False) for option in options) + ")"


def number_grammar(low: int, high: int, *, may_be_none: bool = False) -> str:
    """GBNF for a whole number in ``low..high``, without leading zeros, or the word "none"."""
    options = ['"none"'] if may_be_none else []
    if low < 0:
        options.append(f'"-" ({_number_rule(max(1, -high), -low)})')
    if high >= 0:
        options.append(_number_rule(max(0, low), high))
    return "root ::= " + " | ".join(options)


def _number_rule(low: int, high: int) -> str:
    """The numbers in ``low..high``, neither of them negative: one alternative for each count of digits."""
    alternatives = []
    for digits in range(len(str(low)), len(str(high)) + 1):
        smallest, largest = 10 ** (digits - 1) if digits > 1 else 0, 10**digits - 1
        alternatives.append(_digits_rule(str(max(low, smallest)), str(min(high, largest))))
    return " | ".join(alternatives)


def _digits_rule(low: str, high: str) -> str:
    """The numbers in ``low..high``, which have equally many digits."""
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


def without_format(message: str, fields: tuple[Field, ...]) -> str:
    """A message without the lines of its format and the line that introduces them: the model is led through them."""
    if not fields:
        return message
    lines = message.rstrip().splitlines()[: -len(fields)]
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and lines[-1].rstrip().endswith(":"):
        lines.pop()
    return "\n".join(lines).rstrip()


def as_chat(messages: list[ChatMessage]) -> str:
    """Messages in the model's chat template, up to where its reply begins."""
    turns = []
    for position, message in enumerate(messages):
        text = message.text
        if position == len(messages) - 1:
            text = without_format(text, read_format(text))
        role = message.role if message.role in ("system", "assistant") else "user"
        turns.append(f"<|im_start|>{role}\n{without_control(text)}")
    return "<|im_end|>\n".join(turns) + TURN


def without_control(text: str) -> str:
    """A text in which nothing is read as one of the model's control tokens, nor is invalid Unicode."""
    return _CONTROL.sub("< ", text).encode(errors="replace").decode()


class EmbeddedAPI(ModelAPI):
    """The small model that comes with the package, as a provider of Inspect."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008
        *,
        slots: int | None = None,
        threads: int | None = None,
    ) -> None:
        """Start the model, or join the one that this process already runs.

        Args:
            model_name: only `smollm2`.
            base_url: not used.
            api_key: not used.
            config: settings for every question.
            slots: how many questions are answered side by side; by default as many as there are processors, up to
                `MOST_SLOTS`. Only with one are replies exactly reproducible.
            threads: how many threads compute; by default as many as there are processors, up to `MOST_THREADS`.

        Raises:
            ModelUnavailable: there is no such model, or its package or weights are missing.
        """
        super().__init__(model_name, base_url, api_key, [], config)
        if model_name != MODEL:
            raise ModelUnavailable(
                f"model = {PROVIDER}/{model_name}: there is no such model; choose from {PROVIDER}/{MODEL} and {LOCAL}"
            )
        slots = min(processors(), MOST_SLOTS) if slots is None else slots
        threads = min(processors(), MOST_THREADS) if threads is None else threads
        for name, value in {"slots": slots, "threads": threads}.items():
            if not isinstance(value, int) or value < 1:
                raise ModelUnavailable(f"model = {PROVIDER}/{MODEL}: {name} = {value!r} must be a whole number from 1")
        self._engine = smollm2_engine(slots=slots, threads=threads)

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> tuple[ModelOutput, ModelCall]:
        """Reply to a chat. Tools are ignored. A prompt that is too long gives the stop reason `model_length`."""
        draft = Draft(
            engine=self._engine,
            prompt=as_chat(input),
            sampling=Sampling(temperature=config.temperature or 0.0, top_p=config.top_p, seed=config.seed),
            allowance=config.max_tokens or CONTEXT,
        )
        last_message = input[-1].text if input else ""
        call = ModelCall.create({**draft.sampling.as_request(), "max_tokens": draft.allowance}, None)
        cancelled = threading.Event()
        job = self._engine.submit(partial(write_reply, draft, last_message, cancelled.is_set))
        try:
            stop_reason = await asyncio.wrap_future(job)
        except ContextTooLong as error:
            return ModelOutput.from_content(self.model_name, "", stop_reason="model_length", error=str(error)), call
        finally:
            cancelled.set()
        output = ModelOutput.from_content(self.model_name, draft.text, stop_reason=stop_reason)
        output.usage = draft.usage()
        output.input_context_tokens = draft.pieces[0].prompt_tokens
        return output, call

    def max_connections(self) -> int:
        """As many questions at once as there are slots."""
        return self._engine.settings.slots

    def connection_key(self) -> str:
        """All instances share one engine, and so its slots."""
        return PROVIDER


def smollm2_engine(*, slots: int, threads: int) -> Engine:
    """The engine that runs the weights which come with the package.

    Raises:
        ModelUnavailable: the library or the weights are missing, or it already runs with other settings.
    """
    weights = find_weights()
    verify(weights)
    return engine(
        EngineSettings(
            model=f"{PROVIDER}/{MODEL}",
            weights=weights,
            context=CONTEXT,
            slots=slots,
            threads=threads,
            prefix_cache_mib=PREFIX_CACHE_MIB,
            batch=BATCH,
            flash_attention=False,
        )
    )


def open_embedded(
    model_name: str,
    base_url: str | None = None,
    api_key: str | None = None,
    config: GenerateConfig = GenerateConfig(),  # noqa: B008
    **args: Any,
) -> ModelAPI:
    """One of the embedded models, by its name without the provider.

    Raises:
        ModelUnavailable: there is no such model, or it cannot be used.
    """
    api = LocalAPI if f"{PROVIDER}/{model_name}" == LOCAL else EmbeddedAPI
    return api(model_name, base_url, api_key, config, **args)


@modelapi(name=PROVIDER)
def embedded() -> Callable[..., ModelAPI]:
    """The provider of the embedded models."""
    return open_embedded
