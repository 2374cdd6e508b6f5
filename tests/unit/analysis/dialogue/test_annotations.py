"""Sheets for people: what is drawn, what they show, and that they come back as they were."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.analysis.dialogue import annotation_sample, majority_labels, read_annotations, write_annotation_sheet
from govsim.analysis.dialogue.annotations import (
    SAMPLE_COLUMNS,
    as_sheet,
    harmless,
    original,
    utterance_id,
    utterance_ids,
)
from govsim.analysis.dialogue.codebook import MEANINGS, instructions
from govsim.errors import AnalysisError
from govsim.journal import LABELS
from govsim.scenarios import load_scenario
from govsim.studies.dialogue.planning import with_judge_templates
from tests.unit.analysis.dialogue.conftest import SHARING, WriteStudy, dialogue_in, label, line

WriteRun = Callable[..., Path]


@pytest.fixture
def folder(write_run: WriteRun, write_study: WriteStudy, tmp_path: Path) -> Path:
    """Two conditions, 40 utterances each: 36 that share information, and two of each of two other labels."""
    for condition in ("default", "other"):
        said = [line(1, number, "John", f"line {number} in {condition}") for number in range(40)]
        run = write_run(f"{condition}.jsonl", said=said, settings={"condition": condition})
        labels = [SHARING] * 36 + [LABELS[4]] * 2 + [LABELS[7]] * 2
        write_study(run, "labels", [label(one, name) for one, name in zip(said, labels, strict=True)])
    return tmp_path


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


class TestSample:
    def test_rare_labels_and_all_conditions_are_in_it(self, folder: Path) -> None:
        sample = annotation_sample(dialogue_in(folder), 12, rng())
        settled = majority_labels(dialogue_in(folder).utterances)
        places = settled[["path", "month", "ordinal", "text"]].to_numpy().tolist()
        names = [utterance_id(*place) for place in places]
        labels = dict(zip(names, settled["label"], strict=True))
        assert Counter(labels[name] for name in sample["id"]) == {SHARING: 4, LABELS[4]: 4, LABELS[7]: 4}
        assert Counter(name.split(".")[0] for name in sample["id"]) == {"default": 6, "other": 6}

    def test_it_shows_what_was_said_before_and_no_label(self, folder: Path) -> None:
        sample = annotation_sample(dialogue_in(folder), 80, rng())
        assert tuple(sample) == SAMPLE_COLUMNS
        assert len(sample) == len(set(sample["id"])) == 80
        third = sample[sample["utterance"] == "line 2 in other"].iloc[0]
        assert third["context"] == "John: line 0 in other\nJohn: line 1 in other"
        assert third["speaker"] == "John"
        assert not any(name in as_sheet(sample) for name in LABELS)

    def test_the_same_seed_draws_the_same_and_another_another(self, folder: Path) -> None:
        first = annotation_sample(dialogue_in(folder), 10, rng())
        pd.testing.assert_frame_equal(first, annotation_sample(dialogue_in(folder), 10, rng()))
        assert set(first["id"]) != set(annotation_sample(dialogue_in(folder), 10, rng(1))["id"])

    def test_utterances_need_no_judge_to_be_annotated(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a.jsonl", said=[line(1, 0, "moderator", "Hello."), line(1, 1, "John", "Hi.")])
        sample = annotation_sample(dialogue_in(tmp_path), 5, rng())
        assert sample["utterance"].tolist() == ["Hi."]
        assert sample["context"].tolist() == ["moderator: Hello."]

    def test_a_sheet_without_utterances_is_an_error(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a.jsonl")
        with pytest.raises(AnalysisError, match="there is nothing to annotate"):
            annotation_sample(dialogue_in(tmp_path), 5, rng())
        with pytest.raises(AnalysisError, match="size = 0: must be 1 or more"):
            annotation_sample(dialogue_in(tmp_path), 0, rng())


class TestFormulas:
    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "'=1", "''", "\n=1"])
    def test_what_begins_like_a_formula_does_not_do_so_in_a_sheet(self, text: str) -> None:
        assert harmless(text) == f"'{text}"
        assert original(harmless(text)) == text

    @given(st.text())
    def test_every_text_comes_back_as_it_was(self, text: str) -> None:
        assert original(harmless(text)) == text
        assert not harmless(text).lstrip(" \t\r\n").startswith(("=", "+", "-", "@"))

    def test_what_a_model_wrote_is_harmless_in_every_column(self, write_run: WriteRun, tmp_path: Path) -> None:
        said = [line(1, 0, "John", "=cmd|' /C calc'!A0"), line(1, 1, "John", '+1 "quoted", and\nmore; =2')]
        write_run("-a.jsonl", said=said)
        rows = list(
            csv.DictReader(io.StringIO(as_sheet(annotation_sample(dialogue_in(tmp_path), 5, rng())), newline=""))
        )
        assert all(not field.startswith(("=", "+", "-", "@")) for row in rows for field in row.values())
        assert {original(row["utterance"]) for row in rows} == {one.text for one in said}
        known = utterance_ids(dialogue_in(tmp_path))
        assert {original(row["id"]) for row in rows} == set(known)


def fill(sheet: Path, labels: dict[str, str], to: Path, **how: str) -> Path:
    """A person's copy of a sheet, with labels by utterance."""
    text = sheet.read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), delimiter=how.get("delimiter", ","))
        writer.writeheader()
        writer.writerows({**row, "label": labels.get(row["utterance"], "")} for row in rows)
    return to


