"""Shares of labels, kept promises and limits, and known thresholds: counted by hand, and exclusions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from govsim.analysis import render, render_tables
from govsim.analysis.dialogue import knowledge_shares, label_shares, limit_rates, promise_rates, tables_of
from govsim.analysis.dialogue.majority import self_consistency
from govsim.errors import AnalysisError
from govsim.journal import LABELS, LabelName
from tests.unit.analysis.dialogue.conftest import (
    CONSENSUS,
    PERSUASION,
    SHARING,
    WriteStudy,
    agreed,
    dialogue_in,
    knows,
    label,
    line,
    promise,
    tables_in,
)

WriteRun = Callable[..., Path]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
SAID = [line(1, number, NAMES[number % 5], f"line {number}") for number in range(4)]
MODEL = "openai/gpt-4o-2024-05-13"


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def write(write_run: WriteRun) -> Callable[..., Path]:
    """Writes a run of a second month that John ends with 100, others asking for 8, after a talk and a limit of 9."""

    def write(seed: int, status: str = "collapsed", **more: Any) -> Path:
        asked = [dict.fromkeys(NAMES, 8), {**dict.fromkeys(NAMES, 8), "John": more.get("john", 100)}]
        settings = {"seed": seed, "models": {"default": MODEL}, "condition": more.get("condition", "default")}
        settings |= more.get("settings", {})
        said = [*SAID, agreed(1, 9), *([agreed(2, 7)] if status == "collapsed" else [])]
        return write_run(f"seed-{seed}.jsonl", asked=asked, status=status, settings=settings, said=said)

    return write


def labelled(write_study: WriteStudy, run: Path, *names: LabelName | None, sample: int = 1) -> None:
    write_study(run, "labels", [label(one, name) for one, name in zip(SAID, names, strict=False)], sample=sample)


def row_of(frame: pd.DataFrame, **where: str) -> dict[Any, Any]:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    (row,) = frame.to_dict("records")
    return row


class TestLabels:
    def test_shares_are_of_utterances_with_a_label_in_runs_that_ended(
        self, write: Callable[..., Path], write_study: WriteStudy, tmp_path: Path
    ) -> None:
        labelled(write_study, write(0), SHARING, PERSUASION, PERSUASION, CONSENSUS)
        labelled(write_study, write(1), SHARING, SHARING, None)
        labelled(write_study, write(2, "failed"), *[LABELS[7]] * 4)
        found = label_shares(dialogue_in(tmp_path))
        assert len(found) == 3 + 8
        information = row_of(found, name="information")
        assert information["share"] == pytest.approx(3 / 6)
        assert information["low"] < 0.5 <= information["high"]
        counts = {name: information[name] for name in ("utterances", "runs", "tied", "invalid", "not_asked", "stopped")}
        assert counts == {"utterances": 6, "runs": 2, "tied": 0, "invalid": 1, "not_asked": 1, "stopped": 4}
        assert row_of(found, name="persuasion")["share"] == pytest.approx(2 / 6)
        assert row_of(found, name="punishment")["share"] == 0
        for kind in ("group", "label"):
            assert found.loc[found["kind"] == kind, "share"].sum() == pytest.approx(1)

    def test_ties_are_excluded_and_counted(
        self, write: Callable[..., Path], write_study: WriteStudy, tmp_path: Path
    ) -> None:
        run = write(0)
        labelled(write_study, run, SHARING, SHARING, SHARING, SHARING)
        labelled(write_study, run, SHARING, PERSUASION, SHARING, SHARING, sample=2)
        row = row_of(label_shares(dialogue_in(tmp_path)), name="information")
        assert (row["utterances"], row["tied"], row["share"]) == (3, 1, 1)
        assert pd.isna(row["low"]), "one run has no interval"

    def test_the_papers_share_is_shown_beside_the_default_of_its_model(
        self, write: Callable[..., Path], write_study: WriteStudy, tmp_path: Path
    ) -> None:
        labelled(write_study, write(0), SHARING)
        labelled(write_study, write(1, condition="other"), SHARING)
        found = label_shares(dialogue_in(tmp_path))
        printed = found[found["published"].notna()]
        assert dict(zip(printed["name"], printed["published"], strict=True)) == {
            "information": 0.19,
            "negotiation": 0.80,
            "relational": 0.01,
        }
        assert set(printed["condition"]) == {"default"}

    def test_samples_of_a_judge_are_consistent_where_all_of_them_agree(
        self, write: Callable[..., Path], write_study: WriteStudy, tmp_path: Path
    ) -> None:
        run = write(0)
        labelled(write_study, run, SHARING, SHARING, None, SHARING)
        labelled(write_study, run, SHARING, PERSUASION, SHARING, SHARING, sample=2)
        labelled(write_study, run, SHARING, SHARING, sample=3)
        write_study(run, "labels", [label(SAID[0], SHARING)], judge="mock/once")
        ((judge, (share, utterances)),) = self_consistency(dialogue_in(tmp_path).utterances).items()
        assert share.value == pytest.approx(2 / 3)
        assert (judge, utterances) == ("mock-judge", 3)

    @pytest.mark.parametrize("by", [("model", "seed"), ()])
    def test_rows_can_differ_in_some_columns_only(
        self, write: Callable[..., Path], tmp_path: Path, by: tuple[str, ...]
    ) -> None:
        write(0)
        with pytest.raises(AnalysisError, match=r"by (= seed: must be|is empty: must be at least) one of model"):
            label_shares(dialogue_in(tmp_path), by=by)


class TestPromises:
    def test_rates_rest_on_promises_that_could_be_kept(
        self, write: Callable[..., Path], write_study: WriteStudy, tmp_path: Path
    ) -> None:
        first, second, stopped = write(0), write(1), write(2, "failed")
        john, kate, jack, emma = SAID
        write_study(first, "promises", [promise(john, 90), promise(kate, 8), promise(jack, None), promise(emma, 10)])
        write_study(second, "promises", [promise(john, 98), promise(kate, 9), promise(jack, None, invalid="no number")])
        write_study(stopped, "promises", [promise(john, 1)])
        found = dialogue_in(tmp_path)
        row = row_of(promise_rates(found))
        assert row["kept_share"] == pytest.approx(3 / 5)
        assert row["excess"] == pytest.approx((10 + 2) / 2)
        counts = ("judged", "promises", "kept", "broken", "unknown", "no_harvest", "runs", "tied", "invalid", "stopped")
        assert [row[name] for name in counts] == [6, 5, 3, 2, 0, 0, 2, 0, 1, 1]
        by_member = promise_rates(found, by=("member",))
        assert dict(zip(by_member["member"], by_member["broken"], strict=True))["John"] == 2
        assert row_of(by_member, member="Kate")["kept_share"] == 1

    def test_a_promise_without_a_harvest_after_it_is_neither(
        self, write_run: WriteRun, write_study: WriteStudy, tmp_path: Path
    ) -> None:
        run = write_run("a.jsonl", said=SAID)
        write_study(run, "promises", [promise(SAID[0], 5)])
        row = row_of(promise_rates(dialogue_in(tmp_path)))
        assert (row["promises"], row["no_harvest"], row["runs"]) == (1, 1, 0)
        assert pd.isna(row["kept_share"])


def test_limits_need_no_judge(write: Callable[..., Path], tmp_path: Path) -> None:
    write(0)
    write(1, "failed")
    found = dialogue_in(tmp_path)
    row = row_of(limit_rates(found))
    assert (row["agreements"], row["followed"], row["kept_share"], row["stopped"]) == (2, 1, 0, 1)
    assert (row["limits"], row["limits_broken"], row["months_held"], row["months_held_censored"]) == (2, 1, 0, 0)
    with pytest.raises(AnalysisError, match="an agreed limit is a property of the group"):
        limit_rates(found, by=("member",))


def test_over_usage_is_shown_by_whether_the_threshold_was_named(
    write: Callable[..., Path], write_study: WriteStudy, tmp_path: Path
) -> None:
    decisions = [(2, "John", True), (2, "Kate", True), (1, "John", False), (1, "Kate", False), (1, "Jack", False)]
    write_study(write(0), "knowledge", [*(knows(*one, True, False) for one in decisions), knows(1, "Emma")])
    found = knowledge_shares(dialogue_in(tmp_path))
    shares = dict(zip(found["of"], found["share"], strict=True))
    assert shares == {
        "names_threshold": pytest.approx(2 / 5),
        "names_others": 1,
        "names_future": 0,
        "over_usage": pytest.approx(1 / 6),
        "over_usage_named": pytest.approx(1 / 2),
        "over_usage_not_named": 0,
    }
    assert row_of(found, of="names_threshold")["unsettled"] == 1
    assert dict(zip(found["of"], found["decisions"], strict=True))["over_usage_not_named"] == 3


class TestSheets:
    @pytest.fixture
    def folder(self, write: Callable[..., Path], write_study: WriteStudy, tmp_path: Path) -> Path:
        for seed in range(3):
            run = write(seed)
            for sample in (1, 2):
                labelled(write_study, run, SHARING, PERSUASION, CONSENSUS, SHARING, sample=sample)
            write_study(run, "promises", [promise(SAID[0], 5), promise(SAID[1], 9)])
            write_study(run, "knowledge", [knows(1, "John", True, False, True)])
        write(3)
        return tmp_path

    def test_there_is_one_for_everything_that_was_judged(self, folder: Path) -> None:
        sheets = tables_in(folder)
        assert list(sheets) == ["shares", "agreement", "promises", "members", "agreements", "knowledge"]
        for sheet in sheets.values():
            assert all(len(row) == len(sheet.columns) for row in sheet.rows)
            assert len(sheet.records) == len(sheet.rows)

    def test_shares_are_in_per_cent_and_beside_the_papers(self, folder: Path) -> None:
        sheet = tables_in(folder)["shares"]
        first = sheet.records[0]
        # Half of the utterances of each of three runs: the bound weighs up to 1 - 0.025 ** (1 / 3).
        low = 50 * 0.025 ** (1 / 3)
        assert first["share"] == {"value": 50, "low": pytest.approx(low), "high": pytest.approx(100 - low), "n": 3}
        assert first["paper"] == pytest.approx(19)
        text = render(sheet)
        assert "1 of 4 runs has no judgements of this kind." in text
        assert "[14.62, 85.38]" in text

    @pytest.mark.parametrize("format", ["text", "markdown", "latex", "csv", "json"])
    def test_every_sheet_can_be_written_in_every_format(self, folder: Path, format: str) -> None:  # noqa: A002
        for name, sheet in tables_in(folder).items():
            assert render_tables({name: sheet}, format)

    def test_all_of_them_are_one_object_of_json_and_no_one_csv_file(self, folder: Path) -> None:
        sheets = tables_in(folder)
        assert list(json.loads(render_tables(sheets, "json"))) == list(sheets)
        with pytest.raises(AnalysisError, match="format = csv: holds one table; choose one of shares, agreement"):
            render_tables(sheets, "csv")
        with pytest.raises(AnalysisError, match="format = xml: must be one of"):
            render_tables(sheets, "xml")

    def test_runs_of_other_settings_are_rows_of_their_own(
        self, folder: Path, write: Callable[..., Path], write_study: WriteStudy
    ) -> None:
        run = write(4, settings={"world": {"growth": 1.5}})
        labelled(write_study, run, PERSUASION, PERSUASION, PERSUASION, PERSUASION)
        write_study(run, "promises", [promise(SAID[0], 5), promise(SAID[1], 9)])
        write_study(run, "knowledge", [knows(1, "John", True, False, True)])
        sheets = tables_in(folder)
        del sheets["agreement"]
        for name, sheet in sheets.items():
            settings = [record["settings"] for record in sheet.records]
            assert {str(one) for one in settings} == {"{'world.growth': 2.0}", "{'world.growth': 1.5}"}, name
            assert ", growth 1.5" in render(sheet)
            assert "world.growth" not in render(sheet)
        shares = [one for one in sheets["shares"].records if one["name"] == SHARING]
        assert [(one["settings"], one["share"]["value"]) for one in shares] == [
            ({"world.growth": 2.0}, 50),
            ({"world.growth": 1.5}, 0),
        ]
        papers = {
            str(one["settings"]): one["paper"] for one in sheets["shares"].records if one["name"] == "information"
        }
        assert papers == {"{'world.growth': 2.0}": pytest.approx(19), "{'world.growth': 1.5}": None}

    def test_annotators_are_shown_beside_judges(self, folder: Path, tmp_path: Path) -> None:
        from govsim.analysis.dialogue.annotations import utterance_ids

        names = list(utterance_ids(dialogue_in(folder)))
        rows = [f"{name},{SHARING if number % 4 in (0, 3) else PERSUASION}" for number, name in enumerate(names)]
        (tmp_path / "ada.csv").write_text("\n".join(["id,label", *rows[:11], f"{names[11]},"]), encoding="utf-8")
        sheet = tables_in(folder, labels=[tmp_path / "ada.csv"])["agreement"]
        found = {(one["between"], one["raters"]): one for one in sheet.records}
        with_ada = found["judges and annotators", "mock/judge #1, ada"]
        assert with_ada["utterances"] == 11
        assert with_ada["percent"]["value"] == pytest.approx(100 * 8 / 11)
        assert ("judges and annotators", "majority of judges, ada") in found
        assert found["judges", "mock/judge #1, mock/judge #2"]["percent"]["value"] == 100
        assert found["samples of one judge", "mock-judge"]["utterances"] == 12
        assert "ada left 1 utterance without a label." in sheet.notes

    def test_stale_judgements_are_in_the_notes(
        self, folder: Path, write: Callable[..., Path], write_study: WriteStudy
    ) -> None:
        other = line(1, 0, "John", "something else")
        write_study(folder / "seed-3.jsonl", "labels", [label(other, SHARING)])
        for name in ("shares", "agreement", "promises", "knowledge"):
            assert "seed-3.labels.mock-judge.study" in " ".join(tables_of(dialogue_in(folder))[name].notes)

    def test_without_a_judge_there_are_limits_alone(self, write: Callable[..., Path], tmp_path: Path) -> None:
        write(0)
        assert list(tables_in(tmp_path)) == ["agreements"]
