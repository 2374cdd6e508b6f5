"""Unsent settings are reported: at the start, in the journal, in tables and reports, and by comparisons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from govsim.analysis.results import load
from govsim.journal import Call, RequestLine, Session, read_journal, read_study
from tests.commands import Done, govsim
from tests.providers import SERVED, Seen, provider_server

CLAUDE = "anthropic/claude-haiku-4-5"
NOTE = f"{CLAUDE}: temperature and top_p are not sent"


@pytest.fixture(scope="module")
def server() -> Iterator[Seen]:
    with provider_server() as seen:
        yield seen


def command(folder: Path, server: Seen, *words: str) -> Done:
    keys = {"ANTHROPIC_API_KEY": "none", "OPENAI_API_KEY": "none", "OLLAMA_API_KEY": "none"}
    addresses = {"ANTHROPIC_BASE_URL": server.url, "OPENAI_BASE_URL": f"{server.url}/v1"}
    return govsim(folder, *words, **keys, **addresses, OLLAMA_BASE_URL=f"{server.url}/v1")


def run(folder: Path, server: Seen, *words: str, model: str = CLAUDE) -> Done:
    done = command(folder, server, "run", "fishery", "--model", model, "--months", "1", *words)
    assert done.returncode == 0, done.stderr
    return done


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def two_temperatures(tmp_path_factory: pytest.TempPathFactory, server: Seen) -> Path:
    """Runs at two temperatures of a model to which no temperature is sent."""
    folder = tmp_path_factory.mktemp("temperatures")
    for temperature in ("0.0", "0.7"):
        run(folder, server, "--runs", "2", "--set", f"models.sampling.temperature={temperature}")
    return folder


def test_unsent_settings_are_reported_before_any_request(tmp_path: Path, server: Seen) -> None:
    done = run(tmp_path, server)
    assert done.stderr.splitlines()[0] == f"note: {NOTE}"
    assert done.stderr.count(NOTE) == 1
    assert "note:" not in run(tmp_path, server, model="openai/gpt-4o-mini").stderr


def test_a_note_that_needs_a_reply_follows_the_first_one(tmp_path: Path, server: Seen) -> None:
    words = ("--set", "models.sampling.reasoning_effort=low")
    done = run(tmp_path, server, *words, model="fake/society")
    assert done.stderr.count("note: fake/society: reasoning_effort is not sent") == 1


def test_each_call_refers_to_its_request(tmp_path: Path, server: Seen) -> None:
    run(tmp_path, server, "--set", "models.sampling.seed=3", model="openai/gpt-4o-mini")
    [path] = tmp_path.rglob("seed-0.jsonl")
    journal = read_journal(path)
    [request] = journal.of(RequestLine)
    assert request.sent == {"temperature": 0.0, "top_p": 1.0, "max_tokens": 4096, "seed": 3}
    assert (request.model, request.served, request.differing) == ("openai/gpt-4o-mini", SERVED, {})
    assert {call.request for call in journal.of(Call)} == {request.hash}
    assert {(call.response_id, call.fallback) for call in journal.of(Call)} == {("x", None)}


def test_a_run_can_be_replayed_and_resumed_with_another_snapshot_of_the_model(tmp_path: Path, server: Seen) -> None:
    run(tmp_path, server)
    [path] = tmp_path.rglob("seed-0.jsonl")
    whole = path.read_text(encoding="utf-8")
    [request] = read_journal(path).of(RequestLine)
    whole = whole.replace(SERVED, "served-2026-02-02").replace(request.hash, "0123456789abcdef")
    path.write_text(whole, encoding="utf-8")
    relived = command(tmp_path, server, "replay", str(path))
    assert (relived.returncode, relived.stderr) == (0, "")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
    run(tmp_path, server)
    journal = read_journal(path)
    assert journal.status == "completed"
    assert {request.served for request in journal.of(RequestLine)} == {"served-2026-02-02", SERVED}
    assert command(tmp_path, server, "replay", str(path)).returncode == 0
    other = tmp_path / "other"
    other.mkdir()
    run(other, server)
    assert command(tmp_path, server, "diff", str(path), str(next(other.rglob("*.jsonl")))).returncode == 0


def test_a_request_line_is_not_repeated_when_a_run_is_resumed(tmp_path: Path, server: Seen) -> None:
    run(tmp_path, server)
    [path] = tmp_path.rglob("seed-0.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
    run(tmp_path, server)
    assert path.read_text(encoding="utf-8").count('"kind":"request"') == 1


def test_tables_and_reports_list_unsent_settings(two_temperatures: Path, server: Seen) -> None:
    table = plain(command(two_temperatures, server, "table", "runs").stdout)
    assert f"Not every setting was sent as it is set. {NOTE}." in table
    assert "Rows that differ only in models.sampling.temperature are the same condition" in table
    done = command(two_temperatures, server, "report", "runs", "-o", "report.html")
    assert done.returncode == 0, done.stderr
    page = (two_temperatures / "report.html").read_text(encoding="utf-8")
    assert NOTE in page
    assert "are the same condition, because it was sent to none of their models" in page


def test_frames_hold_what_was_sent(two_temperatures: Path) -> None:
    runs = load(two_temperatures / "runs").runs
    assert set(runs["not_sent"]) == {NOTE}
    assert set(runs["served"]) == {SERVED}
    assert runs["cell"].nunique() == 2
    assert runs["requests"].nunique() == 1


def test_a_comparison_of_identical_requests_is_rejected(two_temperatures: Path, server: Seen) -> None:
    words = ("compare", "runs", "--by", "models.sampling.temperature", "--baseline", "0.0", "--measure", "gain")
    done = command(two_temperatures, server, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "govsim: by = models.sampling.temperature: 0.7 and 0.0 made identical requests, so there is nothing to "
        f"compare; not every setting was sent ({NOTE})\n"
    )


def test_conditions_that_differ_only_in_unsent_settings_are_merged(tmp_path: Path, server: Seen) -> None:
    for name, temperature in (("cold", 0.0), ("warm", 0.7)):
        (tmp_path / f"{name}.yaml").write_text(f"models:\n  sampling:\n    temperature: {temperature}\n")
        run(tmp_path, server, "--condition", f"{name}.yaml")
    words = ("compare", "runs", "--baseline", "cold", "--measure", "gain")
    done = command(tmp_path, server, *words)
    assert done.returncode == 2
    assert "by = condition: warm and cold made identical requests" in done.stderr


def test_settings_that_were_sent_are_compared_and_others_are_reported(tmp_path: Path, server: Seen) -> None:
    for temperature in ("0.0", "0.7"):
        run(tmp_path, server, "--set", f"models.sampling.temperature={temperature}", model="openai/gpt-4o-mini")
    words = ("compare", "runs", "--by", "models.sampling.temperature", "--baseline", "0.0", "--measure", "gain")
    done = command(tmp_path, server, *words)
    assert done.returncode == 0, done.stderr
    assert "not sent" not in done.stdout
    for path in tmp_path.rglob("*.jsonl"):
        kept = [line for line in path.read_text(encoding="utf-8").splitlines() if '"kind":"request"' not in line]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert "do not record what was sent to their models" in plain(command(tmp_path, server, *words).stdout)


def test_tests_and_judges_accept_every_sampling_option_and_report_unsent_ones(tmp_path: Path, server: Seen) -> None:
    run(tmp_path, server, model="fake/society")
    sampling = ("--set", "models.sampling.temperature=null", "--set", "models.sampling.seed=5")
    words = ("--scenario", "fishery", "--problems", "1", "--set", "models.system_role=user")
    tested = command(tmp_path, server, "skills", "test", "--model", CLAUDE, *words, *sampling)
    judged = command(tmp_path, server, "dialogue", "judge", "runs", "--model", CLAUDE, "--ask", "labels", *sampling)
    for done, found in ((tested, "skills/**/*.study"), (judged, "fishery/**/*.study")):
        assert done.returncode == 0, done.stderr
        assert f"note: {CLAUDE}: top_p and seed are not sent" in done.stderr.splitlines()
        assert f"{CLAUDE}: top_p and seed are not sent." in plain(done.stdout)
        [path] = (tmp_path / "runs").glob(found)
        study = read_study(path)
        assert (study.header.models.sampling.temperature, study.header.models.sampling.seed) == (None, 5)
        [request] = study.of(RequestLine)
        assert request.sent == {"max_tokens": 4096}


def test_tests_and_judges_follow_the_set_option(tmp_path: Path, server: Seen) -> None:
    run(tmp_path, server, model="fake/society")
    execution = ("--connections", "9", "--set", "execution.retries=0", "--set", "execution.connections=3")
    words = ("--scenario", "fishery", "--problems", "1")
    tested = command(tmp_path, server, "skills", "test", "--model", "fake/society", *words, *execution)
    judged = command(
        tmp_path, server, "dialogue", "judge", "runs", "--model", "fake/judge", "--ask", "labels", *execution
    )
    for done, found in ((tested, "skills/**/*.study"), (judged, "fishery/**/*.study")):
        assert done.returncode == 0, done.stderr
        [path] = (tmp_path / "runs").glob(found)
        [session] = read_study(path).of(Session)
        assert (session.execution["retries"], session.execution["connections"]) == (0, 3)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ("skills", "test", "--model", CLAUDE, "--set", "execution.parallel=3"),
            "--set execution.parallel: not used by this command",
        ),
        (
            ("skills", "test", "--model", CLAUDE, "--set", "execution.retries=-1"),
            "execution.retries = -1: must be at least",
        ),
        (
            ("dialogue", "judge", "--model", CLAUDE, "--set", "execution.out=x"),
            "--set execution.out: not used by this command",
        ),
        (
            ("skills", "test", "--model", CLAUDE, "--set", "society.phases=[harvest]"),
            "--set society.phases: not used by this command",
        ),
        (
            ("skills", "test", "--model", CLAUDE, "--set", "models.default=x"),
            "--set models.default: not used by this command",
        ),
        (
            ("dialogue", "judge", "--model", CLAUDE, "--set", "world.growth=3"),
            "--set world.growth: not used by this command",
        ),
        (("skills", "show", "--set", "models.sampling.seed=1"), "No such option: --set"),
    ],
)
def test_studies_reject_settings_without_effect(
    tmp_path: Path, server: Seen, words: tuple[str, ...], expected: str
) -> None:
    done = command(tmp_path, server, *words)
    assert done.returncode == 2
    assert done.stderr.startswith(f"govsim: {expected}")


def test_a_field_that_would_be_dropped_is_rejected_and_nothing_is_written(tmp_path: Path, server: Seen) -> None:
    words = ("--model", "openai/o4-mini", "--set", "models.extra_body.chat_template_kwargs.enable_thinking=false")
    done = command(tmp_path, server, "run", "fishery", *words)
    assert done.returncode == 2
    assert done.stderr.startswith("govsim: extra_body.chat_template_kwargs.enable_thinking: requests to openai/o4-mini")
    assert not (tmp_path / "runs").exists()


def test_extra_fields_and_system_role_are_sent_and_recorded_in_the_header(tmp_path: Path, server: Seen) -> None:
    words = ("--set", "models.extra_body.keep_alive=60", "--set", "models.system_role=user", "-M", "stream=true")
    run(tmp_path, server, *words, model="ollama/gemma2")
    assert server.last["keep_alive"] == 60
    assert server.last["stream"] is True
    assert server.last["messages"][0]["role"] == "user"
    [path] = tmp_path.rglob("seed-0.jsonl")
    journal = read_journal(path)
    assert journal.header.experiment.models.extra_body == {"keep_alive": 60}
    assert next(line for line in path.read_text(encoding="utf-8").splitlines() if '"role":"system"' in line)
    assert command(tmp_path, server, "replay", str(path)).returncode == 0


def test_extra_fields_apply_to_the_default_model_and_members_have_their_own(tmp_path: Path, server: Seen) -> None:
    server.bodies.clear()
    words = ("--set", "models.extra_body.keep_alive=60", "--member", "Luke.model=openai/gpt-4o-mini")
    run(tmp_path, server, *words, "--member", "Luke.extra_body.user=luke", model="ollama/llama3.2")
    bodies = {name: [body for body in server.bodies if body["model"] == name] for name in ("llama3.2", "gpt-4o-mini")}
    assert all(body["keep_alive"] == 60 and "user" not in body for body in bodies["llama3.2"])
    assert all(body["user"] == "luke" and "keep_alive" not in body for body in bodies["gpt-4o-mini"])
    assert all(bodies.values())


def test_costs_come_from_the_list_and_it_is_named(tmp_path: Path, server: Seen) -> None:
    done = command(tmp_path, server, "run", "fishery", "--model", "google/gemini-2.5-flash", "--estimate")
    assert done.returncode == 0, done.stderr
    assert re.search(r"all .*\$0\.\d\d$", done.stdout, re.MULTILINE)
    assert "Prices of google/gemini-2.5-flash: genai-prices" in done.stdout


def test_a_recorded_price_list_is_named_by_tables_reports_and_costs(tmp_path: Path, server: Seen) -> None:
    source = "genai-prices 0.2.3 (newest price: 2026-11-09)"
    run(tmp_path, server, "--price", f"{CLAUDE}=1/5")
    [path] = tmp_path.rglob("seed-0.jsonl")
    text = path.read_text(encoding="utf-8")
    assert '"price":"set"' in text
    path.write_text(text.replace('"price":"set"', f'"price":"{source}"'), encoding="utf-8")
    note = f"Prices of {CLAUDE}: {source}."
    for words in (("table", "runs"), ("cost", "runs")):
        assert note in plain(command(tmp_path, server, *words).stdout)
    assert command(tmp_path, server, "report", "runs", "-o", "report.html").returncode == 0
    assert note in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_limit_of_cost_works_without_a_price_on_this_machine(tmp_path: Path, server: Seen) -> None:
    done = run(tmp_path, server, "--max-cost", "1", model="ollama/llama3.2")
    assert "cost: $0.00" in done.stdout
