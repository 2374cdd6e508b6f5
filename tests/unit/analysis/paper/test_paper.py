"""The paper's tables with reproducing runs: the right figures on both sides, and nothing made up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from govsim.analysis import Table, compare_with_paper, paper_table, published_results, render, runs_frame
from govsim.analysis.intervals import mean_interval, rate_interval
from govsim.analysis.paper.tables import TABLES
from govsim.analysis.published import NOTES
from govsim.analysis.results import load
from govsim.analysis.statistics.effects import welch_interval
from govsim.analysis.tables.formatting import number
from govsim.errors import AnalysisError

WriteRun = Callable[..., Path]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
FAIR = [dict.fromkeys(NAMES, 10)] * 12
GREEDY = [dict.fromkeys(NAMES, 100)]
LOCALS = [dict.fromkeys(NAMES[:4], 10)] * 3

NO_RUNS = runs_frame([])


def wrote(write_run: WriteRun, seed: int, asked: Sequence[Any] = FAIR, **changes: Any) -> None:
    """One run of GPT-4o, or of another model, under its own name."""
    scenario, condition = changes.pop("scenario", "fishery"), changes.pop("condition", "default")
    model, society = changes.pop("model", "openai/gpt-4o-2024-05-13"), changes.pop("society", "one")
    own = changes.pop("settings", {})
    settings = {"scenario": scenario, "condition": condition, "models": {"default": model}, "seed": seed, **own}
    status = changes.pop("status", "completed" if asked is not GREEDY else "collapsed")
    name = f"{scenario}/{condition}/{society}-{model.replace('/', '-')}/seed-{seed}.jsonl"
    write_run(name, asked=asked, settings=settings, society=society, status=status, **changes)


def sheet_of(folder: Path, name: str) -> Table:
    table = paper_table(name)
    return compare_with_paper(load(folder, frames=("runs",), from_month=table.from_month).runs, table)


def records(sheet: Table, **wanted: Any) -> Iterator[dict[str, Any]]:
    for record in json.loads(render(sheet, "json")):
        if all(record[key] == value for key, value in wanted.items()):
            yield record


class TestWhichTables:
    def test_tables_1_and_4_to_18_of_the_paper_are_available(self) -> None:
        promised = {1, *range(4, 19)}
        assert set(TABLES) == {f"paper:{number}" for number in promised} | {"paper:sub-skills", "paper:dialogue"}

    @pytest.mark.parametrize("name", ["paper:4", "4", 4])
    def test_a_table_of_the_paper_can_be_named_by_its_number_alone(self, name: str | int) -> None:
        assert paper_table(name).name == "paper:4"

    @pytest.mark.parametrize("name", ["paper:2", "paper:", "tables", "19", 3])
    def test_a_table_that_the_paper_does_not_have_is_rejected(self, name: str | int) -> None:
        with pytest.raises(AnalysisError, match="must be one of paper:1, paper:4, paper:5"):
            paper_table(name)

    @pytest.mark.parametrize("number", sorted({int(n) for n in published_results()["table"]}))
    def test_every_printed_number_of_a_table_is_in_it(self, number: int) -> None:
        printed = published_results()
        printed = printed[printed["table"] == number]
        name = f"paper:{number}"
        shown = {
            (record["model"], measure): record[measure]["paper"]
            for record in records(compare_with_paper(NO_RUNS, paper_table(name)))
            for measure in paper_table(name).measures
            if record["condition"] == paper_table(name).blocks[-1].condition
        }
        expected = {(row["model"], row["measure"]): row["value"] for _, row in printed.iterrows()}
        assert {key: value for key, value in shown.items() if value is not None} == expected

    def test_blocks_are_of_the_scenario_of_the_printed_figures(self) -> None:
        printed = published_results()
        for table in TABLES.values():
            for block in table.blocks:
                rows = printed[printed["table"] == block.printed]
                assert set(rows["scenario"]) == {table.scenario}
                assert set(rows["condition"]) in ({block.condition}, {"no-communication"})


class TestPrintedByHand:
    """Figures copied by hand from the paper's tables."""

    @pytest.mark.parametrize(
        ("table", "condition", "model", "measure", "value", "spread"),
        [
            ("paper:1", "default", "GPT-4o", "survival_rate", 53.3, None),
            ("paper:1", "default", "GPT-4o", "gain", 66.0, 14.6),
            ("paper:4", "default", "GPT-4o", "gain", 71.36, 7.72),
            ("paper:5", "default", "Claude-3 Opus", "survival_time", 10.2, 3.6),
            ("paper:8", "universalization", "Llama-2-70B", "survival_time", 4.5, 0.5),
            ("paper:10", "universalization", "GPT-4", "over_usage_granted", 16.32, None),
            ("paper:12", "universalization", "GPT-4o", "efficiency", 84.27, None),
            ("paper:13", "newcomer", "GPT-4o", "equality", 85.78, 8.74),
            ("paper:13", "default", "GPT-4o", "equality", 98.03, 0.99),
            ("paper:15", "newcomer", "GPT-4o", "survival_time", 3.4, 0.8),
            ("paper:18", "no-communication-no-transparency", "GPT-4o", "over_usage_granted", 54.0, 14.97),
            ("paper:17", "default", "GPT-4o", "survival_time", 6.6, 4.13),
        ],
    )
    def test_a_printed_number_is_in_the_row_of_its_model_and_condition(
        self, table: str, condition: str, model: str, measure: str, value: float, spread: float | None
    ) -> None:
        sheet = compare_with_paper(NO_RUNS, paper_table(table))
        (record,) = records(sheet, model=model, condition=condition)
        assert (record[measure]["paper"], record[measure]["paper_spread"]) == (value, spread)

    def test_differences_are_those_of_the_printed_means(self) -> None:
        (record,) = records(compare_with_paper(NO_RUNS, paper_table("paper:7")), model="GPT-4o")
        assert record["gain"]["paper"] == pytest.approx(117.20 - 71.36)
        assert record["survival_time"]["paper"] == 0.0
        assert record["gain"]["paper_spread"] is None

    def test_models_that_the_paper_has_on_one_side_only_have_no_difference(self) -> None:
        models = {record["model"] for record in records(compare_with_paper(NO_RUNS, paper_table("paper:7")))}
        assert "GPT-4-turbo" not in models
        assert "GPT-4" in models

    def test_a_reader_sees_what_is_printed(self) -> None:
        text = render(compare_with_paper(NO_RUNS, paper_table("paper:1")), "markdown")
        row = next(line for line in text.splitlines() if re.match(r"\| GPT-4o +\|", line))
        assert "All rows: source: paper." in text
        assert [cell.strip() for cell in row.split("|")[1:5]] == [
            "GPT-4o",
            "53.3",
            "9.3 ±2.20",
            "66.0 ±14.60",
        ]


