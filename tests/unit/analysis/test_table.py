from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from govsim.analysis import Cell, cells_table, format_table, table_frame
from govsim.analysis.cells import distinct_among, estimate_of
from govsim.analysis.measures import measure_named
from govsim.analysis.results import load
from govsim.cli.table import table
from govsim.errors import AnalysisError, JournalError
from govsim.journal import Call
from govsim.scenarios import load_scenario

WriteRun = Callable[..., Path]
MakeCall = Callable[..., Call]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
GREEDY = [dict.fromkeys(NAMES, 100)]
FAIR = [dict.fromkeys(NAMES, 10)] * 12
MEASURES = ["survival_rate", "survival_time", "gain", "efficiency", "equality", "over_usage", "over_usage_granted"]
MEASURES += ["share_of_optimum", "between_equilibrium_and_optimum"]


def cells_below(folder: Path) -> tuple[Cell, ...]:
    return load(folder).cells


def text_below(folder: Path) -> str:
    return format_table(cells_below(folder))


class TestCells:
    def test_the_json_object_has_exactly_these_keys(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        content = cells_below(tmp_path)[0].to_json()
        labels = ["scenario", "condition", "society", "model", "agent", "setup", "settings", "runs"]
        labels += ["distinct", "excluded", "invalid", "tokens", "cost", "unpriced"]
        assert list(content) == [*labels, *MEASURES, "bounds"]
        assert (content["distinct"], content["bounds"]) == (1, {})
        assert content["excluded"] == {"failed": 0, "cancelled": 0, "over_budget": 0, "running": 0}
        assert content["efficiency"] == {"value": pytest.approx(100 / 6), "low": None, "high": None, "n": 1}
        assert content["survival_time"] == {"value": 1.0, "low": None, "high": None, "n": 1}
        assert (content["settings"], content["runs"]) == ({}, 1)

    def test_runs_that_differ_in_the_seed_alone_share_a_cell(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        write_run("seed-1.jsonl", settings={"seed": 1}, asked=FAIR, status="completed")
        (cell,) = cells_below(tmp_path)
        assert (len(cell.counted), cell.settings) == (2, {})
        assert (cell.estimates["survival_rate"].value, cell.estimates["survival_rate"].n) == (50.0, 2)
        assert (cell.estimates["survival_time"].value, cell.estimates["gain"].value) == (6.5, 70.0)
        assert cell.estimates["over_usage"].value == 50.0
        assert cell.estimates["equality"].high == 100.0
        assert cell.estimates["equality"].low == pytest.approx(100 * 0.025 ** (1 / 2))

    def test_settings_name_every_key_in_which_runs_differ(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a.jsonl", settings={"world": {"growth": 1.5}, "society": {"communication": False}})
        write_run("b.jsonl", settings={"world": {"growth": 2.0}, "society": {"communication": True}, "seed": 7})
        second, first = cells_below(tmp_path)
        assert first.settings == {"society.communication": False, "world.growth": 1.5}
        assert second.settings == {"society.communication": True, "world.growth": 2.0}

    def test_a_member_that_differs_in_another_cell_shows_its_defaults(
        self, write_run: WriteRun, tmp_path: Path
    ) -> None:
        write_run("a.jsonl")
        write_run("b.jsonl", asked=[dict.fromkeys(NAMES[:4], 100)], settings={"members": {"Luke": {"joins": 4}}})
        write_run("c.jsonl", settings={"members": {"Luke": {"model": "mock/two"}}})
        settings = [cell.settings for cell in cells_below(tmp_path)]
        assert settings == [
            {"members.Luke.joins": 1, "members.Luke.model": None},
            {"members.Luke.joins": 4, "members.Luke.model": None},
            {"members.Luke.joins": 1, "members.Luke.model": "mock/two"},
        ]

    def test_spelling_out_a_members_defaults_makes_no_other_cell(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a.jsonl")
        write_run("b.jsonl", settings={"seed": 1, "members": {"Luke": {"joins": 1}}})
        assert len(cells_below(tmp_path)) == 1

    def test_scenario_and_condition_are_settings_where_they_differ(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a.jsonl")
        write_run("b.jsonl", settings={"scenario": "pasture", "condition": "other"})
        assert [cell.settings for cell in cells_below(tmp_path)] == [
            {"condition": "default", "scenario": "fishery"},
            {"condition": "other", "scenario": "pasture"},
        ]

    def test_other_prompts_of_the_same_scenario_make_another_cell(self, write_run: WriteRun, tmp_path: Path) -> None:
        fishery = load_scenario("fishery")
        reworded = fishery.model_copy(update={"templates": {**fishery.templates, "question": "How much?"}})
        write_run("a.jsonl")
        write_run("b.jsonl", scenario=reworded, settings={"seed": 1})
        first, second = (cell.settings for cell in cells_below(tmp_path))
        assert list(first) == list(second) == ["prompts"]
        assert str(first["prompts"]).startswith("as shipped (")
        assert len(str(second["prompts"])) == 8

    def test_prompts_of_the_user_are_named_in_their_rows(self, write_run: WriteRun, tmp_path: Path) -> None:
        fishery = load_scenario("fishery")
        for name in ("polite", "rude"):
            reworded = fishery.model_copy(update={"templates": {**fishery.templates, "question": f"How {name}?"}})
            write_run(f"{name}.jsonl", scenario=reworded, wording=name, society=f"one-{name[:2]}")
        text = " ".join(format_table(cells_below(tmp_path)).split())
        assert re.search(r"prompts polite 0.00.*prompts rude 0.00", text)

    def test_stopped_runs_are_excluded_and_counted_by_reason(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        for seed, status in enumerate(("failed", "failed", "cancelled", "over-budget", "running", None), start=1):
            write_run(f"seed-{seed}.jsonl", asked=FAIR[:3], status=status, settings={"seed": seed})
        content = cells_below(tmp_path)[0].to_json()
        assert content["runs"] == 7
        reasons = {"failed": 2, "cancelled": 1, "over_budget": 1, "running": 1, "killed": 1}
        assert content["excluded"] == reasons
        assert content["survival_rate"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(97.5), "n": 1}

    def test_a_cell_with_nothing_but_a_running_run_has_no_values(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl", asked=FAIR[:2], status=None)
        content = cells_below(tmp_path)[0].to_json()
        nothing = {"value": None, "low": None, "high": None, "n": 0}
        assert [content[name] for name in MEASURES] == [nothing] * len(MEASURES)

    def test_an_undefined_measure_lowers_its_own_n(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        write_run("seed-1.jsonl", settings={"seed": 1}, asked=[dict.fromkeys(NAMES)] * 12, status="completed")
        estimates = cells_below(tmp_path)[0].estimates
        assert (estimates["gain"].n, estimates["equality"].n, estimates["over_usage"].n) == (2, 1, 1)

    def test_the_cost_of_excluded_runs_is_counted(
        self, write_run: WriteRun, make_call: MakeCall, tmp_path: Path
    ) -> None:
        write_run("a.jsonl", calls=[make_call()])
        write_run("b.jsonl", settings={"seed": 1}, status="failed", calls=[make_call(refused="no number")])
        (cell,) = cells_below(tmp_path)
        assert (cell.invalid, cell.tokens, cell.cost) == (1, 30, 0.02)

    def test_the_cost_is_the_known_part(self, write_run: WriteRun, make_call: MakeCall, tmp_path: Path) -> None:
        write_run("a.jsonl", calls=[make_call()])
        write_run("b.jsonl", settings={"seed": 1}, calls=[make_call(cost=None, input_tokens=None)])
        content = cells_below(tmp_path)[0].to_json()
        assert (content["tokens"], content["cost"], content["unpriced"]) == (None, 0.01, 1)
        assert "cost: $0.0100 (1 run unknown)" in " ".join(text_below(tmp_path).split())

    def test_a_cost_of_which_nothing_is_known_is_null(
        self, write_run: WriteRun, make_call: MakeCall, tmp_path: Path
    ) -> None:
        write_run("a.jsonl", calls=[make_call(cost=None)])
        content = cells_below(tmp_path)[0].to_json()
        assert (content["cost"], content["unpriced"]) == (None, 1)

    def test_mixed_models_are_distinguished_by_their_settings(self, write_run: WriteRun, tmp_path: Path) -> None:
        for name in ("two", "three"):
            write_run(f"{name}.jsonl", settings={"members": {"John": {"model": f"mock/{name}"}}})
        cells = cells_below(tmp_path)
        assert [cell.model for cell in cells] == ["mixed", "mixed"]
        assert [cell.settings for cell in cells] == [
            {"members.John.model": "mock/three"},
            {"members.John.model": "mock/two"},
        ]


class TestCopies:
    """Runs of a cell with the same demands and stock in every month."""

    def test_identical_runs_have_no_interval(self, write_run: WriteRun, tmp_path: Path) -> None:
        for seed in range(3):
            write_run(f"seed-{seed}.jsonl", settings={"seed": seed})
        (cell,) = cells_below(tmp_path)
        assert (len(cell.counted), cell.distinct) == (3, 1)
        estimates = [one for one in cell.estimates.values() if one.value is not None]
        assert {(one.low, one.high, one.n) for one in estimates} == {(None, None, 3)}
        assert cell.estimates["gain"].value == 20.0
        text = " ".join(text_below(tmp_path).split())
        assert "3 runs with the same demands and stocks" in text
        assert "A value that is the same in all of them has no interval." in text
        assert "‡" not in text

    def test_copies_among_other_runs_are_stated_and_marked(self, write_run: WriteRun, tmp_path: Path) -> None:
        for seed in range(2):
            write_run(f"seed-{seed}.jsonl", settings={"seed": seed})
        write_run("seed-2.jsonl", settings={"seed": 2}, asked=FAIR, status="completed")
        (cell,) = cells_below(tmp_path)
        assert (cell.distinct, cell.to_json()["distinct"]) == (2, 2)
        gain = cell.estimates["gain"]
        assert gain.value == pytest.approx(160 / 3)
        assert gain.n == 3
        assert gain.low is not None
        table = cells_table([cell])
        assert set(table.marks.values()) == {("‡",)}
        text = " ".join(text_below(tmp_path).split())
        assert "3 runs, 2 distinct" in text
        assert "‡: Some of these runs are identical" in text

    def test_runs_that_all_differ_need_no_remark(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        write_run("seed-1.jsonl", settings={"seed": 1}, asked=FAIR, status="completed")
        (cell,) = cells_below(tmp_path)
        assert cell.distinct == 2
        assert "identical" not in text_below(tmp_path)
        assert cells_table([cell]).marks == {}

    def test_runs_with_the_same_demands_in_different_cells_are_no_copies(
        self, write_run: WriteRun, tmp_path: Path
    ) -> None:
        write_run("a.jsonl")
        write_run("b.jsonl", settings={"scenario": "pasture"})
        runs = load(tmp_path).measures
        assert distinct_among(runs) == 2

    def test_a_measure_that_differs_between_copies_keeps_its_interval(
        self, write_run: WriteRun, tmp_path: Path
    ) -> None:
        for seed in range(2):
            write_run(f"seed-{seed}.jsonl", settings={"seed": seed})
        first, second = load(tmp_path).measures
        shared_otherwise = replace(second, values={**second.values, "equality": 0.5})
        equality, gain = (estimate_of(measure_named(name), [first, shared_otherwise]) for name in ("equality", "gain"))
        assert (equality.value, gain.value) == (75.0, 20.0)
        assert equality.low is not None
        assert gain.low is None

    def test_other_demands_make_another_run(self, write_run: WriteRun, tmp_path: Path) -> None:
        for seed, units in enumerate((10, 9, 9)):
            asked = [dict.fromkeys(NAMES, units)]
            write_run(f"{seed}.jsonl", asked=asked, status="completed", settings={"world": {"months": 1}, "seed": seed})
        assert cells_below(tmp_path)[0].distinct == 2


class TestTheFrame:
    def test_it_has_a_row_for_each_cell_and_a_column_for_each_number(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a.jsonl", settings={"world": {"growth": 1.5}})
        write_run("b.jsonl", asked=FAIR, status="completed")
        frame = table_frame(cells_below(tmp_path))
        assert frame["settings.world.growth"].tolist() == [1.5, 2.0]
        assert frame["survival_time"].tolist() == [1.0, 12.0]
        assert frame["survival_rate_n"].tolist() == [1, 1]
        assert frame["excluded.over_budget"].tolist() == [0, 0]
        assert math.isclose(frame["efficiency"].tolist()[0], 100 * 100 / (12 * 33))


class TestTheText:
    def test_the_outcome_of_one_collapsed_run_is_stated(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        text = text_below(tmp_path)
        for expected in (
            "fishery, default",
            "collapsed in month 1",
            "20.00",
            "16.67",
            "100.00",
            "No run was excluded.",
        ):
            assert expected in text

    def test_the_outcome_of_one_survivor_is_stated(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl", asked=FAIR, status="completed")
        assert "survived all 12 months" in text_below(tmp_path)

    def test_several_runs_show_how_many_survived_and_when_others_collapsed(
        self, write_run: WriteRun, tmp_path: Path
    ) -> None:
        write_run("seed-0.jsonl")
        write_run("seed-1.jsonl", settings={"seed": 1}, asked=FAIR, status="completed")
        write_run("seed-2.jsonl", settings={"seed": 2}, asked=[*FAIR[:2], *GREEDY])
        text = text_below(tmp_path)
        for expected in ("1 of 3 survived all 12 months", "1 collapsed in month 1", "1 collapsed in month 3"):
            assert expected in text
        assert "[0.84, 90.57]" in text  # of 1 in 3, by Clopper and Pearson
        assert "[1.45, 11.06]" in text  # months 1, 12, 3, by Gaffke
        assert "[0.00, 191.45]" in text  # gains, cut at 0

    def test_several_collapses_in_the_same_month_are_one_line(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        write_run("seed-1.jsonl", settings={"seed": 1})
        assert "both collapsed in month 1" in " ".join(text_below(tmp_path).split())

    def test_no_line_is_longer_than_100_columns(self, write_run: WriteRun, tmp_path: Path) -> None:
        long = "openrouter/somebody/" + "very-long-model-name-" * 5
        write_run("a.jsonl", society="s" * 80, settings={"models": {"default": long}})
        write_run("b.jsonl", society="s" * 80, settings={"models": {"default": long}, "seed": 1}, asked=GREEDY * 1)
        assert max(map(len, text_below(tmp_path).splitlines())) <= 100

    def test_rows_with_the_same_names_show_the_setting_that_distinguishes_them(
        self, write_run: WriteRun, tmp_path: Path
    ) -> None:
        write_run("a.jsonl", settings={"world": {"growth": 1.5}})
        write_run("b.jsonl")
        write_run("c.jsonl", settings={"condition": "other", "society": {"communication": False}})
        text = text_below(tmp_path)
        assert "default, mock/one, growth 1.5" in text
        assert "default, mock/one\n" in text
        assert "other, mock/one, communication false" in text

    def test_exclusions_and_spending_are_shown(self, write_run: WriteRun, make_call: MakeCall, tmp_path: Path) -> None:
        forfeit = dict.fromkeys(NAMES, 100) | {"Luke": None}
        write_run("a.jsonl", asked=[forfeit], calls=[make_call(refused="no number"), make_call(member="Kate")])
        write_run("b.jsonl", settings={"seed": 1}, asked=FAIR[:2], status="over-budget")
        text = " ".join(text_below(tmp_path).split())
        for expected in ("excluded: 1 over budget", "unreadable answers: 1", "forfeited harvests: 1", "tokens: 30"):
            assert expected in text
        assert "cost: $0.0200" in text
        assert "Excluded from all measures, as neither survived nor collapsed: 1 over budget." in text

    def test_what_is_unknown_or_does_not_exist_is_no_number(
        self, write_run: WriteRun, make_call: MakeCall, tmp_path: Path
    ) -> None:
        write_run("a.jsonl", asked=FAIR[:2], status="failed", calls=[make_call(cost=None, input_tokens=None)])
        text = text_below(tmp_path)
        for expected in ("no run has completed or collapsed", "tokens: unknown", "cost: unknown"):
            assert expected in " ".join(text.split())
        assert "Columns without values: survival rate, %; survival time, months; gain, units" in text
        assert "95 % interval" not in text

    def test_a_measure_of_fewer_runs_shows_its_n(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        write_run("seed-1.jsonl", settings={"seed": 1}, asked=[dict.fromkeys(NAMES)] * 12, status="completed")
        assert "n = 1" in text_below(tmp_path)

    def test_the_note_on_survival_names_what_the_paper_does(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        text = " ".join(text_below(tmp_path).split())
        assert "The paper counts a run that collapses in its last month as survived; here it counts as collaps" in text

    def test_copies_of_a_run_are_pointed_out(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a/seed-0.jsonl")
        write_run("b/seed-0.jsonl")
        assert "1 counted run has the same seed as another in its row" in text_below(tmp_path)

    def test_the_embedded_model_is_called_a_toy(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a.jsonl", settings={"models": {"default": "embedded/smollm2"}})
        assert "embedded/smollm2 is only for demonstration" in text_below(tmp_path)

    def test_a_file_of_the_user_is_not_called_one(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a.jsonl", settings={"models": {"default": "embedded/local", "args": {"path": "a.gguf"}}})
        assert "toy" not in text_below(tmp_path)


class TestTheCommand:
    @staticmethod
    def invoke(*arguments: Any) -> Result:
        app = typer.Typer()
        app.command()(table)
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    def run(self, *arguments: Any) -> str:
        result = self.invoke(*arguments)
        if result.exception is not None:
            raise result.exception
        return result.stdout

    def test_it_writes_the_table_as_text(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        assert self.run(tmp_path) == text_below(tmp_path) + "\n"

    def test_it_writes_a_list_of_rows_as_json(self, write_run: WriteRun, tmp_path: Path) -> None:
        path = write_run("seed-0.jsonl")
        assert json.loads(self.run(path, "--format", "json")) == [cells_below(tmp_path)[0].to_json()]

    def test_it_writes_a_row_of_csv_for_each_cell(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("a.jsonl", settings={"world": {"growth": 1.5}})
        write_run("b.jsonl", status="failed", asked=FAIR[:2])
        first, second = csv.DictReader(io.StringIO(self.run(tmp_path, "--format", "csv")))
        assert (first["settings.world.growth"], first["gain"], first["gain_n"]) == ("1.5", "20.0", "1")
        assert (second["gain"], second["gain_n"], second["excluded.failed"]) == ("", "0", "1")

    def test_a_table_for_a_paper_has_intervals_and_excluded_runs(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        write_run("seed-1.jsonl", settings={"seed": 1}, asked=FAIR, status="completed")
        write_run("seed-2.jsonl", settings={"seed": 2}, asked=FAIR[:2], status="failed")
        markdown = self.run(tmp_path, "--format", "markdown")
        assert r"50.00 \[1.26, 98.74\]" in markdown
        assert re.search(r"\| 1 failed +\|", markdown)
        latex = self.run(tmp_path, "--format", "latex")
        assert r"50.00 \par [1.26, 98.74]" in latex
        assert "excluded: 1 failed" in latex

    def test_a_table_of_the_paper_is_chosen_by_name(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl", settings={"models": {"default": "openai/gpt-4o"}})
        found = json.loads(self.run(tmp_path, "--like", "paper:4", "--format", "json"))
        (record,) = (record for record in found if record["model"] == "GPT-4o")
        assert (record["gain"]["value"], record["gain"]["paper"]) == (20.0, 71.36)

    def test_the_papers_table_declares_its_first_month(self, write_run: WriteRun, tmp_path: Path) -> None:
        write_run("seed-0.jsonl")
        with pytest.raises(AnalysisError, match="--from-month 4: not allowed with --like paper:13"):
            self.run(tmp_path, "--like", "paper:13", "--from-month", "4")

    def test_the_folder_is_runs_when_none_is_given(
        self, write_run: WriteRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_run("runs/seed-0.jsonl")
        monkeypatch.chdir(tmp_path)
        assert "collapsed in month 1" in self.run()

    def test_another_format_is_rejected(self, tmp_path: Path) -> None:
        result = self.invoke(tmp_path, "--format", "yaml")
        assert result.exit_code == 2
        told = " ".join(result.output.replace("│", " ").split())
        assert "'yaml' is not one of 'text', 'markdown', 'latex', 'csv', 'json'" in told

    def test_a_folder_without_journals_is_rejected(self, tmp_path: Path) -> None:
        with pytest.raises(JournalError, match="contains no journals"):
            self.run(tmp_path)
