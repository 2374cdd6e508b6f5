"""The printed results of Piatti et al. 2024, with notes on doubtful values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from govsim.analysis.columns import Layout, Share
from govsim.analysis.measures import measure_named
from govsim.lazy import pandas as pd

_OURS = {"total_gain": "gain", "over_usage": "over_usage_granted"}
"""Printed measures with another name in govsim; the paper's over-usage counts units granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on some printed values.

    Attributes:
        text: the footnote.
        tables: their tables in the paper; all when empty.
        measures: the measures; all when empty.
        models: the models; all when empty.
        scenarios: the scenarios; all when empty.
    """

    text: str
    tables: frozenset[int] = frozenset()
    measures: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    scenarios: frozenset[str] = frozenset()

    def is_about(self, table: int, scenario: str, model: str, measure: str) -> bool:
        """Return whether it applies to a printed value."""
        parts = ((table, self.tables), (scenario, self.scenarios), (model, self.models), (measure, self.measures))
        return all(not allowed or value in allowed for value, allowed in parts)


NOTES: Mapping[str, Note] = {
    "last-month": Note(
        text="The paper counts a run that collapses in its last month as survived; govsim counts it as collapsed, so "
        "that its rate can be lower for the same runs.",
        measures=frozenset({"survival_rate"}),
    ),
    "over-usage": Note(
        text="The printed over-usage implies another denominator: utterances seem to be counted too (values of "
        "one-month runs are multiples of 1/14). It is not comparable with govsim's.",
        measures=frozenset({"over_usage_granted"}),
    ),
    "missing-runs": Note(
        text="A survival rate of 20 % with a mean of 4.5 ± 0.5 months is impossible: one survivor among five runs with "
        "this mean implies a standard deviation of at least 3.75. Missing runs were counted as survived.",
        tables=frozenset({8}),
        measures=frozenset({"survival_rate", "survival_time"}),
        models=frozenset({"Llama-2-70B"}),
        scenarios=frozenset({"fishery"}),
    ),
    "six-runs": Note(
        text="The printed means imply six runs, not the five that the paper states.",
        tables=frozenset({16, 17, 18}),
        models=frozenset({"Claude-3 Opus"}),
    ),
    "turbo-as-4": Note(
        text="The paper's differences use GPT-4-turbo's default for that of GPT-4, which is in tables 4 to 6.",
        tables=frozenset({8, 10, 12}),
        models=frozenset({"GPT-4"}),
    ),
    "turbo-ablation": Note(
        text="The paper's ablation names this model GPT-4, but its printed default is GPT-4-turbo's.",
        tables=frozenset({16, 17, 18}),
        models=frozenset({"GPT-4-turbo"}),
    ),
    "ablation": Note(
        text="The paper removed the discussion and the report of catches together: compare with the condition "
        "no-communication-no-transparency.",
        tables=frozenset({16, 17, 18}),
    ),
    "from-month-4": Note(
        text="Counted from the newcomer's arrival in month 4, over 12 of 15 months: compare with from_month = 4.",
        tables=frozenset({13, 14, 15}),
    ),
    "turbo-as-4o": Note(
        text="The default that the paper prints for this row as GPT-4o's is GPT-4-turbo's; use table 4.",
        tables=frozenset({13}),
    ),
    "contradiction": Note(
        text="An efficiency of 16.67 % and a gain of 12 are inconsistent.",
        tables=frozenset({15}),
        measures=frozenset({"efficiency", "gain"}),
    ),
}
"""Notes on printed results, by key; the column `notes` of `published_results` names those of a row."""


class ResultRow(NamedTuple):
    """One printed value of tables 1, 4 to 6, 8, 10 and 12 to 18."""

    table: int
    """The paper's table."""
    scenario: str
    """The scenario; `all` for the mean over the three."""
    condition: str
    """The condition, by the paper's name."""
    model: str
    """The model, by the paper's name."""
    measure: str
    """The measure, by govsim's name. The printed over-usage counts units granted and is `over_usage_granted`; the
    printed total gain is `gain`."""
    value: float
    """The printed value, in its unit: shares in per cent."""
    spread: float | None
    """The value after ±, in the same unit. Missing without one."""
    spread_kind: str | None
    """The meaning of `spread`: `ci95` (half a 95 % interval) or `std` (a standard deviation). Missing without one."""
    unit: str
    """`%`, `months` or `units`."""
    notes: str
    """Keys of the notes on it, separated by spaces; empty without any."""


