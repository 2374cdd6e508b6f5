"""The memories of a member, and their retrievals with the parts of the score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nicegui import ui

from govsim.analysis.tables.table import Column, Row, Table
from govsim.characters import counted, name_text
from govsim.config import Experiment
from govsim.journal import MemoryLine, Retrieval
from govsim.web.parts.listing import ListColumn, Listing
from govsim.web.parts.table import draw
from govsim.web.theme import chips, dialog, empty, said, short, subheading

_MEMORY = """
<button class="linklike">{{ props.row.text }}</button>
<span v-if="props.row.note" class="cell-sub">{{ props.row.note }}</span>
"""
_IMPORTANCE = """
<template v-if="props.row.rated">{{ props.row.importance }}
<div class="bar"><div :style="'width:' + props.row.rated + '%'"></div></div></template><span v-else>–</span>
"""

_PARTS = {"recency": "#56B4E9", "importance": "#E69F00", "relevance": "#009E73"}
"""The parts of a score and their colours."""

_SCORES = tuple(Column(name=name, kind="number") for name in (*_PARTS, "score"))
_MOST_QUERIES, _MOST_TIMES = 30, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A memory and the number of its retrievals."""

    line: MemoryLine
    times: int


def remembered(memories: Sequence[MemoryLine], retrievals: Sequence[Retrieval]) -> list[Remembered]:
    """Count the retrievals of each memory.

    Args:
        memories: the memories of one member.
        retrievals: the retrievals of the same member.
    """
    times = Counter(scored.memory for retrieval in retrievals for scored in retrieval.memories)
    return [Remembered(line=line, times=times[line.ordinal]) for line in memories]


def _note(one: Remembered) -> str:
    notes = {"always in the prompt": one.line.is_always_retrieved, "an agreed limit": one.line.is_agreement}
    return ", ".join(text for text, is_so in notes.items() if is_so)


COLUMNS: tuple[ListColumn[Remembered], ...] = (
    ListColumn(
        name="text",
        label="Memory",
        shown=lambda one: short(one.line.description, 300),
        cell=_MEMORY,
        classes="cell-run",
    ),
    ListColumn(name="month", label="Month", key=lambda one: one.line.month, kind="count"),
    ListColumn(name="type", label="Type", key=lambda one: one.line.type),
    ListColumn(
        name="importance", label="Importance", key=lambda one: one.line.importance, kind="count", cell=_IMPORTANCE
    ),
    ListColumn(name="times", label="Retrieved", key=lambda one: one.times, kind="count"),
)


def memory_list(opened: Callable[[MemoryLine], object]) -> Listing[Remembered]:
    """Create the list of the memories of a member, initially empty.

    Args:
        opened: called with the memory that is clicked.
    """
    return Listing(
        COLUMNS,
        lambda one: str(one.line.ordinal),
        lambda one: {"note": _note(one), "rated": 10 * (one.line.importance or 0)},
        opened=lambda one: opened(one.line),
        sort="month",
        size=10,
    )


def show_memory(line: MemoryLine, retrievals: Sequence[Retrieval]) -> None:
    """Show a memory with all its retrievals and their scores.

    Args:
        line: the memory.
        retrievals: all retrievals of the member.
    """
    found = [(one, scored) for one in retrievals for scored in one.memories if scored.memory == line.ordinal]
    with dialog(f"Memory {line.ordinal + 1}, month {line.month}"):
        said(line.description)
        chips(f"created {line.created}", f"expires {line.expires}", f"importance {line.importance or '–'}")
        subheading(f"Retrieved {counted(len(found), 'time')}")
        if not found:
            is_always = line.is_always_retrieved
            what = "It is in every prompt until it expires." if is_always else ""
            empty("psychology_alt", "Not retrieved.", what)
            return
        times = [
            {"query": one.query, "month": one.month, "purpose": one.purpose, **scored.model_dump()}
            for one, scored in found[:_MOST_TIMES]
        ]
        columns = (
            Column(name="query", place="stub"),
            Column(name="month", kind="count"),
            Column(name="purpose", heading="for", kind="name", place="remark"),
            *_SCORES,
        )
        draw(Table(name="times", title="Retrievals", columns=columns, data=times))


def recalled(
    retrievals: Sequence[Retrieval],
    memories: Sequence[MemoryLine],
    experiment: Experiment,
    member: str,
    nothing: str,
) -> None:
    """Show the retrievals of a member by query, the best memory first, with the parts of each score.

    Args:
        retrievals: the retrievals.
        memories: all memories of the member.
        experiment: the experiment, which sets the weights.
        member: the name of the member.
        nothing: the text shown if there are no retrievals.
    """
    if not retrievals:
        empty("psychology_alt", nothing)
        return
    weights = _weights(experiment, member)
    with ui.element("div").classes("row-line small soft"):
        for part, weight in weights.items():
            with ui.element("span"):
                ui.element("span").classes("key").style(f"background: {_PARTS[part]}")
                ui.label(f"{part} × {weight:g}").style("display: inline")
    by_ordinal = {one.ordinal: one for one in memories}
    for retrieval in retrievals[:_MOST_QUERIES]:
        with ui.element("div").classes("stack-tight"):
            _recalled(retrieval, by_ordinal, weights)


def _weights(experiment: Experiment, member: str) -> dict[str, float]:
    """The weight of each part of a retrieval score; 1 if the settings of the agent do not contain it."""
    settings = experiment.agents.settings_of(experiment.agent_of(member).partition(":")[0])
    given = {part: settings.get(f"{part}_weight") for part in _PARTS}
    return {part: float(weight) if isinstance(weight, int | float) else 1.0 for part, weight in given.items()}


def _recalled(retrieval: Retrieval, memories: Mapping[int, MemoryLine], weights: Mapping[str, float]) -> None:
    purpose = short(name_text(retrieval.purpose), 40)
    ui.label(f"For {purpose}: “{short(retrieval.query, 300)}”").classes("small said")
    texts = {ordinal: line.description for ordinal, line in memories.items()}
    rows = [
        {"text": texts.get(one.memory, f"memory {one.memory + 1}"), **one.model_dump()} for one in retrieval.memories
    ]
    columns = (Column(name="text", heading="memory", place="stub"), *_SCORES, Column(name="drawn"))
    table = Table(name="recalled", title=f"Memories retrieved for {purpose}", columns=columns, data=rows)
    draw(table, cells={"drawn": lambda row: _parts(row, weights)})


def _parts(row: Row, weights: Mapping[str, float]) -> None:
    """A score as a stacked bar of its parts, relative to the maximum score."""
    with ui.element("div").classes("parts").props("aria-hidden=true"):
        for part, weight in weights.items():
            ui.element("div").style(f"width: {100 * weight * row[part] / (sum(weights.values()) or 1):.1f}%")
