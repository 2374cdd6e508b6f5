"""Ranking of memories before a decision: those that bear on it come first, on a small labelled set of memories."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from govsim.agents.generative import LexicalRelevance
from govsim.config import World, load_yaml
from govsim.scenarios import COMMON_WORDS, Prompts, load_scenario

LABELLED = load_yaml(Path(__file__).with_name("relevance.yaml"))

scenarios = pytest.mark.parametrize("scenario", sorted(LABELLED))


def prompts_of(scenario: str) -> Prompts:
    return Prompts(load_scenario(scenario), World())


def relevance_of(prompts: Prompts) -> LexicalRelevance:
    return LexicalRelevance([prompts.word(name) for name in COMMON_WORDS])


def average_precision(labels: Sequence[bool]) -> float:
    """Mean of the precision at the rank of each relevant memory."""
    ranks = [rank for rank, is_relevant in enumerate(labels, 1) if is_relevant]
    return sum(found / rank for found, rank in enumerate(ranks, 1)) / len(ranks)


async def precision_of(scenario: str, query: str, relevance: LexicalRelevance) -> float:
    """The average precision of a query; among equal scores irrelevant memories come first."""
    groups = LABELLED[scenario]
    memories = [*groups["irrelevant"], *groups["relevant"]]
    [scores] = await relevance.of(memories, [query])
    order = np.argsort(-scores, kind="stable")
    return average_precision([place >= len(groups["irrelevant"]) for place in order])


@scenarios
async def test_memories_that_bear_on_the_decision_come_first(scenario: str) -> None:
    prompts = prompts_of(scenario)
    assert await precision_of(scenario, prompts.render("query"), relevance_of(prompts)) > 0.95
    assert await precision_of(scenario, prompts.word("place"), LexicalRelevance()) < 0.5


@scenarios
async def test_a_broken_promise_is_more_relevant_than_a_beautiful_place(scenario: str) -> None:
    prompts, groups = prompts_of(scenario), LABELLED[scenario]
    broken, beautiful = groups["relevant"][0], groups["irrelevant"][0]
    assert ("promised 10" in broken, "beautiful" in beautiful) == (True, True)
    [scores] = await relevance_of(prompts).of([broken, beautiful], [prompts.render("query")])
    assert scores[0] > scores[1]


async def test_ignored_words_count_neither_in_texts_nor_in_queries() -> None:
    relevance = LexicalRelevance(["the lake", "tons of fish"])
    rows = await relevance.of(["The lake has fish.", "Luke broke his promise at the lake."], ["lake", "promise fish"])
    assert rows.tolist() == [[0, 0], [0, 1]]