class TestOurs:
    def test_runs_are_shown_beside_the_paper_by_the_name_of_the_model(
        self, write_run: WriteRun, tmp_path: Path
    ) -> None:
        wrote(write_run, 0)
        wrote(write_run, 1, GREEDY)
        wrote(write_run, 2)
        (record,) = records(sheet_of(tmp_path, "paper:4"), model="GPT-4o")
        rate, gain = rate_interval([True, False, True]), mean_interval([120.0, 20.0, 120.0], 0.0)
        ours = {key: record["survival_rate"][key] for key in ("value", "low", "high", "n")}
        assert ours == rate.to_json()
        assert {key: record["gain"][key] for key in ("value", "low", "high", "n")} == pytest.approx(gain.to_json())
        assert record["efficiency"]["value"] == pytest.approx((100 + 100 / 6 + 100) / 3)
        assert (record["runs"], record["society"], record["gain"]["paper"]) == (3, "one", 71.36)

    def test_a_model_that_is_not_in_the_paper_has_no_printed_values(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0, model="openai/gpt-4o-mini")
        sheet = sheet_of(tmp_path, "paper:4")
        (ours,) = records(sheet, model="openai/gpt-4o-mini")
        assert (ours["gain"]["value"], ours["gain"]["paper"]) == (120.0, None)
        (theirs,) = records(sheet, model="GPT-4o")
        assert (theirs["gain"]["value"], theirs["gain"]["n"], theirs["runs"], theirs["society"]) == (None, 0, 0, None)
        assert "None of the models of your runs is in the paper." in render(sheet, "text")

    def test_without_runs_the_paper_is_shown_alone_and_a_note_states_it(self) -> None:
        sheet = compare_with_paper(NO_RUNS, paper_table("paper:4"))
        assert "There are no runs for this table." in render(sheet, "text")
        assert {record["runs"] for record in records(sheet)} == {0}

    def test_only_runs_of_the_scenario_and_the_condition_count(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0)
        wrote(write_run, 0, scenario="pasture")
        wrote(write_run, 0, condition="universalization")
        assert [r["runs"] for r in records(sheet_of(tmp_path, "paper:5"), model="GPT-4o")] == [1]
        assert [r["runs"] for r in records(sheet_of(tmp_path, "paper:8"), model="GPT-4o")] == [1]
        assert [r["runs"] for r in records(sheet_of(tmp_path, "paper:6"), model="GPT-4o")] == [0]

    def test_runs_that_stopped_have_neither_survived_nor_collapsed(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0, GREEDY)
        for seed, status in enumerate(("failed", "failed", "cancelled", "over-budget", "running", None), start=1):
            wrote(write_run, seed, FAIR[:3], status=status)
        sheet = sheet_of(tmp_path, "paper:4")
        (record,) = records(sheet, model="GPT-4o")
        assert (record["runs"], record["survival_rate"]["n"], record["survival_rate"]["value"]) == (7, 1, 0.0)
        reasons = {"failed": 2, "cancelled": 1, "over_budget": 1, "running": 1, "killed": 1}
        assert record["excluded"] == reasons
        text = render(sheet, "text")
        assert "excluded: 2 failed, 1 cancelled, 1 over budget, 1 running, 1 killed" in " ".join(text.split())
        assert "n = 1" in text
        assert "2 failed, 1 cancelled" in render(sheet, "markdown")

    def test_a_row_of_censored_runs_alone_has_no_figures(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0, FAIR[:3], status="failed")
        (record,) = records(sheet_of(tmp_path, "paper:4"), model="GPT-4o")
        ours = [{key: record[m][key] for key in ("value", "low", "high", "n")} for m in paper_table(4).measures]
        assert ours == [{"value": None, "low": None, "high": None, "n": 0}] * 6
        assert record["excluded"]["failed"] == 1

    def test_societies_of_one_model_have_rows_of_their_own(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0)
        wrote(write_run, 0, GREEDY, society="two")
        found = list(records(sheet_of(tmp_path, "paper:4"), model="GPT-4o"))
        assert [(r["society"], r["gain"]["value"], r["gain"]["paper"]) for r in found] == [
            ("one", 120.0, 71.36),
            ("two", 20.0, 71.36),
        ]

    def test_a_society_is_named_where_its_model_does_not_identify_it(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0, society="openai-gpt-4o-abc123")
        wrote(write_run, 0, society="policy-greedy", settings={"agents": {"default": "policy:greedy"}})
        text = render(sheet_of(tmp_path, "paper:4"), "text")
        assert "setup: openai/gpt-4o" in text
        assert "policy:greedy" in text
        assert "policy-greedy" not in text
        assert "abc123" not in text

    def test_societies_without_one_model_go_by_their_label(self, write_run: WriteRun, tmp_path: Path) -> None:
        greedy = {"agents": {"default": "policy:greedy"}}
        wrote(write_run, 0, society="policy-greedy", settings=greedy)
        assert [record["runs"] for record in records(sheet_of(tmp_path, "paper:4"), model="policy-greedy")] == [1]

    def test_runs_of_other_settings_under_one_name_are_pointed_out(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0)
        wrote(write_run, 1, settings={"world": {"growth": 2.5}})
        (record,) = records(sheet_of(tmp_path, "paper:4"), model="GPT-4o")
        assert record["remark"] == "runs of 2 different settings are pooled"

    def test_runs_that_are_identical_have_no_interval(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0)
        wrote(write_run, 1)
        (record,) = records(sheet_of(tmp_path, "paper:4"), model="GPT-4o")
        assert record["remark"] == "2 runs with the same demands and stocks"
        assert (record["gain"]["n"], record["gain"]["low"]) == (2, None)

    def test_runs_that_were_copied_are_pointed_out(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0)
        (path,) = tmp_path.rglob("*.jsonl")
        (tmp_path / "copy.jsonl").write_bytes(path.read_bytes())
        (record,) = records(sheet_of(tmp_path, "paper:4"), model="GPT-4o")
        assert (record["runs"], record["remark"]) == (
            2,
            "duplicate runs, identical in settings and seed, are counted twice (1)",
        )

    def test_the_three_scenarios_are_put_together(self, write_run: WriteRun, tmp_path: Path) -> None:
        for scenario, asked in (("fishery", FAIR), ("pasture", GREEDY), ("pollution", GREEDY)):
            wrote(write_run, 0, asked, scenario=scenario)
        (record,) = records(sheet_of(tmp_path, "paper:1"), model="GPT-4o")
        assert record["survival_rate"]["value"] == pytest.approx(100 / 3)
        assert (record["gain"]["value"], record["gain"]["n"]) == (pytest.approx(160 / 3), 3)
        assert record["remark"] == ""

    def test_a_missing_scenario_is_noted(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0)
        (record,) = records(sheet_of(tmp_path, "paper:1"), model="GPT-4o")
        assert record["remark"] == "runs: fishery 1, pasture 0, pollution 0"


