"""Events of studies: each survives a round trip through a file, and is not allowed in a run's journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govsim.errors import JournalError
from govsim.journal import (
    EVENTS,
    GROUPS,
    LABELS,
    Event,
    JudgeCheck,
    Judging,
    Probing,
    Skills,
    find_journals,
    find_studies,
    read_any,
    read_each_study,
    read_journal,
    read_study,
)
from govsim.journal.kinds import class_of
from govsim.journal.line import line_of

Make = Callable[..., Event]
WriteJournal = Callable[..., Path]

OF_RUNS, OF_STUDIES = ({found.name for found in EVENTS if what in found.value.journals} for what in ("run", "study"))


def test_there_is_an_example_of_every_kind(study: list[Event]) -> None:
    assert {event.kind for event in study} == OF_STUDIES


def test_every_line_is_read_back_as_it_was_written(study: list[Event]) -> None:
    for event in study:
        again = class_of(event.kind).model_validate_json(line_of(event))
        assert again == event
        assert type(again) is type(event)


def test_a_study_is_read_back_from_its_file(study: list[Event], write_journal: WriteJournal) -> None:
    journal = read_study(write_journal(study, "seed-0.study"))
    assert [journal.header, *journal.events] == study
    assert journal.status == "completed"
    assert journal.header.model == "mock/one"


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ({"study": "skills", "world": {}, "members": ["Ann"]}, Skills),
        ({"study": "labels", "journal": "seed-0.jsonl", "rater": "judge.2", "sample": 2}, Judging),
        ({"study": "promises", "journal": "seed-0.jsonl", "rater": "judge"}, Judging),
        ({"study": "judge-check"}, JudgeCheck),
        ({"study": "probe"}, Probing),
    ],
)
def test_the_subject_determines_the_type_of_study(make: Make, subject: Mapping[str, Any], kind: type) -> None:
    event = make("study", subject=subject)
    assert type(event.subject) is kind  # type: ignore[attr-defined]
    assert class_of(event.kind).model_validate_json(line_of(event)) == event


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("study", {"models": {}}, r"models.default is missing; a study requires a model"),
        ("study", {"subject": {"study": "weather"}}, r"subject"),
        ("study", {"subject": {"study": "labels", "journal": "a.jsonl", "sample": 0}}, r"sample"),
        ("solution", {"answer": 16}, r"answer and invalid: exactly one of them must be null"),
        ("solution", {"invalid": None}, r"answer and invalid: exactly one of them must be null"),
        ("solution", {"invalid": None, "answer": 16, "is_right": False}, r"is_right = False: is not consistent with"),
        ("solution", {"invalid": None, "answer": 17, "is_right": True}, r"is_right = True: is not consistent with"),
        ("solution", {"invalid": None, "answer": 16}, r"is_right = None: is not consistent with"),
        ("solution", {"stock": -1}, r"stock"),
        ("label", {"label": "shouting"}, r"label"),
    ],
)
def test_an_inconsistent_event_is_rejected(make: Make, kind: str, change: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make(kind, **change)


def test_events_of_studies_are_not_allowed_in_journals_of_runs_and_vice_versa(
    run: list[Event], study: list[Event], make: Make, write_journal: WriteJournal
) -> None:
    for kind in OF_STUDIES - OF_RUNS - {"study"}:
        path = write_journal([run[0], make(kind)])
        with pytest.raises(JournalError, match=rf"line 2: kind = {kind}: is not allowed in the journal of a run"):
            read_journal(path)
    for kind in OF_RUNS - OF_STUDIES - {"header"}:
        path = write_journal([study[0], make(kind)], "seed-0.study")
        with pytest.raises(JournalError, match=rf"line 2: kind = {kind}: is not allowed in the journal of a study"):
            read_study(path)


def test_each_reader_rejects_the_other_kind_of_journal(
    run: list[Event], study: list[Event], write_journal: WriteJournal
) -> None:
    of_run, of_study = write_journal(run), write_journal(study, "seed-0.study")
    with pytest.raises(JournalError, match=r"line 1: is the header of the journal of a study, not of a run"):
        read_journal(of_study)
    with pytest.raises(JournalError, match=r"line 1: is the header of the journal of a run, not of a study"):
        read_study(of_run)
    assert read_any(of_run) == read_journal(of_run)
    assert read_any(of_study) == read_study(of_study)


def test_each_kind_of_journal_is_found_by_its_suffix(
    run: list[Event], study: list[Event], write_journal: WriteJournal, tmp_path: Path
) -> None:
    of_run, of_study = write_journal(run), write_journal(study, "seed-0.study")
    assert (find_journals(tmp_path), find_studies(tmp_path)) == ([of_run], [of_study])
    assert find_journals(tmp_path, with_studies=True) == [of_run, of_study]
    assert read_each_study(tmp_path, lambda path: path) == [of_study]
    assert read_each_study(of_run, lambda path: path) == []


def test_every_label_belongs_to_one_group() -> None:
    assert [label for group in GROUPS.values() for label in group] == list(LABELS)
    assert len(set(LABELS)) == 8
