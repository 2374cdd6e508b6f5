"""Conformance checks for records and analysis: events, measures, figures, judge questions and sub-skill tests."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from govsim.analysis import cells_of, format_table
from govsim.analysis.figures.figure import Figure, Series
from govsim.analysis.measures import Measure
from govsim.analysis.results import Results, load
from govsim.analysis.runs import RunMeasures, measures_of
from govsim.config import World
from govsim.journal import Event, Journal
from govsim.journal.decoding import Decoder
from govsim.journal.kinds import check_registered
from govsim.journal.line import line_of
from govsim.models.question import Reply
from govsim.plugins import Extension, PluginWarning
from govsim.scenarios import Prompts
from govsim.skills import SkillTest
from govsim.skills.problems import problems
from govsim.studies.dialogue import JudgeQuestion
from govsim.studies.dialogue.judge_question import items_of
from govsim.studies.dialogue.planning import with_judge_templates
from govsim.testing.conformance import (
    ConformanceError,
    extension,
    failures_of,
    reason_of,
    repeated,
    require,
    require_description,
)
from govsim.testing.phases_and_rules import society_of
from govsim.testing.samples import sample_answer, sample_value
from govsim.testing.societies import MEMBERS, planned, run_journal, temporary_folder

_SOCIETIES: tuple[Mapping[str, Any], ...] = (
    {"agents": {"default": "policy:greedy"}, "world": {"collapse": 5}},
    {"agents": {"default": "policy:fair-share"}, "world": {"months": 3}},
    {"agents": {"default": "policy:random"}, "world": {"months": 4, "growth": 3.0}},
    {"agents": {"default": "policy:fixed:0"}, "world": {"months": 1}},
    {"agents": {"default": "direct"}},
)


def check_event(event: type[Event] | str, example: Event | None = None) -> None:
    """Check that an event can be written to a journal and is read back unchanged.

    Args:
        event: the class, or its registered name.
        example: an event to write; if None, one is made from the types of its fields.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("events", event) as found:
        what, kind = f"event {found.name}", found.value
        require_description(what, kind)
        written = example or _example(what, kind)
        _require_same(what, written)


def _require_same(what: str, written: Event) -> None:
    """Check that an event is read back from its line unchanged."""
    with failures_of(what, "is written"):
        line = line_of(written).rstrip(b"\n")
    with failures_of(what, "is read back"):
        read = Decoder(next(iter(written.journals))).event_in(line)
    require(
        type(read) is type(written) and read == written,
        f"{what}: {written!r} is read back as {read!r}, but must be unchanged; give each field a type that JSON "
        "preserves",
    )


def _example(what: str, kind: type[Event]) -> Event:
    values = {name: sample_value(kind, name) for name, field in kind.model_fields.items() if field.is_required()}
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        reason = reason_of(error)
        raise ConformanceError(
            f"{what}: no example could be made from its types ({reason}); pass one as example="
        ) from error