class TestTheNewcomer:
    settings = {"world": {"months": 15}, "members": {"Luke": {"joins": 4}}}

    def test_it_counts_from_the_arrival_and_at_most_12_months(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0, [*LOCALS, *FAIR], condition="newcomer", settings=self.settings)
        wrote(write_run, 0)
        sheet = sheet_of(tmp_path, "paper:13")
        (newcomer,) = records(sheet, model="GPT-4o", condition="newcomer")
        assert (newcomer["gain"]["value"], newcomer["efficiency"]["value"]) == (120.0, 100.0)
        assert newcomer["survival_time"]["value"] == 12.0
        (default,) = records(sheet, model="GPT-4o", condition="default")
        assert (default["gain"]["value"], default["survival_time"]["value"]) == (120.0, 12.0)

    def test_a_collapse_before_12_months_counts_as_it_is(self, write_run: WriteRun, tmp_path: Path) -> None:
        grabbed = [*LOCALS, dict.fromkeys(NAMES, 100)]
        wrote(write_run, 0, grabbed, condition="newcomer", settings=self.settings, status="collapsed")
        (newcomer,) = records(sheet_of(tmp_path, "paper:13"), model="GPT-4o", condition="newcomer")
        assert (newcomer["survival_time"]["value"], newcomer["gain"]["value"]) == (4.0, 20.0)
        assert newcomer["survival_rate"]["value"] == 0.0

    def test_a_frame_that_counts_from_the_start_is_rejected(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0, [*LOCALS, *FAIR], condition="newcomer", settings=self.settings)
        frame = runs_frame(load(tmp_path).measures)
        with pytest.raises(AnalysisError, match="paper:13 counts runs of the condition newcomer from month 4 on"):
            compare_with_paper(frame, paper_table("paper:13"))


