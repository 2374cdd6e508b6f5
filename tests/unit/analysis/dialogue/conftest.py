"""Journals of judges, written beside those of runs as a study writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from govsim.analysis import Table, load
from govsim.analysis.dialogue import Dialogue, tables_of
from govsim.config import Models
from govsim.journal import (
    LABELS,
    Agreement,
    Broken,
    End,
    Event,
    Judging,
    Knowledge,
    Label,
    LabelName,
    Promise,
    Recorder,
    Study,
    Utterance,
)
from govsim.scenarios import load_scenario

StudyName = Literal["labels", "promises", "knowledge"]

PERSUASION, CONSENSUS, SHARING = LABELS[3], LABELS[4], LABELS[0]


def line(month: int, ordinal: int, member: str, text: str | None) -> Utterance:
    """One line of a talk."""
    return Utterance(month=month, member=member, ordinal=ordinal, text=text)


def label(said: Utterance, name: LabelName | None) -> Label:
    """What a judge says of a line; None where its reply could not be read."""
    assert said.text is not None
    return Label(
        month=said.month,
        member=said.member,
        ordinal=said.ordinal,
        text=said.text,
        label=name,
        invalid=None if name else "no label",
    )


def promise(said: Utterance, units: int | None, *, invalid: str | None = None) -> Promise:
    """What a judge reads as the promise of a line's speaker."""
    has_one = units is not None
    return Promise(
        month=said.month,
        member=said.member,
        units=units,
        line=said.ordinal if has_one else None,
        quote=said.text if has_one else None,
        invalid=invalid,
    )


def knows(month: int, member: str, *claims: bool) -> Knowledge:
    """What a judge says of a decision: threshold, others, future; nothing where its reply could not be read."""
    threshold, others, future = claims or (None, None, None)
    invalid = None if claims else "no list"
    return Knowledge(month=month, member=member, threshold=threshold, others=others, future=future, invalid=invalid)


def agreed(month: int, limit: int | None) -> Agreement:
    """What came of a talk."""
    return Agreement(month=month, summary="a talk", limit=limit)


WriteStudy = Callable[..., Path]


def dialogue_in(folder: Path, *, broken: Broken | None = None) -> Dialogue:
    """What was said below a folder."""
    return load(folder, frames=("utterances",), broken=broken).dialogue


def tables_in(folder: Path, *, labels: Sequence[Path] = ()) -> dict[str, Table]:
    """Everything that judges made of the dialogues below a folder."""
    return tables_of(dialogue_in(folder), labels=labels)


@pytest.fixture(scope="session")
def write_study() -> WriteStudy:
    """Writes what a judge said of a run beside its journal."""

    def write(
        run: Path, study: StudyName, lines: Iterable[Event], *, judge: str = "mock/judge", sample: int = 1, **more: Any
    ) -> Path:
        rater = judge.replace("/", "-") + more.get("setup", "") + (f".{sample}" if sample > 1 else "")
        path = run.with_name(f"{run.stem}.{study}.{rater}.study")
        events: Sequence[Event] = [
            Study(
                subject=Judging(study=study, journal=more.get("journal", run.name), rater=rater, sample=sample),
                models=Models(default=judge),
                scenario=load_scenario("fishery"),
                versions={"govsim": "0.1.0"},
            ),
            *lines,
            End(status=more.get("status", "completed"), months=0, at="2024-01-01T00:01:00Z"),
        ]
        with Recorder(path) as recorder:
            for event in events:
                recorder.write(event)
        return path

    return write