def check_measure(measure: Measure | str, settings: Mapping[str, Any] | None = None) -> None:
    """Check that a measure is computed, deterministically, for runs that collapse, survive, or harvest nothing.

    One of the runs has all phases and rules of the measure's package.

    Args:
        measure: the measure, or its registered name.
        settings: settings of an additional run in which the measure is defined.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("measures", measure) as found, temporary_folder() as folder:
        what = f"measure {found.name}"
        journals = list(_journals(found, what, settings, folder))
        runs = repeated(what, "is computed", lambda: [_measured(what, found.value, journal) for journal in journals])
        require(
            any(run.values[found.name] is not None for run in runs),
            f"{what}: is undefined in all sample runs; pass the settings of a run in which it is defined as settings=",
        )
        undefined = [run for run in runs if run.is_counted and run.values[found.name] is None]
        require(
            not undefined or bool(found.value.undefined),
            f"{what}: is None in a counted run; state in its attribute undefined when this happens",
        )
        with failures_of(what, "is put into a table"):
            format_table(cells_of(runs))


def _journals(found: Extension[Any], what: str, settings: Mapping[str, Any] | None, folder: Path) -> Iterator[Journal]:
    given = () if settings is None else (settings,)
    for number, of_one in enumerate((*_SOCIETIES, *society_of(found.origin), *given)):
        yield run_journal(f"{what}: a run to compute it from", planned(what, of_one, folder / str(number)))


def _measured(what: str, measure: Measure, journal: Journal) -> RunMeasures:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", PluginWarning)
        run = measures_of(journal)
    own = [str(one.message) for one in warned if str(one.message).startswith(f"measure {measure.name} of ")]
    if own:
        raise ConformanceError(f"{what}: {own[0].partition(': ')[2].rpartition('; ')[0]}")
    return run


def check_figure(figure: Figure | str, settings: Mapping[str, Any] | None = None) -> None:
    """Check that a figure can be drawn for a few runs, under its own name and reproducibly.

    One of the runs has all phases and rules of the figure's package.

    Args:
        figure: the figure, or its registered name.
        settings: settings of an additional run with data for the figure.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("figures", figure) as found, temporary_folder() as folder:
        what, one = f"figure {found.name}", found.value
        list(_journals(found, what, settings, folder))
        results = load(folder)
        with failures_of(what, "looks for data"):
            if not one.has_data(results):
                return
        with failures_of(what, "draws"):
            drawings, again = (one.draw(results, _series(results)) for _ in range(2))
        require(
            [drawn.frame.to_csv() for drawn in drawings] == [drawn.frame.to_csv() for drawn in again],
            f"{what}: draws different values from the same runs; take random numbers only from series.rng",
        )
        require(bool(drawings), f"{what}: returns no drawing; must return at least one, which states why it is empty")
        for drawn in drawings:
            require(
                drawn.name == found.name or drawn.name.startswith(f"{found.name}-"),
                f"{what}: a drawing is named {drawn.name}; must be {found.name}, or a name that begins with "
                f"{found.name}-",
            )
            with failures_of(what, "is written"):
                drawn.content("svg")


def _series(results: Results) -> Series:
    agents = results.runs["agent"]
    baseline = str(agents.iloc[0]) if len(agents) else None
    return Series(by="agent", baseline=baseline, rng=np.random.default_rng(1))


def check_judge_question(question: JudgeQuestion | str) -> None:
    """Check that a judge question can be asked about a run, and that each reply is converted to a study event.

    Args:
        question: the question, or its registered name.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("judge_questions", question) as found, temporary_folder() as folder:
        what, one = f"question to judges {found.name}", found.value
        journal = run_journal(f"{what}: a run to ask about", planned(what, {}, folder))
        with failures_of(what, "adds templates"):
            prompts = Prompts(with_judge_templates(journal.header.scenario, one), journal.header.experiment.world)
        with failures_of(what, "asks about a run"):
            items = list(items_of(one, journal, prompts))
        require(bool(items), f"{what}: asks nothing about a run with discussions and decisions")
        for item in items:
            repeated(what, "composes a prompt", lambda: item.question.prompt.messages)  # noqa: B023
            for reply in (Reply(values={}, invalid="unreadable"), Reply(values=sample_answer(item.question.fields))):
                line = repeated(what, "converts a reply", lambda: item.line(reply))  # noqa: B023
                _require_line(what, line)


def _require_line(what: str, line: object) -> None:
    require(
        isinstance(line, Event) and "study" in line.journals,
        f"{what}: converts a reply to {line!r}; must return an event whose journals contain study",
    )
    assert isinstance(line, Event), "checked above"
    with failures_of(what, "converts a reply"):
        check_registered(line)
    _require_same(what, line)


def check_skill_test(test: SkillTest | str) -> None:
    """Check that a sub-skill test has a correct answer to each of its problems, deterministically.

    Args:
        test: the test, or its registered name.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("skill_tests", test) as found:
        what = f"sub-skill test {found.name}"
        made = repeated(what, "makes problems", lambda: list(problems(World(), MEMBERS, 1, found.value, 20)))
        for one in made:
            answers = (one.least, one.most)
            require(
                all(type(units) is int for units in answers),
                f"{what}: problem {one.number} has correct answers from {one.least!r} to {one.most!r}; must be whole "
                "numbers (int)",
            )
