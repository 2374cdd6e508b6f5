"""Every scenario as a task of Inspect: one sample is one run, with a journal, measures, roles, spans and limits."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import inspect_ai
import pytest
from inspect_ai._util.error import PrerequisiteError
from inspect_ai._util.registry import registry_lookup
from inspect_ai.event import LoggerEvent, ModelEvent, SpanBeginEvent
from inspect_ai.log import EvalLog, EvalSample, read_eval_log
from inspect_ai.model import GenerateConfig, get_model

import govsim.inspect
from govsim.analysis.intervals import rate_interval
from govsim.analysis.measures import all_measures
from govsim.analysis.runs import read_run
from govsim.inspect import TASKS
from govsim.inspect.scorer import is_always_shown
from govsim.journal import FRAMEWORK, Call, Harvest, RequestLine, read_journal
from govsim.scenarios import scenario_names
from tests.inspecting import evaluating

FAKE = "fake/society"

MEMBERS = ("John", "Kate", "Jack", "Emma", "Luke")


def run_task(folder: Path, *, model: str = FAKE, arguments: dict[str, Any], **options: Any) -> EvalLog:
    task = TASKS["fishery"](**arguments)
    with evaluating():
        (log,) = inspect_ai.eval(task, model=model, log_dir=str(folder), display="none", **options)
    return log


def retry(log: EvalLog, folder: Path) -> EvalLog:
    """The log of a retry, in a process of its own, as Inspect reads logs within its event loop there."""
    before = set(folder.glob("*.eval"))
    command = [
        sys.executable,
        "-m",
        "inspect_ai",
        "eval-retry",
        log.location,
        "--log-dir",
        str(folder),
        "--display",
        "none",
    ]
    subprocess.run(command, check=True, timeout=100, capture_output=True)
    (written,) = set(folder.glob("*.eval")) - before
    return read_eval_log(str(written))


def samples_of(log: EvalLog) -> Sequence[EvalSample]:
    assert log.samples
    return log.samples


def journal_of(sample: EvalSample) -> Path:
    return Path(sample.store["journal"])


def calls_of(sample: EvalSample) -> list[Call]:
    return list(read_journal(journal_of(sample)).of(Call))


def model_events(sample: EvalSample) -> list[ModelEvent]:
    return [event for event in sample.events if isinstance(event, ModelEvent)]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    """Two runs of a society in which Kate has a warmer model that takes more, until the commons collapses."""
    kate = get_model(FAKE, config=GenerateConfig(temperature=0.7), memoize=False, catch=60)
    arguments = {"runs": 2, "months": 2, "seed": 3, "condition": "universalization"}
    return run_task(tmp_path_factory.mktemp("logs"), arguments=arguments, model_roles={"Kate": kate})


def test_every_scenario_is_a_task_that_inspect_finds_by_name() -> None:
    assert list(TASKS) == scenario_names()
    assert [registry_lookup("task", f"govsim/{name}") for name in TASKS] == list(TASKS.values())


def test_a_sample_is_a_run_with_its_own_seed_and_a_journal_beside_the_log(log: EvalLog) -> None:
    assert [sample.id for sample in samples_of(log)] == ["universalization-s3", "universalization-s4"]
    for sample in samples_of(log):
        journal = journal_of(sample)
        assert journal.is_relative_to(Path(log.location).parent / "journals" / log.eval.task_id)
        assert read_journal(journal).header.experiment.seed == sample.metadata["seed"]


def test_the_scores_are_the_measures_of_the_journal(log: EvalLog) -> None:
    for sample in samples_of(log):
        assert sample.scores is not None
        score, run = sample.scores["measures"], read_run(journal_of(sample))
        shown = {
            measure.name
            for measure in all_measures()
            if is_always_shown(measure) or run.values[measure.name] is not None
        }
        assert isinstance(score.value, dict)
        assert set(score.value) == shown
        undefined = {name for name in shown if run.values[name] is None}
        assert {name for name, value in score.value.items() if value != value} == undefined  # NaN
        assert {name: score.value[name] for name in shown - undefined} == {
            name: run.values[name] for name in shown - undefined
        }
        assert score.answer == "collapsed in month 1"
        assert score.explanation is not None
        assert "stock after harvest" in score.explanation


def test_statistics_over_runs_are_those_of_tables(log: EvalLog) -> None:
    assert log.results is not None
    found = {score.name: {name: one.value for name, one in score.metrics.items()} for score in log.results.scores}
    exact = rate_interval([False, False])
    assert exact.high is not None
    assert found["survival_rate"] == {
        "mean": 0,
        "stderr": 0,
        "govsim/interval_low": exact.low,
        "govsim/interval_high": pytest.approx(exact.high / 100),
    }
    assert found["survival_time"]["govsim/restricted_mean_value"] == 1
    assert "regret" in found["measures"]


def test_measures_of_institutions_have_statistics_only_if_they_are_defined(log: EvalLog, tmp_path: Path) -> None:
    assert "sanction_points" not in shown_in(log)
    sanctions = run_task(tmp_path, arguments={"runs": 1, "months": 1, "condition": "sanctions"})
    assert {"sanction_points", "sanction_points_low", "sanction_points_high"} <= shown_in(sanctions)


def shown_in(log: EvalLog) -> set[str]:
    """The measures with statistics, and the metrics of those that share one entry."""
    assert log.results is not None
    names = {score.name for score in log.results.scores}
    return names | {name for score in log.results.scores if score.name == "measures" for name in score.metrics}


def test_a_role_is_the_model_of_its_member_and_of_no_other(log: EvalLog) -> None:
    for sample in samples_of(log):
        journal = read_journal(journal_of(sample))
        (harvest,) = journal.of(Harvest)
        assert harvest.asked == {name: 60 if name == "Kate" else 10 for name in MEMBERS}
        requests = {line.hash: line for line in journal.of(RequestLine)}
        sent = {call.member: (requests[call.request or ""].sent or {})["temperature"] for call in journal.of(Call)}
        assert sent == {**dict.fromkeys((*MEMBERS, FRAMEWORK), 0.0), "Kate": 0.7}
        assert set(sample.role_usage) == {"john", "Kate", "jack", "emma", "luke", "framework"}


def spans_above(sample: EvalSample, span: str | None) -> Iterator[SpanBeginEvent]:
    begun = {event.id: event for event in sample.events if isinstance(event, SpanBeginEvent)}
    while span is not None:
        yield begun[span]
        span = begun[span].parent_id


def test_every_model_call_is_in_a_span_of_its_question_in_its_phase_and_month(log: EvalLog) -> None:
    for sample in samples_of(log):
        places = Counter[tuple[str, str, str]]()
        for event in model_events(sample):
            question, phase, month, *_ = spans_above(sample, event.span_id)
            assert (question.type, phase.type, month.type) == ("question", "phase", "month")
            places[month.name, phase.name, question.name] += 1
        recorded = Counter(
            (f"month {call.month}", call.phase, f"{call.member}: {call.purpose}") for call in calls_of(sample)
        )
        assert places == recorded


def test_separate_thoughts_and_ratings_of_a_member_are_in_one_span(tmp_path: Path) -> None:
    settings = {"agents.generative.relevance": "lexical"}
    (sample,) = samples_of(
        run_task(tmp_path, arguments={"runs": 1, "months": 1, "protocol": "paper", "settings": settings})
    )
    ratings = [
        span for span in sample.events if isinstance(span, SpanBeginEvent) and span.name == "Kate: insight-rating"
    ]
    assert len(ratings) == 3
    assert {next(spans_above(sample, rating.parent_id)).name for rating in ratings} == {"Kate: memory"}


def test_messages_are_what_happened_and_what_was_said(log: EvalLog) -> None:
    texts = [(message.role, message.text) for message in samples_of(log)[0].messages]
    assert texts[0] == ("user", f"**Month 1**: {', '.join(MEMBERS)} share a stock of 100.")
    assert "| Kate | 60 |" in texts[1][1]
    assert texts[2][1].startswith("**moderator**: ")
    assert {role for role, text in texts if text.startswith(tuple(f"**{name}**" for name in MEMBERS))} == {"assistant"}


def test_a_limit_ends_a_run_without_a_score_and_a_retry_pays_only_for_the_rest(tmp_path: Path) -> None:
    log = run_task(tmp_path, arguments={"runs": 1, "months": 2}, token_limit=18000)
    (sample,) = samples_of(log)
    assert sample.limit is not None
    assert (log.status, sample.limit.type, sample.scores) == ("error", "token", {})
    assert sample.error is not None
    assert "over budget" in sample.error.message
    before = calls_of(sample)
    assert sum(call.tokens or 0 for call in before) == sum(usage.total_tokens for usage in sample.model_usage.values())
    assert len(before) == len(model_events(sample))
    again = retry(log, tmp_path)
    (sample,) = samples_of(again)
    assert (again.status, sample.error, journal_of(sample)) == ("success", None, journal_of(samples_of(log)[0]))
    assert calls_of(sample)[: len(before)] == before
    assert len(calls_of(sample)) == len(before) + len(model_events(sample))
    assert 0 < len(model_events(sample)) < len(before)


def test_a_cost_limit_ends_a_run_as_over_budget_and_a_message_limit_does_not(tmp_path: Path) -> None:
    prices = {FAKE: {"input": 1, "output": 10, "input_cache_write": 1, "input_cache_read": 1}}
    (tmp_path / "prices.yaml").write_text(json.dumps(prices), encoding="utf-8")
    config = str(tmp_path / "prices.yaml")
    arguments = {"runs": 1, "months": 1}
    log = run_task(tmp_path, arguments=arguments, model_cost_config=config, message_limit=1, cost_limit=0.005)
    (sample,) = samples_of(log)
    assert sample.limit is not None
    assert (log.status, sample.limit.type, sample.scores) == ("error", "cost", {})
    assert sample.error is not None
    assert "over budget: Cost limit exceeded" in sample.error.message
    tokens = [(call.input_tokens or 0, call.output_tokens or 0) for call in calls_of(sample)]
    cost = sum(read + 10 * written for read, written in tokens) / 1e6
    assert sum(usage.total_cost or 0 for usage in sample.model_usage.values()) == pytest.approx(cost)
    log = run_task(tmp_path, arguments=arguments, message_limit=1)
    assert (log.status, samples_of(log)[0].limit) == ("success", None)
    assert len(samples_of(log)[0].messages) > 1


def test_a_retry_that_does_not_find_its_journal_warns_that_it_starts_from_month_1(tmp_path: Path) -> None:
    log = run_task(tmp_path / "first", arguments={"runs": 1, "months": 1}, token_limit=1)
    again = retry(log, tmp_path / "second")
    (sample,) = samples_of(again)
    warning = next(event.message.message for event in sample.events if isinstance(event, LoggerEvent))
    assert f"{journal_of(sample)} does not exist, so the run starts from month 1" in warning


def test_policies_need_no_model_and_other_agents_do(tmp_path: Path) -> None:
    policies = run_task(tmp_path, model="none/none", arguments={"runs": 1, "months": 1, "agent": "policy:fair-share"})
    assert samples_of(policies)[0].error is None
    (sample,) = samples_of(run_task(tmp_path, model="none/none", arguments={"runs": 1}))
    assert sample.error is not None
    assert "needs a model" in sample.error.message


def test_a_role_of_an_unknown_member_is_an_error_before_anything_is_paid(tmp_path: Path) -> None:
    (sample,) = samples_of(run_task(tmp_path, arguments={"runs": 1}, model_roles={"kat": FAKE}))
    assert sample.error is not None
    assert "model role = kat: must be one of john, kate" in sample.error.message
    assert not model_events(sample)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"months": 0}, "world.months = 0: must be at least 1"),
        ({"condition": "vot"}, "did you mean vote?"),
        ({"runs": 0}, "runs"),
    ],
)
def test_an_invalid_setting_is_one_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(PrerequisiteError) as error:
        TASKS["fishery"](**arguments)
    assert message in str(error.value.message)
    assert "\n" not in str(error.value.message)


@pytest.mark.parametrize("module", [govsim.inspect, govsim.inspect.scorer, govsim.inspect.solver])
def test_what_inspect_loads_to_look_up_a_provider_imports_no_analyses_and_no_societies(module: ModuleType) -> None:
    found = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.ImportFrom)]
    own = {node.module for node in found if node.module and node.module.startswith("govsim.")}
    assert own <= {"govsim.inspect.scorer", "govsim.inspect.solver", "govsim.scenarios"}