class TestReadingBack:
    @pytest.fixture
    def sheet(self, folder: Path) -> Path:
        return write_annotation_sheet(
            annotation_sample(dialogue_in(folder), 4, rng()), folder / "sheets" / "sample.csv"
        )[0]

    def test_labels_come_back_by_person_and_missing_ones_are_counted(self, sheet: Path, folder: Path) -> None:
        names = [row["utterance"] for row in csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"), newline=""))]
        ada = fill(sheet, {names[0]: "persuasion", names[1]: " Punishment "}, folder / "ada.csv")
        bob = fill(sheet, dict.fromkeys(names, SHARING), folder / "bob.csv", delimiter=";")
        known = utterance_ids(dialogue_in(folder))
        found = read_annotations([ada, bob], known)
        assert sorted(found.labels["ada"].values()) == ["persuasion", "punishment"]
        assert list(found.labels["bob"].values()) == [SHARING] * 4
        assert found.missing == {"ada": 2}
        assert set(found.labels["bob"]) <= set(known)

    def test_a_sheet_is_not_written_over(self, sheet: Path, folder: Path) -> None:
        with pytest.raises(AnalysisError, match=r"sample\.csv: already exists and may contain labels"):
            write_annotation_sheet(annotation_sample(dialogue_in(folder), 4, rng()), sheet)

    def test_the_labels_are_explained_beside_it(self, sheet: Path) -> None:
        text = sheet.with_name("sample.labels.txt").read_text(encoding="utf-8")
        assert text == instructions()
        assert all(f"{name}: {meaning}" in text for name, meaning in MEANINGS.items())

    def test_annotators_read_the_same_definitions_of_labels_as_judges(self) -> None:
        template = with_judge_templates(load_scenario("fishery")).templates["judge-labels"]
        assert all(f"- {name}: {meaning}" in template for name, meaning in MEANINGS.items())
        assert tuple(MEANINGS) == LABELS

    def test_a_column_can_name_the_annotator(self, tmp_path: Path) -> None:
        (tmp_path / "all.csv").write_text("annotator,id,label\nada,x,persuasion\nbob,x,punishment\n", encoding="utf-8")
        assert set(read_annotations([tmp_path / "all.csv"]).labels) == {"ada", "bob"}

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("id,label\nx,persuade\n", r"ada\.csv, row 2: label = persuade: did you mean persuasion\? must be one of"),
            ("id,label\nx,persuasion\ny,\nx,\n", r"row 4: ada already labelled x \(.*ada\.csv, row 2\)"),
            ("id,label\nz,persuasion\n", r"row 2: id = z: no such utterance"),
            ("id,text\nx,a\n", r"ada\.csv: has no column label"),
            ("", r"has no column id and no column label"),
            ("id,label\nx\n", r"row 2: has 1 fields instead of 2"),
            ('id,label\n"x,persuasion\n', r"is not a CSV file"),
        ],
    )
    def test_errors_have_one_line(self, tmp_path: Path, content: str, told: str) -> None:
        (tmp_path / "ada.csv").write_text(content, encoding="utf-8")
        with pytest.raises(AnalysisError, match=told):
            read_annotations([tmp_path / "ada.csv"], {"x", "y"})

    def test_another_encoding_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "ada.csv").write_bytes("id,label\nä,".encode("latin-1"))
        with pytest.raises(AnalysisError, match="is not encoded in UTF-8; save it as CSV UTF-8"):
            read_annotations([tmp_path / "ada.csv"])
        with pytest.raises(AnalysisError, match=r"none\.csv: cannot be read"):
            read_annotations([tmp_path / "none.csv"])

    def test_two_files_of_one_name_are_one_person_who_labels_twice(self, tmp_path: Path) -> None:
        for place in ("one", "two"):
            (tmp_path / place).mkdir()
            (tmp_path / place / "ada.csv").write_text("id,label\nx,persuasion\n", encoding="utf-8")
        with pytest.raises(AnalysisError, match="already labelled x"):
            read_annotations([tmp_path / "one" / "ada.csv", tmp_path / "two" / "ada.csv"])
