"""The figures that Piatti et al. 2024 printed, with notes on which of them are doubtful and why."""

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
"""Printed measures that have another name here; the paper's over-usage counts what was granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is to be known of some printed figures.

    Attributes:
        text: the footnote.
        tables: the paper's tables in which they stand; all when empty.
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
        """Whether it holds for a printed figure."""
        parts = ((table, self.tables), (scenario, self.scenarios), (model, self.models), (measure, self.measures))
        return all(not allowed or value in allowed for value, allowed in parts)


NOTES: Mapping[str, Note] = {
    "last-month": Note(
        text="The paper counts a run that collapses in its last month as survived; here it has collapsed, so that our "
        "rate can be the lower one for the same runs.",
        measures=frozenset({"survival_rate"}),
    ),
    "over-usage": Note(
        text="The printed over-usage fits another denominator: utterances seem to be counted too (values of one-month "
        "runs are multiples of 1/14). It does not compare with ours.",
        measures=frozenset({"over_usage_granted"}),
    ),
    "missing-runs": Note(
        text="A survival rate of 20 % with a mean of 4.5 ± 0.5 months is impossible: one survivor among five runs with "
        "this mean makes a standard deviation of 3.75 at least. Missing runs were counted as successes.",
        tables=frozenset({8}),
        measures=frozenset({"survival_rate", "survival_time"}),
        models=frozenset({"Llama-2-70B"}),
        scenarios=frozenset({"fishery"}),
    ),
    "six-runs": Note(
        text="The printed means need six runs, not the five that the paper states.",
        tables=frozenset({16, 17, 18}),
        models=frozenset({"Claude-3 Opus"}),
    ),
    "turbo-as-4": Note(
        text="The paper's differences take GPT-4-turbo's default for that of GPT-4, which stands in tables 4 to 6.",
        tables=frozenset({8, 10, 12}),
        models=frozenset({"GPT-4"}),
    ),
    "turbo-ablation": Note(
        text="The paper's ablation calls this model GPT-4; the default that it prints beside it is GPT-4-turbo's.",
        tables=frozenset({16, 17, 18}),
        models=frozenset({"GPT-4-turbo"}),
    ),
    "ablation": Note(
        text="The paper removed the talk and the report of others' catches at once: compare with the condition "
        "no-communication-no-transparency.",
        tables=frozenset({16, 17, 18}),
    ),
    "from-month-4": Note(
        text="Counted from the newcomer's arrival in month 4, over 12 of 15 months: compare with from_month = 4.",
        tables=frozenset({13, 14, 15}),
    ),
    "turbo-as-4o": Note(
        text="The default that the paper prints beside this row as GPT-4o's is GPT-4-turbo's; take it from table 4.",
        tables=frozenset({13}),
    ),
    "contradiction": Note(
        text="An efficiency of 16.67 % and a gain of 12 do not fit together.",
        tables=frozenset({15}),
        measures=frozenset({"efficiency", "gain"}),
    ),
}
"""Notes on printed results, by key; the column `notes` of `published_results` names those of a row."""


class ResultRow(NamedTuple):
    """One printed figure of tables 1, 4 to 6, 8, 10 and 12 to 18."""

    table: int
    """The paper's table."""
    scenario: str
    """The scenario; `all` for the mean over the three."""
    condition: str
    """The condition, by the paper's name."""
    model: str
    """The model, by the paper's name."""
    measure: str
    """The measure, by our name. The printed over-usage counts what was granted, and stands here as
    `over_usage_granted`; the printed total gain as `gain`."""
    value: float
    """The printed figure, in its unit: shares in per cent."""
    spread: float | None
    """What is printed after ±, in the same unit. Missing where nothing is."""
    spread_kind: str | None
    """What that is: `ci95` (half a 95 % interval) or `std` (a standard deviation). Missing without one."""
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
    """`dynamics`, `sustainable_action`, `threshold_assumption` (told that all take the same) or `threshold_belief` (not
    told)."""
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
"""Members, growth and capacity of the world that the paper's figures are about."""


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


def published_results() -> pd.DataFrame:
    """The printed results; `RESULTS` describes the columns, `NOTES` has the text of notes."""
    return _results().copy()


def published_subskills() -> pd.DataFrame:
    """The printed accuracies in sub-skills; `SUBSKILLS` describes the columns."""
    return _printed("subskills", SUBSKILLS)


def published_dialogue() -> pd.DataFrame:
    """The printed shares of utterances; `DIALOGUE` describes the columns."""
    return _printed("dialogue", DIALOGUE)


def published_notes(rows: pd.DataFrame) -> dict[str, str]:
    """The footnotes that some printed results need, by key, in order of first occurrence.

    Args:
        rows: some rows of `published_results`.
    """
    keys = dict.fromkeys(key for notes in rows["notes"] for key in notes.split())
    return {key: NOTES[key].text for key in keys}


def paper_label(model: str) -> str | None:
    """The paper's name for a model, or None when the paper has no such model.

    A provider, a date, a version or a quantisation does not matter: `openai/gpt-4o-2024-05-13` is `GPT-4o`, and
    `openai/gpt-4o-mini` is none of them.

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
    """A file of printed figures, with the columns of its frame that it has."""
    with (files("govsim.analysis.published") / f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=layout.kinds)
