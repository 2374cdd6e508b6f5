"""Import of result folders of the original as journals that contain only what is known."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import JsonValue

from govsim.analysis import cells_of, compare, in_cells, load, read_run, spending
from govsim.analysis.statistics.strata import copies_in
from govsim.config import Experiment
from govsim.errors import ConfigError, JournalError
from govsim.journal import (
    Agreement,
    Harvest,
    Journal,
    Month,
    Report,
    Utterance,
    find_journals,
    first_difference,
    read_journal,
)
from govsim.journal.original import ImportedRun, import_original
from tests.original_results import config_of, rows_of, write_result

OUTSIDER: dict[str, Any] = {
    "num_agents": 4,
    "perturbations": [{"perturbation": {"round": 3, "type": "insert_outsider"}}],
}
SILENT = [
    {"perturbation": {"round": 0, "type": "change_language_nature", "language_nature": "none_and_no_obs"}},
]

Import = Callable[..., Journal]


def talk_of(experiment: Experiment) -> dict[str, JsonValue]:
    """The settings of the discussion."""
    [talk] = [entry for entry in experiment.society.phases if entry.name == "discussion"]
    return talk.settings


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def make(results: Path, out: Path) -> Callable[[], tuple[list[ImportedRun], list[str]]]:
    """Imports all results, and lists what was left out and why."""

    def making() -> tuple[list[ImportedRun], list[str]]:
        excluded: list[str] = []
        return import_original(results, out, lambda error: excluded.append(str(error))), excluded

    return making


@pytest.fixture
def imported(results: Path, make: Callable[[], tuple[list[ImportedRun], list[str]]]) -> Import:
    """The journal of one result."""

    def importing(rows: Any, config: Any = None, folder: str = "fishing_v7.0/gpt-4/run-1") -> Journal:
        write_result(results / folder, rows, config)
        runs, excluded = make()
        assert excluded == []
        return read_journal(runs[0].path)

    return importing


def test_a_run_is_imported_month_by_month(imported: Import) -> None:
    journal = imported(rows_of(lambda number, i: 10 if number < 2 else 40), config_of())
    assert [month.month for month in journal.of(Month)] == [1, 2, 3]
    assert [month.date for month in journal.of(Month)] == ["2024-01-01", "2024-02-01", "2024-03-01"]
    last = list(journal.of(Harvest))[-1]
    assert last.asked == dict.fromkeys(("John", "Kate", "Jack", "Emma", "Luke"), 40)
    assert last.granted == {"John": 40, "Kate": 40, "Jack": 20, "Emma": 0, "Luke": 0}
    assert (last.threshold, last.member_threshold, last.stock_before) == (50, 10, 100)
    assert (last.stock_after_harvest, last.stock_after_growth, last.is_collapsed) == (0, 0, True)
    assert journal.end is not None
    assert (journal.status, journal.end.months, journal.end.at) == ("collapsed", 3, "")
    assert next(iter(journal.of(Report))).by == "moderator"


def test_a_discussion_is_imported_utterance_by_utterance(imported: Import) -> None:
    journal = imported(rows_of(10), config_of())
    lines = [line for line in journal.of(Utterance) if line.month == 2]
    speakers = ["moderator", "John", "Kate", "Jack", "Emma", "Luke"]
    assert [line.member for line in lines] == speakers
    assert [line.next_speaker for line in lines] == [*speakers[1:], None]
    assert [line.text for line in lines][1] == "John speaks in round 1."
    assert [line.ordinal for line in lines] == [0, 1, 2, 3, 4, 5]
    # Six of ten lines: the last speaker must have ended the talk.
    assert [line.ends for line in lines] == [False] * 5 + [True]
    agreement = list(journal.of(Agreement))[1]
    assert (agreement.month, agreement.summary, agreement.limit) == (2, "They agreed in round 1.", 10)


def test_the_speaker_of_the_last_possible_utterance_need_not_have_ended_the_discussion(imported: Import) -> None:
    config = config_of()
    config["experiment"]["agent"]["converse"]["max_conversation_steps"] = 6
    journal = imported(rows_of(10), config)
    assert talk_of(journal.header.experiment)["max_lines"] == 6
    assert not any(line.ends for line in journal.of(Utterance))


def test_an_utterance_without_text_is_a_skipped_turn(imported: Import) -> None:
    rows = rows_of(10)
    rows[6]["utterance"] = None
    line = next(line for line in imported(rows, config_of()).of(Utterance) if line.ordinal == 1)
    assert (line.member, line.text, line.invalid) == ("John", None, "The log has no text.")


def test_the_header_claims_no_prompt_that_was_never_sent(imported: Import) -> None:
    header = imported(rows_of(10), config_of("sheep", "meta-llama/Llama-2-7b")).header
    assert header.scenario.name == "pasture"
    assert header.scenario.words["unit"] == "flock of sheep"
    assert header.scenario.templates == {}
    assert header.society == "original-meta-llama-Llama-2-7b"
    assert header.versions["original"] == "v7.0"
    experiment = header.experiment
    assert (experiment.agents.default, experiment.models.default) == ("original", "meta-llama/Llama-2-7b")
    assert (experiment.models.sampling.temperature, experiment.models.sampling.seed) == (0.0, None)
    assert experiment.seed == 42
    assert experiment.models.sampling.max_tokens is None
    assert talk_of(experiment)["opener"] == "John"
    assert experiment.society.cognition == "separate"


def test_the_journal_lists_what_could_not_be_imported(imported: Import) -> None:
    rows = [*rows_of(10), {"action": "punishing", "agent_id": "persona_0", "round": 0}]
    rows = [row for row in rows if not (row["round"] == 4 and row["action"] == "utterance")]
    next(row for row in rows if row["action"] == "conversation_summary")["html_interactions"] = None
    for row in rows:
        if row["round"] == 2:
            row["resource_limit"] = 7.5
    rows = [row for row in rows if row["round"] != 6 or row["action"] == "harvesting"]
    expected = imported(rows, config_of()).header.imported
    assert expected is not None
    assert expected.source == "gpt-4/run-1"
    missing = "\n".join(expected.missing)
    assert "unreadable: the original logged them" in missing
    assert "Tokens, cost" in missing
    assert "The limit of month 3: 7.5 is not a whole number of units." in missing
    assert "Discussions, in month 7." in missing
    assert "Summaries of discussions, in month 1." in missing
    assert "How catches were made public, in months 5, 7." in missing
    assert "1 row with the action punishing" in missing


@pytest.mark.parametrize(
    ("scenario", "env", "condition"),
    [
        ("fishing", {}, "default"),
        (
            "fishing",
            {"inject_universalization": True, "name": "fish_baseline_concurrent_universalization"},
            "universalization",
        ),
        ("fishing", {**OUTSIDER, "name": "fish_perturbation_outsider"}, "newcomer"),
        (
            "fishing",
            {**OUTSIDER, "inject_universalization": True, "name": "fish_perturbation_outsider_universalization"},
            "newcomer-universalization",
        ),
        (
            "pollution",
            {"perturbations": SILENT, "name": "pollution_perturbation_no_language"},
            "no-communication-no-transparency",
        ),
        ("sheep", {"language_nature": "none", "name": "sheep_perturbation_no_language"}, "no-communication"),
        (
            "fishing",
            {"perturbations": SILENT, "name": "fish_no_communication"},
            "no-communication-no-transparency",
        ),
        ("fishing", {"language_nature": "none", "name": "fish_no_communication"}, "no-communication"),
        ("fishing", {**OUTSIDER, "name": "fish_newcomer"}, "newcomer"),
        ("sheep", {"observation_other_agents_harvesting": False}, "no-transparency"),
        ("fishing", {"name": "fish_baseline_concurrent_deontology"}, "deontology"),
        ("fishing", {"name": "fish_baseline_concurrent_universalization_advice"}, "universalization-advice"),
    ],
)
def test_the_condition_follows_from_the_configuration(
    imported: Import, scenario: str, env: dict[str, Any], condition: str
) -> None:
    rows = rows_of(10, rounds=2, talks="no-communication" not in condition)
    experiment = imported(rows, config_of(scenario, **env)).header.experiment
    assert experiment.condition == condition
    assert experiment.society.communication is ("no-communication" not in condition)
    assert experiment.society.transparency is ("no-transparency" not in condition)
    hinted = "inject_universalization" in env
    assert experiment.society.hints == (("universalization",) if hinted else ())


def test_a_paraphrase_is_a_condition(imported: Import) -> None:
    config = config_of(name="fish_baseline_concurrent_paraphrase_2")
    config["experiment"]["agent"]["system_prompt"] = "v3_p2"
    experiment = imported(rows_of(10), config).header.experiment
    assert (experiment.condition, experiment.society.rules) == ("paraphrase-2", "rules-2")


@pytest.mark.parametrize(("nature", "by"), [("none", "memory"), ("none_and_no_obs", "nobody")])
def test_without_discussion_the_configuration_determines_the_report(imported: Import, nature: str, by: str) -> None:
    journal = imported(rows_of(10, talks=False), config_of(language_nature=nature))
    reports = list(journal.of(Report))
    assert {report.by for report in reports} == {by}
    assert reports[0].catches == ({} if by == "nobody" else dict.fromkeys(("John", "Kate", "Jack", "Emma", "Luke"), 10))
    assert not [*journal.of(Utterance), *journal.of(Agreement)]


def test_a_newcomer_counts_from_the_month_it_comes(imported: Import) -> None:
    rows = rows_of(10, rounds=15, newcomer=3)
    journal = imported(rows, config_of(max_num_rounds=15, inject_universalization=True, **OUTSIDER))
    months, harvests = list(journal.of(Month)), list(journal.of(Harvest))
    assert (len(months[2].members), months[2].joined) == (4, ())
    assert (len(months[3].members), months[3].joined) == (5, ("Luke",))
    assert [harvest.member_threshold for harvest in harvests[2:4]] == [12, 10]
    assert journal.header.experiment.member("Luke").joins == 4
    assert journal.status == "completed"
    assert journal.header.imported is not None
    assert "after a newcomer joined" in "\n".join(journal.header.imported.missing)


def test_a_newcomer_whose_month_never_came_is_on_the_roster(imported: Import, out: Path) -> None:
    journal = imported(rows_of(40, newcomer=3), config_of(max_num_rounds=15, **OUTSIDER))
    assert journal.header.experiment.society.members == ("John", "Kate", "Jack", "Emma", "Luke")
    assert journal.header.experiment.member("Luke").joins == 4
    assert read_run(journal.path).values["gain"] == 25.0
    frame = load(out).members.set_index("member")
    assert frame.loc["Luke", "months_present"] == 0


def test_members_may_have_models_and_personas_of_their_own(imported: Import) -> None:
    config = config_of()
    config["strong_model"] = {"path": "gpt-4o", "temperature": 0.5, "top_p": 0.9}
    config["weak_model"] = {"path": "gpt-3.5"}
    config["mix_llm"] = [{"llm": "${strong_model}"}] * 4 + [{"llm": "${weak_model}"}]
    config["framework_model"] = "${strong_model}"
    config["experiment"]["personas"]["persona_1"]["goals"] = "You want all of it."
    header = imported(rows_of(10), config).header
    assert header.society == "original-mixed"
    experiment = header.experiment
    assert [experiment.member(name).model for name in ("John", "Luke")] == [None, "gpt-3.5"]
    assert (experiment.models.default, experiment.models.framework) == ("gpt-4o", "gpt-4o")
    assert (experiment.models.sampling.temperature, experiment.models.sampling.top_p) == (0.5, 0.9)
    persona = experiment.member("Kate").persona
    assert persona is not None
    assert persona.goals == "You want all of it."
    assert header.imported is not None
    assert "generated all of them with the model of the opener" in "\n".join(header.imported.missing)


def test_a_reference_that_leads_nowhere_or_in_a_circle_is_unknown(imported: Import) -> None:
    config = config_of()
    config["llm"]["path"] = "${llm.path}"
    config["experiment"]["env"]["initial_resource_in_pool"] = "${nowhere.at_all}"
    header = imported(rows_of(10), config).header
    assert header.experiment.models.default == "gpt-4"  # the folder's name
    assert header.experiment.world.capacity == 100


def test_without_a_configuration_values_come_from_folders_and_the_paper(imported: Import) -> None:
    header = imported(rows_of(10, talks=False), folder="pollution_v6.4/mistral/run-9").header
    experiment = header.experiment
    assert (experiment.scenario, experiment.condition, header.society) == ("pollution", "original", "original-mistral")
    assert experiment.society.members == ("John", "Kate", "Jack", "Emma", "Luke")
    assert (experiment.society.communication, experiment.society.transparency) == (False, False)
    assert (experiment.world.months, experiment.models.sampling.temperature) == (12, None)
    assert header.imported is not None
    assumed = "\n".join(header.imported.assumed)
    assert "the scenario (pollution) and the model (mistral) are taken from the names of folders" in assumed
    assert "the paper's months" in assumed
    assert "those of the paper are assumed (John, Kate, Jack, Emma, Luke)" in assumed
    assert "are inferred from the log: it has no discussions" in assumed


def test_invalid_names_are_replaced_by_those_of_the_log(imported: Import) -> None:
    config = config_of()
    personas = config["experiment"]["personas"]
    personas["persona_0"]["name"], personas["persona_1"]["name"], personas["persona_2"]["name"] = (
        "?!",
        "framework",
        "emma",
    )
    assert imported(rows_of(10), config).header.experiment.society.members == (
        "persona_0",
        "persona_1",
        "emma",
        "persona_3",
        "Luke",
    )


def test_an_unknown_scenario_is_reported(imported: Import) -> None:
    config = config_of("Fire Wood!")
    header = imported(rows_of(10), config, folder="x/gpt-4/run").header
    assert (header.scenario.name, header.scenario.words["units"]) == ("other-fire-wood", "units")
    assert header.scenario.templates == {}
    assert header.imported is not None
    assert "The scenario fire-wood is not in the original (fishing, sheep, poll" in "\n".join(header.imported.assumed)


def test_a_scenario_of_another_program_is_never_confused_with_a_built_in_one(imported: Import) -> None:
    scenario = imported(rows_of(10), config_of("fishery"), folder="x/gpt-4/run").header.scenario
    assert (scenario.name, scenario.words["units"]) == ("other-fishery", "units")
    config = config_of()
    config["experiment"]["scenario"] = None
    header = imported(rows_of(10), config, folder="another/gpt-4/run").header
    assert header.imported is not None
    assert (header.scenario.name, header.imported.assumed[0]) == ("unknown", "The configuration names no scenario.")


@pytest.mark.parametrize(("rounds", "status"), [(12, "completed"), (11, "failed"), (1, "failed")])
def test_a_log_that_ends_early_is_of_a_run_that_failed(imported: Import, rounds: int, status: str) -> None:
    journal = imported(rows_of(10, rounds=rounds), config_of())
    assert journal.status == status
    assert journal.end is not None
    assert journal.end.reason == (None if status == "completed" else f"the log ends after month {rounds} of 12")


def test_an_unknown_number_of_months_is_never_invented(imported: Import) -> None:
    journal = imported(rows_of(10, rounds=20))
    assert journal.status == "failed"
    assert journal.end is not None
    assert journal.end.reason == "the log ends after month 20, and how long the run was to last is not known"


def test_rounds_after_the_collapse_are_omitted_and_reported(imported: Import) -> None:
    def wants(number: int, i: int) -> int:
        return [[20, 20, 20, 20, 17], [1, 1, 1, 1, 0]][number][i]

    rows = rows_of(wants, rounds=1)  # three are left
    rows += [row | {"round": 1} for row in rows_of(1, rounds=1, capacity=6)]
    journal = imported(rows, config_of())
    assert (journal.status, len(list(journal.of(Harvest)))) == ("collapsed", 1)
    assert journal.header.imported is not None
    assert "1 round after the collapse." in journal.header.imported.missing


def test_five_units_left_are_not_a_collapse(imported: Import) -> None:
    journal = imported(rows_of(19, rounds=1), config_of(max_num_rounds=1))
    assert journal.status == "completed"
    assert read_run(journal.path).values["survival_rate"] is True


def test_another_capacity_is_read_from_the_configuration_or_the_first_stock(imported: Import) -> None:
    config = config_of(initial_resource_in_pool=60, assign_resource_strategy="proportional")
    world = imported(rows_of(5, capacity=60), config).header.experiment.world
    assert (world.capacity, world.stock_at_start, world.allocation) == (60, 60, "proportional")
    assert imported(rows_of(5, capacity=40), folder="a/b/c").header.experiment.world.capacity == 40


@pytest.mark.parametrize(
    ("rows", "config", "message"),
    [
        (rows_of(5, capacity=120), config_of(), "world.initial = 120: must not exceed world.capacity = 100"),
        (rows_of(10), config_of(max_num_rounds=3), "has 12 rounds, but its configuration allows at most 3"),
        (rows_of(10), config_of(max_num_rounds="many"), "world.months = 'many'"),
        (rows_of(10), {"experiment": {}}, "has no experiment.env"),
        (rows_of(10), config_of(initial_resource_in_pool=4), "world.collapse = 5: must be below world.capacity = 4"),
    ],
)
def test_a_log_that_contradicts_its_configuration_is_skipped(
    results: Path, make: Callable[[], tuple[list[ImportedRun], list[str]]], rows: Any, config: Any, message: str
) -> None:
    write_result(results / "fishing_v7.0" / "gpt-4" / "run-1", rows, config)
    runs, excluded = make()
    assert runs == []
    assert len(excluded) == 1
    assert message in excluded[0]
    assert excluded[0].startswith(str(results / "fishing_v7.0" / "gpt-4" / "run-1"))


def test_growth_other_than_the_originals_is_rejected(
    results: Path, make: Callable[[], tuple[list[ImportedRun], list[str]]]
) -> None:
    rows = rows_of(12)
    for row in rows:
        if row["round"] == 1 and row["action"] == "harvesting":
            row["resource_in_pool_before_harvesting"] -= 1
            row["resource_in_pool_after_harvesting"] -= 1
    write_result(results / "run", rows, config_of())
    _, excluded = make()
    assert "round 1 starts with 79 units, but the 40 that were left grow to 80" in excluded[0]


def test_growth_is_also_checked_after_the_collapse(
    results: Path, make: Callable[[], tuple[list[ImportedRun], list[str]]]
) -> None:
    rows = rows_of(20, rounds=1)  # nothing is left
    for number in range(1, 12):
        rows += [row | {"round": number} for row in rows_of(0, rounds=1, capacity=50)]
    write_result(results / "fishing_v7.0" / "gpt-4" / "run", rows, config_of())
    runs, excluded = make()
    assert runs == []
    assert "round 1 starts with 50 units, but the 0 that were left grow to 0" in excluded[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"llm": {"path": ["gpt-4", "gpt-3.5"]}}, r"llm.path = ['gpt-4', 'gpt-3.5']: must be the name of one model"),
        ({"llm": {"path": {"name": "gpt-4"}}}, "llm.path = {'name': 'gpt-4'}: must be the name of one model"),
        ({"mix_llm": [{"llm": {"path": ["a", "b"]}}] * 5}, "mix_llm.0.llm.path = ['a', 'b']: must be the name"),
        ({"mix_llm": [{"llm": {"path": "a"}}], "framework_model": {"path": 3}}, "framework_model.path = 3: must be"),
    ],
)
def test_anything_but_a_single_model_is_rejected(
    results: Path,
    make: Callable[[], tuple[list[ImportedRun], list[str]]],
    change: dict[str, Any],
    message: str,
) -> None:
    write_result(results / "fishing_v7.0" / "gpt-4" / "run", rows_of(10), config_of() | change)
    runs, excluded = make()
    assert runs == []
    assert message in excluded[0]


def test_a_list_of_one_model_is_that_model(imported: Import) -> None:
    header = imported(rows_of(10), config_of() | {"llm": {"path": ["gpt-4o"]}}).header
    assert (header.experiment.models.default, header.society) == ("gpt-4o", "original-gpt-4o")


def test_damaged_and_foreign_folders_are_reported_and_do_not_affect_others(
    results: Path, out: Path, make: Callable[[], tuple[list[ImportedRun], list[str]]]
) -> None:
    good = write_result(results / "fishing_v7.0" / "gpt-4" / "good", rows_of(10), config_of())
    cut = write_result(results / "fishing_v7.0" / "gpt-4" / "cut", rows_of(10), config_of())
    (cut / "log_env.json").write_bytes((good / "log_env.json").read_bytes()[:-1000])
    bad = write_result(results / "fishing_v7.0" / "gpt-4" / "yaml", rows_of(10), config_of())
    (bad / ".hydra" / "config.yaml").write_text("a: [")
    (results / "fishing_v7.0" / "gpt-4" / "crashed" / "persona_0").mkdir(parents=True)
    (results / "notes").mkdir()
    (results / "notes" / "data.json").write_text("{}")
    (results / ".cache").mkdir()
    (results / ".cache" / "log_env.json").write_text("{}")
    runs, excluded = make()
    assert [run.imported.source for run in runs] == ["gpt-4/good"]
    assert len(excluded) == 3
    assert "gpt-4/crashed: has no log_env.json" in excluded[0]
    assert "gpt-4/cut: log_env.json is not JSON, or is truncated" in excluded[1]
    assert "is not valid YAML" in excluded[2]
    assert len(find_journals(out)) == 1


def test_a_folder_without_results_is_rejected(tmp_path: Path, out: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(JournalError, match="contains no results of the original"):
            import_original(folder, out, lambda _: None)


def test_the_log_itself_can_be_given(results: Path, out: Path) -> None:
    folder = write_result(results / "gpt-4" / "run", rows_of(10), config_of())
    runs = import_original(folder / "log_env.json", out, lambda error: pytest.fail(str(error)))
    assert [run.folder for run in runs] == [folder.resolve()]


def test_importing_again_yields_the_same_files_regardless_of_others(
    results: Path, out: Path, make: Callable[[], tuple[list[ImportedRun], list[str]]]
) -> None:
    for name in ("b", "d"):
        write_result(results / "fishing_v7.0" / "gpt-4" / name, rows_of(10), config_of())
    first, _ = make()
    before = {path: path.read_bytes() for path in find_journals(out)}
    # The same log to the letter, as where nothing is random: two runs all the same.
    assert len(before) == 2
    write_result(results / "fishing_v7.0" / "gpt-4" / "a", rows_of(11), config_of())
    second, excluded = make()
    assert excluded == []
    assert [run.was_there for run in first] == [False, False]
    assert [run.was_there for run in second] == [False, True, True]
    assert {path: path.read_bytes() for path in before} == before
    assert not [path for path in out.rglob("*") if path.is_file() and path.suffix != ".jsonl"]
    # Where the folder is entered makes no difference either.
    again = import_original(results / "fishing_v7.0" / "gpt-4" / "b", out, lambda error: pytest.fail(str(error)))
    assert [run.was_there for run in again] == [True]


def test_a_journal_that_another_version_imported_is_the_same(
    results: Path, make: Callable[[], tuple[list[ImportedRun], list[str]]]
) -> None:
    write_result(results / "run", rows_of(10), config_of())
    path = make()[0][0].path
    older = path.read_text().replace('"versions":{"govsim":"', '"versions":{"govsim":"0.0.')
    path.write_text(older)
    runs, excluded = make()
    assert (runs[0].was_there, excluded) == (True, [])
    assert path.read_text() == older


def test_an_existing_different_journal_is_not_overwritten(
    results: Path, make: Callable[[], tuple[list[ImportedRun], list[str]]]
) -> None:
    write_result(results / "run", rows_of(10), config_of())
    path = make()[0][0].path
    changed = path.read_text().replace("John speaks", "Kate speaks")
    path.write_text(changed)
    runs, excluded = make()
    assert runs == []
    assert "already contains another journal" in excluded[0]
    assert "text differs" in excluded[0]
    assert path.read_text() == changed
    path.write_text("")  # a file that holds nothing is nobody's
    assert make()[0][0].was_there is False


def test_a_result_is_named_by_its_folders_from_any_working_directory(
    results: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_result(results / "sheep_v7.0" / "gpt-4" / "run", rows_of(10)))
    run = import_original(Path(), out, lambda error: pytest.fail(str(error)))[0]
    assert run.imported.source == "gpt-4/run"
    assert run.path.parent == out / "pasture" / "original" / "original-gpt-4"


def test_a_folder_named_after_a_scenario_is_no_model(imported: Import) -> None:
    header = imported(rows_of(10), folder="fishing_v7.0/run-1").header
    assert (header.scenario.name, header.society) == ("fishery", "original-unknown")


def test_a_discussion_that_ends_later_in_the_run_is_another_condition(imported: Import) -> None:
    change = {"round": 6, "type": "change_language_nature", "language_nature": "none"}
    config = config_of(perturbations=[{"perturbation": change}], name="fish_perturbation_no_language")
    experiment = imported(rows_of(10), config).header.experiment
    assert (experiment.condition, experiment.society.communication) == ("no-language", True)


def test_turns_in_random_order_are_first_come_first_served(imported: Import) -> None:
    config = config_of(harvesting_order="random-sequential")
    config["experiment"]["personas"]["persona_0"]["behavior"] = "You fish at night."
    experiment = imported(rows_of(10), config).header.experiment
    assert experiment.world.allocation == "sequential"
    persona = experiment.member("John").persona
    assert persona is not None
    assert persona.behaviour == "You fish at night."


def test_an_invalid_file_name_is_reported(
    results: Path, make: Callable[[], tuple[list[ImportedRun], list[str]]]
) -> None:
    write_result(results / "run", rows_of(10), config_of(model="m" * 300))
    runs, excluded = make()
    assert runs == []
    assert "File name too long" in excluded[0]


def test_a_copy_of_a_result_is_not_counted_twice(
    results: Path, make: Callable[[], tuple[list[ImportedRun], list[str]]]
) -> None:
    write_result(results / "a" / "run", rows_of(10), config_of())
    shutil.copytree(results / "a", results / "b")
    runs, excluded = make()
    assert [run.imported.source for run in runs] == ["a/run"]
    assert "imported.source differs" in excluded[0]


def test_a_folder_that_cannot_be_written_ends_the_import(results: Path, out: Path) -> None:
    write_result(results / "run", rows_of(10), config_of())
    out.write_text("a file")
    with pytest.raises(ConfigError, match=r"cannot be written \(.*choose another folder with --out"):
        import_original(results, out, lambda error: pytest.fail(str(error)))


def test_unknown_values_are_never_0(imported: Import, out: Path) -> None:
    path = imported(rows_of(lambda number, i: 25 if i else 0), config_of()).path
    run = read_run(path)
    assert (run.tokens, run.cost, run.invalid, run.forfeited) == (None, None, None, None)
    assert run.is_imported
    cell = cells_of([run])[0].to_json()
    assert (cell["tokens"], cell["cost"], cell["invalid"]) == (None, None, None)
    frames = load(out)
    for frame, columns in (
        (frames.runs, ["tokens", "cost", "invalid", "forfeited"]),
        (frames.members, ["forfeited"]),
        (frames.months, ["tokens", "cost", "invalid", "forfeited"]),
        (frames.decisions, ["is_forfeited"]),
    ):
        assert frame[columns].isna().all(axis=None)
    state = in_cells(load(out, frames=("status",)).states)[0]
    assert (state.tokens, state.cost, state.done) == (None, None, 1)
    spent = spending(load(out, frames=("calls",)).calls)
    assert spent[["member", "phase", "purpose"]].to_numpy().tolist() == [["unknown"] * 3]
    assert spent[["calls", "input_tokens", "cost"]].isna().all(axis=None)


def test_measures_are_those_of_what_was_logged(imported: Import) -> None:
    path = imported(rows_of(lambda number, i: 25 if i else 0), config_of()).path
    run = read_run(path)
    assert (run.status, run.values["survival_time"], run.values["survival_rate"], run.values["gain"]) == (
        "collapsed",
        1,
        False,
        20.0,
    )
    assert (run.values["over_usage"], run.values["over_usage_granted"]) == (0.8, 0.8)
    assert run.values["equality"] == pytest.approx(0.8)
    assert run.values["efficiency"] == pytest.approx(1 / 6)


def test_an_imported_run_is_never_grouped_with_runs_of_govsim(imported: Import, live: Any, out: Path) -> None:
    imported(rows_of(10), config_of(model="fake/society"))
    live("fishery", {"models.default": "fake/society"})
    runs = load(out).measures
    assert len({run.seed for run in runs}) == 2
    assert {cell.society: len(cell.runs) for cell in cells_of(runs)} == {"original-fake-society": 1, "fake-society": 1}


def test_replicates_with_different_seeds_share_a_row(results: Path, out: Path, make: Any) -> None:
    for scenario in ("fishing", "sheep"):
        for number, seed in enumerate((1, 2, 3, 3)):
            rows = rows_of(10 - number)
            write_result(
                results / f"{scenario}_v7" / "gpt-4" / f"run_{number}", rows, config_of(scenario) | {"seed": seed}
            )
    runs, excluded = make()
    assert excluded == []
    assert len({run.path for run in runs}) == 8
    cells = cells_of(load(out).measures)
    assert [[run.seed for run in cell.runs] for cell in cells] == [[1, 2, 3, 3]] * 2
    assert [cell.copies for cell in cells] == [0, 0]
    shutil.copytree(out / "fishery", out / "copied")
    assert [cell.copies for cell in cells_of(load(out).measures)] == [4, 0]
    assert copies_in(load(out).runs) == 4


def test_imported_runs_are_never_pairs(results: Path, out: Path, make: Any) -> None:
    for name, hinted in (("plain", False), ("hinted", True)):
        for seed in range(4):
            rows = rows_of(10 - hinted, talks=False)
            config = config_of(inject_universalization=hinted, language_nature="none") | {"seed": seed}
            write_result(results / "fishing_v7" / "gpt-4" / f"{name}_{seed}", rows, config)
    make()
    (found,) = compare(
        load(out).runs,
        by="condition",
        baseline="no-communication",
        measure="gain",
        rng=np.random.default_rng(0),
    )
    assert (found.design, found.level.n, found.baseline.n) == ("unpaired", 4, 4)


@pytest.mark.parametrize("named", [None, "Otto"])
def test_rows_do_not_split_by_who_spoke(results: Path, out: Path, make: Any, named: str | None) -> None:
    for number in range(3):
        rows = rows_of(10)
        rows = [row for row in rows if row["agent_id"] != f"persona_{number}" or row["action"] == "harvesting"]
        for row in rows:
            if named and row.get("agent_name") == "Luke":
                row["agent_name"] = named
        write_result(results / "fishing_v7" / "gpt-4" / f"run_{number}", rows)
    make()
    (cell,) = cells_of(load(out).measures)
    members = cell.runs[0].experiment.society.members
    assert members == (
        ("John", "Kate", "Jack", "Emma", "Luke") if named is None else tuple(f"persona_{i}" for i in range(5))
    )


def test_a_result_that_an_earlier_version_named_otherwise_is_not_imported_twice(
    results: Path, make: Callable[[], tuple[list[ImportedRun], list[str]]]
) -> None:
    write_result(results / "fishing_v7" / "gpt-4" / "run", rows_of(10), config_of())
    [run], _ = make()
    number = int(run.path.stem.rpartition("-")[2], 16)
    run.path.rename(run.path.with_name(f"seed-{number}.jsonl"))
    runs, excluded = make()
    assert runs == []
    assert f"an earlier version imported it as {run.path.parent}/seed-{number}.jsonl; move that file, or" in excluded[0]


def test_runs_of_one_setting_share_a_row(results: Path, out: Path, make: Any) -> None:
    newcomer = config_of(max_num_rounds=15, **OUTSIDER)
    for name, wants in (("a", 10), ("b", 40), ("c", 11)):
        write_result(results / "fishing_v7.0" / "gpt-4" / name, rows_of(wants, rounds=15, newcomer=3), newcomer)
    make()
    assert [len(cell.runs) for cell in cells_of(load(out).measures)] == [3]


def test_a_journal_of_an_import_is_the_same_as_itself(imported: Import) -> None:
    journal = imported(rows_of(10), config_of())
    assert first_difference(journal, read_journal(journal.path)) is None
    assert json.loads(journal.path.read_bytes().splitlines()[0])["imported"]["format"] == "govsim-original"
