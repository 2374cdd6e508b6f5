"""From names of models to the names that the paper has for them."""

from __future__ import annotations

import re

_SUFFIXES = (
    r"(?:[-:@](?:\d{4}-\d{2}-\d{2}|\d{3,8}|latest|preview|instruct|chat|hf|it|turbo|lite|v\d+(?:\.\d+)*"
    r"|gptq|awq|gguf|int4|int8|fp8|fp16|bf16|q\d\w*|\d+))*"
)
"""What may follow a name without making another model of it: dates and versions, tuning, quantisation."""

_NAMES = {
    "Llama-2-7B": r"llama-?2[-:]7b",
    "Llama-2-13B": r"llama-?2[-:]13b",
    "Llama-2-70B": r"llama-?2[-:]70b",
    "Llama-3-8B": r"(?:meta-)?llama-?3[-:]8b",
    "Llama-3-70B": r"(?:meta-)?llama-?3[-:]70b",
    "Mistral-7B": r"mistral[-:]7b",
    "Mixtral-8x7B": r"mixtral[-:]8x7b",
    "Qwen-72B": r"qwen(?:-?1\.5)?[-:]72b",
    "Qwen-110B": r"qwen(?:-?1\.5)?[-:]110b",
    "Claude-3 Haiku": r"claude-3[- ]haiku",
    "Claude-3 Sonnet": r"claude-3[- ]sonnet",
    "Claude-3 Opus": r"claude-3[- ]opus",
    "GPT-3.5": r"gpt-3\.5",
    "GPT-4-turbo": r"gpt-4-turbo|gpt-4-\d{4}-preview",
    "GPT-4o": r"gpt-4o",
    "GPT-4": r"gpt-4(?!-turbo|-\d{4}-preview)",
}
"""The paper's models, and what they are called elsewhere. A smaller or later relative must not match."""

_PATTERNS = {label: re.compile(f"(?:{name}){_SUFFIXES}") for label, name in _NAMES.items()}

_MAKERS = re.compile(r"^(?:(?:us|eu|apac)\.)?(?:anthropic|meta|mistral)\.")
"""What some providers put before a name."""


def paper_label(model: str) -> str | None:
    """The paper's name for a model, or None when the paper has no such model.

    A provider, a date, a version or a quantisation does not matter: `openai/gpt-4o-2024-05-13` is `GPT-4o`, and
    `openai/gpt-4o-mini` is none of them.

    Args:
        model: a name as in journals, with or without a provider.
    """
    name = _MAKERS.sub("", model.lower().rsplit("/", maxsplit=1)[-1])
    return next((label for label, pattern in _PATTERNS.items() if pattern.fullmatch(name)), None)
