"""The confusion table of a judge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from govsim.analysis import render
from govsim.analysis.dialogue.checking import check_table, read_check
from govsim.config import Models
from govsim.errors import AnalysisError
from govsim.journal import LABELS, JudgeCheck, Label, LabelName, Recorder, Study
from govsim.scenarios import load_scenario
from tests.unit.analysis.dialogue.conftest import WriteStudy, label, line

WriteRun = Callable[..., Path]


@pytest.fixture
def write_check(tmp_path: Path) -> Callable[..., Path]:
    """Writes the check of a judge: pairs of what is known and what it says."""

    def write(*pairs: tuple[LabelName, LabelName | None]) -> Path:
        study = Study(
            subject=JudgeCheck(),
            models=Models(default="mock/judge"),
            scenario=load_scenario("fishery"),
            versions={"govsim": "0.1.0"},
        )
        path = tmp_path / "check.study"
        with Recorder(path) as recorder:
            recorder.write(study)
            for number, (known, given) in enumerate(pairs):
                said = {"month": 0, "member": "John", "ordinal": number, "text": f"line {number}", "expected": known}
                recorder.write(Label(**said, label=given, invalid=None if given else "no label"))
        return path

    return write


def test_known_labels_are_counted_by_the_label_of_the_judge(write_check: Callable[..., Path]) -> None:
    one, two, three = LABELS[0], LABELS[3], LABELS[7]
    path = write_check((one, one), (one, one), (one, two), (one, None), (two, two), (three, one))
    sheet = check_table(read_check(path), "mock/judge")
    rows = {str(row["known"]): row for row in sheet.records}
    assert [rows[one][name] for name in (one, two, three, "unread")] == [2, 1, 0, 1]
    assert rows[one]["right"]["value"] == pytest.approx(100 * 2 / 3)
    assert rows[three][one] == 1
    assert rows[LABELS[1]]["right"]["value"] is None
    text = render(sheet)
    assert "Right overall, in per cent: 60.00 [14.66, 94.73], of 5 utterances; unreadable replies: 1." in " ".join(
        text.split()
    )
    assert "Cohen's kappa: 0.29" in text


def test_a_journal_that_is_not_a_check_of_a_judge_is_rejected(
    write_run: WriteRun, write_study: WriteStudy, write_check: Callable[..., Path]
) -> None:
    said = line(1, 0, "John", "Hi.")
    path = write_study(write_run("a.jsonl", said=[said]), "labels", [label(said, LABELS[0])])
    with pytest.raises(AnalysisError, match="not a check of a judge; create one with"):
        read_check(path)
    with pytest.raises(AnalysisError, match="contains no answers"):
        read_check(write_check())