class TestDifferences:
    def test_all_runs_of_both_conditions_are_compared(self, write_run: WriteRun, tmp_path: Path) -> None:
        for seed, (asked, hinted) in enumerate(((GREEDY, FAIR), (GREEDY, FAIR), (FAIR, GREEDY))):
            wrote(write_run, seed, asked)
            wrote(write_run, seed, hinted, condition="universalization")
        sheet = sheet_of(tmp_path, "paper:7")
        (record,) = records(sheet, model="GPT-4o")
        expected = welch_interval([120.0, 120.0, 20.0], [20.0, 20.0, 120.0])
        assert record["gain"]["value"] == pytest.approx(100 / 3)
        assert (record["gain"]["low"], record["gain"]["high"]) == pytest.approx((expected.low, expected.high))
        assert (record["gain"]["pairs"], record["gain"]["n"], record["gain"]["baseline_n"]) == (None, 3, 3)
        assert record["survival_rate"]["value"] == pytest.approx(100 / 3)
        assert record["efficiency"]["value"] == pytest.approx(1 / 3 * (100 - 100 / 6))
        assert record["survival_time"]["pairs"] is None
        assert "pairs" not in render(sheet, "text")

    def test_one_condition_alone_makes_no_difference(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0, condition="universalization")
        sheet = sheet_of(tmp_path, "paper:7")
        assert {record["runs"] for record in records(sheet)} == {0}
        assert "There are no runs for this table." in render(sheet, "text")

    def test_one_run_a_side_has_a_difference_without_interval(self, write_run: WriteRun, tmp_path: Path) -> None:
        wrote(write_run, 0, GREEDY)
        wrote(write_run, 0, FAIR, condition="universalization")
        (record,) = records(sheet_of(tmp_path, "paper:7"), model="GPT-4o")
        assert (record["gain"]["value"], record["gain"]["low"], record["gain"]["pairs"]) == (100.0, None, None)

    def test_excluded_runs_are_counted_for_each_source(self, write_run: WriteRun, tmp_path: Path) -> None:
        for seed in range(3):
            wrote(write_run, seed)
            status = "failed" if seed == 2 else "completed"
            wrote(write_run, seed, FAIR[:2] if seed == 2 else FAIR, condition="universalization", status=status)
        (record,) = records(sheet_of(tmp_path, "paper:7"), model="GPT-4o")
        assert record["excluded"] == {"failed (universalization)": 1}