class SubskillRow(NamedTuple):
    """One model's accuracy in one skill and scenario."""

    scenario: str
    """The scenario."""
    model: str
    """The model, by the paper's name."""
    skill: str
    """`dynamics`, `sustainable_action`, `threshold_assumption` (stating that all take the same) or `threshold_belief`
    (without this statement)."""
    accuracy: Share
    """Share of problems that were solved."""


class CategoryRow(NamedTuple):
    """One group of labels for one model and scenario."""

    scenario: str
    """The scenario."""
    model: str
    """The model, by the paper's name."""
    category: str
    """`information`, `negotiation` or `relational`."""
    share: Share
    """Share of utterances with a label of this group."""


RESULTS = Layout("published_results", (ResultRow,))
"""The frame of printed results."""

SUBSKILLS = Layout("published_subskills", (SubskillRow,))
"""The frame of printed accuracies in sub-skills."""

DIALOGUE = Layout("published_dialogue", (CategoryRow,))
"""The frame of printed shares of utterances."""

PAPERS_WORLD = (5, 2.0, 100)
"""Members, growth and capacity of the paper's world."""


_SUFFIXES = (
    r"(?:[-:@](?:\d{4}-\d{2}-\d{2}|\d{3,8}|latest|preview|instruct|chat|hf|it|turbo|lite|v\d+(?:\.\d+)*"
    r"|gptq|awq|gguf|int4|int8|fp8|fp16|bf16|q\d\w*|\d+))*"
)
"""Suffixes that do not identify another model: dates and versions, tuning, quantization."""

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
"""The paper's models, and patterns of their other names. Smaller or later versions must not match."""

_PATTERNS = {label: re.compile(f"(?:{name}){_SUFFIXES}") for label, name in _NAMES.items()}

_MAKERS = re.compile(r"^(?:(?:us|eu|apac)\.)?(?:anthropic|meta|mistral)\.")
"""Prefixes of names used by some providers."""


def published_results() -> pd.DataFrame:
    """Return the printed results; `RESULTS` describes the columns, `NOTES` has the text of notes."""
    return _results().copy()


def published_subskills() -> pd.DataFrame:
    """Return the printed accuracies in sub-skills; `SUBSKILLS` describes the columns."""
    return _printed("subskills", SUBSKILLS)


def published_dialogue() -> pd.DataFrame:
    """Return the printed shares of utterances; `DIALOGUE` describes the columns."""
    return _printed("dialogue", DIALOGUE)


def published_notes(rows: pd.DataFrame) -> dict[str, str]:
    """Return the footnotes of printed results, by key, in order of first occurrence.

    Args:
        rows: some rows of `published_results`.
    """
    keys = dict.fromkeys(key for notes in rows["notes"] for key in notes.split())
    return {key: NOTES[key].text for key in keys}


def paper_label(model: str) -> str | None:
    """Return the paper's name of a model, or None if the paper does not have it.

    Provider, date, version and quantization are ignored: `openai/gpt-4o-2024-05-13` is `GPT-4o`, but
    `openai/gpt-4o-mini` is not in the paper.

    Args:
        model: a name as in journals, with or without a provider.
    """
    name = _MAKERS.sub("", model.lower().rsplit("/", maxsplit=1)[-1])
    return next((label for label, pattern in _PATTERNS.items() if pattern.fullmatch(name)), None)


@cache
def _results() -> pd.DataFrame:
    printed = _printed("results", RESULTS)
    measures = printed["measure"].replace(_OURS)
    places = zip(printed["table"], printed["scenario"], printed["model"], measures, strict=True)
    whole = printed.assign(
        measure=measures,
        unit=[measure_named(name).unit for name in measures],
        notes=[" ".join(key for key, note in NOTES.items() if note.is_about(*place)) for place in places],
    )
    return whole.astype(RESULTS.kinds)


def _printed(name: str, layout: Layout) -> pd.DataFrame:
    """A file of printed values, with those columns of its frame that it contains."""
    with (files("govsim.analysis.published") / f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=layout.kinds)
