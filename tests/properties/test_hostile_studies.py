"""Truncated, damaged or malicious journals of studies are read correctly or rejected in one line."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govsim.analysis import format_spending, load, spending
from govsim.analysis.skills import accuracies_table, format_wrong, solutions_frame, wrong_answers
from govsim.analysis.tables.formats import render
from govsim.config import Execution
from govsim.errors import GovSimError
from govsim.jobs import execute_all, prepare
from govsim.journal import is_unstarted, read_study
from govsim.studies import SkillSettings, StudyJob, plan_skills
from tests.properties.test_hostile_journals import HOSTILE, LINES, outcome_of, places_in, with_value

quick = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def planned(folder: Path) -> list[StudyJob]:
    return plan_skills(
        SkillSettings(models=["fake/society"], scenarios=["fishery"], problems=2, out=folder, settings={})
    )


def carried_out(folder: Path) -> str:
    plans, how = planned(folder), Execution(out=folder)
    [result] = asyncio.run(execute_all(plans, prepare(plans, how)))
    return result.status


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of a study of two problems in every test."""
    folder = tmp_path_factory.mktemp("whole")
    assert carried_out(folder) == "completed"
    return planned(folder)[0].path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a damaged journal is put: where its study would continue it."""
    path = planned(tmp_path)[0].path
    path.parent.mkdir(parents=True)
    return path


def used(path: Path) -> list[object]:
    """The results of everything that reads a journal of a study."""
    ways: list[Callable[[], object]] = [
        lambda: read_study(path),
        lambda: render(accuracies_table(load(path, frames=("studies",)).skills), "text"),
        lambda: json.loads(render(accuracies_table(load(path, frames=("studies",)).skills), "json")),
        lambda: format_wrong(wrong_answers(load(path, frames=("studies",)).skills, 5)),
        lambda: solutions_frame(load(path, frames=("studies",)).skills),
        lambda: format_spending(spending(load(path, frames=("calls",)).calls)),
        lambda: is_unstarted(path),
    ]
    return [outcome_of(use) for use in ways]


def test_an_intact_journal_is_read_by_all_readers(whole: Path) -> None:
    assert not [found for found in used(whole) if isinstance(found, GovSimError)]


@quick
@given(data=st.data())
def test_a_journal_cut_anywhere_is_continued_to_the_same_answers(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = whole.read_bytes()
    folder = tmp_path_factory.mktemp("cut")
    path = planned(folder)[0].path
    path.parent.mkdir(parents=True)
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    if not is_unstarted(path):
        assert all(not study.is_finished for study in load(path, frames=("studies",)).skills)
    assert carried_out(folder) == "completed"
    assert load(path, frames=("studies",)).skills[0].solutions == load(whole, frames=("studies",)).skills[0].solutions


@quick
@given(data=st.data())
def test_a_journal_with_damaged_bytes_is_rejected_or_can_be_used(whole: Path, place: Path, data: st.DataObject) -> None:
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    place.write_bytes(bytes(content))
    used(place)


@quick
@given(data=st.data())
def test_a_hostile_line_anywhere_is_rejected(whole: Path, place: Path, data: st.DataObject) -> None:
    lines = whole.read_bytes().split(b"\n")
    lines.insert(data.draw(st.integers(0, len(lines) - 2)), data.draw(st.sampled_from(LINES)))
    place.write_bytes(b"\n".join(lines))
    assert isinstance(used(place)[0], GovSimError)


@settings(quick, max_examples=4 * settings().max_examples)
@given(data=st.data())
def test_any_value_anywhere_is_read_or_rejected(whole: Path, place: Path, data: st.DataObject) -> None:
    lines = [json.loads(line) for line in whole.read_bytes().splitlines()]
    kind = data.draw(st.sampled_from(sorted({line["kind"] for line in lines})))
    at = data.draw(st.sampled_from([number for number, line in enumerate(lines) if line["kind"] == kind][:5]))
    path = data.draw(st.sampled_from(list(places_in(lines[at]))))
    lines[at] = with_value(lines[at], path, data.draw(st.sampled_from(HOSTILE)))
    place.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    used(place)


@quick
@given(data=st.data())
def test_a_manually_changed_answer_is_detected_when_the_study_is_resumed(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """A resumed journal is replayed: recorded answers must follow from the replies."""
    lines = [json.loads(line) for line in whole.read_bytes().splitlines() if b'"kind":"end"' not in line]
    at = data.draw(st.sampled_from([number for number, line in enumerate(lines) if line["kind"] == "solution"]))
    lines[at]["answer"] += 1
    lines[at]["is_right"] = lines[at]["least"] <= lines[at]["answer"] <= lines[at]["most"]
    folder = tmp_path_factory.mktemp("changed")
    path = planned(folder)[0].path
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), encoding="utf-8")
    refused = outcome_of(lambda: carried_out(folder))
    assert isinstance(refused, GovSimError)
    assert "answer was" in str(refused)
    assert not {char for char in str(refused) if unicodedata.category(char) == "Cc"}