class TestCaveats:
    def test_a_caveat_of_one_figure_is_a_footnote_on_it(self) -> None:
        sheet = compare_with_paper(NO_RUNS, paper_table("paper:8"))
        mark = next(mark for mark, text in sheet.footnotes.items() if text == NOTES["missing-runs"].text)
        marked = {
            (row[0].value, sheet.columns[number].title)
            for row in sheet.rows
            for number, entry in enumerate(row)
            if mark in entry.marks
        }
        assert marked == {("Llama-2-70B", "survival rate, %"), ("Llama-2-70B", "survival time, months")}

    def test_a_caveat_of_a_row_is_shown_beside_the_row(self) -> None:
        sheet = compare_with_paper(NO_RUNS, paper_table("paper:16"))
        opus = [row for row in sheet.rows if row[0].value == "Claude-3 Opus"]
        texts = [[sheet.footnotes[mark] for mark in row[2].marks] for row in opus]
        assert texts == [[], [NOTES["ablation"].text, NOTES["six-runs"].text]]

    def test_a_caveat_of_a_whole_measure_is_stated_once(self) -> None:
        sheet = compare_with_paper(NO_RUNS, paper_table("paper:4"))
        assert NOTES["over-usage"].text in sheet.notes
        assert NOTES["last-month"].text in sheet.notes
        assert sheet.footnotes == {}

    def test_records_carry_the_caveats_of_their_row(self) -> None:
        sheet = compare_with_paper(NO_RUNS, paper_table("paper:8"))
        (row,) = records(sheet, model="Llama-2-70B")
        (other,) = records(sheet, model="Llama-2-7B")
        assert NOTES["missing-runs"].text in row["notes"]
        assert NOTES["missing-runs"].text not in other["notes"]

    @pytest.mark.parametrize("name", TABLES)
    def test_every_mark_has_its_text_and_every_text_its_mark(self, name: str) -> None:
        sheet = compare_with_paper(NO_RUNS, paper_table(name))
        marks = {mark for row in sheet.rows for entry in row for mark in entry.marks}
        assert marks == set(sheet.footnotes)


class TestStudies:
    def test_sub_skills_have_printed_values_and_no_reproduced_ones(self) -> None:
        sheet = compare_with_paper(NO_RUNS, paper_table("paper:sub-skills"))
        (record,) = records(sheet, scenario="fishery", model="GPT-4o")
        assert record["dynamics"] == {"value": None, "paper": 74.0}
        assert "There are no values of your runs" in render(sheet, "text")

    def test_shares_of_utterances_are_printed(self) -> None:
        (record,) = records(compare_with_paper(NO_RUNS, paper_table("dialogue")), scenario="pasture", model="GPT-4")
        shares = [record[group]["paper"] for group in ("information", "negotiation", "relational")]
        assert shares == [26.0, 74.0, 0.0]


@pytest.mark.parametrize("name", TABLES)
def test_every_table_can_be_written_in_every_format(name: str, write_run: WriteRun, tmp_path: Path) -> None:
    wrote(write_run, 0)
    sheet = sheet_of(tmp_path, name)
    for format_ in ("text", "markdown", "latex", "csv", "json"):
        assert "GPT-4o" in render(sheet, format_)
    frame = pd.DataFrame(json.loads(render(sheet, "json")))
    assert set(frame["table"]) == {name}


class TestForfeitedDecisions:
    """John asks for 40 of 100 tons each month; Kate's decisions are unreadable and take nothing."""

    ASKED = ({"John": 40, "Kate": None}, {"John": 80, "Kate": None}, {"John": 30, "Kate": None})

    def wrote(self, write_run: WriteRun, condition: str, asked: Sequence[Any]) -> None:
        settings = {"society": {"members": ["John", "Kate"], "max_invalid": 1.0}, "world": {"months": 3}}
        wrote(write_run, 0, asked, condition=condition, settings=settings, status="completed")

    def test_values_that_depend_on_them_are_marked_and_have_bounds(self, tmp_path: Path, write_run: WriteRun) -> None:
        self.wrote(write_run, "default", self.ASKED)
        run = load(tmp_path, frames=("runs",)).runs.iloc[0]
        sheet = sheet_of(tmp_path, "paper:4")
        assert run["gain_low"] < run["gain_high"]
        expected = f"gain {run['gain_low']:.2f} to {run['gain_high']:.2f} units"
        assert expected in sheet.footnotes["†"]
        text = render(sheet, "text")
        assert f"{run['gain']:.2f} †" in text or f"{run['gain']:.2f}†" in text

    def test_differences_from_runs_with_forfeits_are_marked(self, tmp_path: Path, write_run: WriteRun) -> None:
        self.wrote(write_run, "default", ({"John": 30, "Kate": 20},) * 3)
        self.wrote(write_run, "universalization", self.ASKED)
        rows = {row["condition"]: row for row in load(tmp_path, frames=("runs",)).runs.to_dict("records")}
        low, high = (
            float(rows["universalization"][f"gain_{end}"]) - float(rows["default"]["gain"]) for end in ("low", "high")
        )
        assert f"gain {number(low)} to {number(high)} units" in sheet_of(tmp_path, "paper:7").footnotes["†"]

    def test_readable_answers_have_no_mark(self, tmp_path: Path, write_run: WriteRun) -> None:
        self.wrote(write_run, "default", ({"John": 30, "Kate": 20},) * 3)
        assert "†" not in sheet_of(tmp_path, "paper:4").footnotes
