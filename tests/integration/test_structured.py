"""A society with structured replies behaves like one with text replies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govsim.errors import ModelUnavailable
from govsim.journal import Call, Journal, RequestLine, first_difference, read_journal, read_study
from govsim.models import embedded_engine
from govsim.models.weights import find_weights
from tests.commands import Done, govsim
from tests.faulty_server import MODEL, Canned, Faults, FaultyServer, serving
from tests.living import Live
from tests.providers import Seen, provider_server, schema_in

STRUCTURED = {"models.replies": "structured"}
FAKE: dict[str, Any] = {"models.default": "fake/society", "world.months": 3, "seed": 4}
SET = ("--set", "models.replies=structured")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    """A server that ignores the schema of a request, as many do; its model follows the prompt."""
    with serving() as running:
        monkeypatch.setenv("FAKE_BASE_URL", running.address())
        monkeypatch.setenv("FAKE_API_KEY", "none-needed")
        yield running


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """A server that constrains its models to the schema of a request."""
    with provider_server() as seen:
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{seen.url}/v1")
        yield seen


def values_of(journal: Journal) -> dict[object, object]:
    return {call.identity: call.values for call in journal.of(Call)}


def run(folder: Path, *words: str, **environment: str) -> Done:
    return govsim(folder, "run", "fishery", "--months", "1", *SET, *words, **environment)


@pytest.mark.parametrize("cognition", ["merged", "separate"])
def test_the_same_values_are_recorded_in_both_forms(live: Live, tmp_path: Path, cognition: str) -> None:
    settings = {**FAKE, "society.cognition": cognition, "models.args": {"catch": 9, "catch.Kate": 14, "insights": 2}}
    [text] = live("fishery", settings, condition="universalization", folder=tmp_path / "text")
    [structured] = live("fishery", settings | STRUCTURED, condition="universalization", folder=tmp_path / "structured")
    assert values_of(structured.journal) == values_of(text.journal)
    assert structured.harvests == text.harvests
    assert [line.text for line in structured.utterances] == [line.text for line in text.utterances]
    assert all(set(json.loads(call.reply)) > {"Reasoning"} for call in structured.calls())
    assert not any(call.reply.startswith("{") for call in text.calls())


def test_the_same_table_comes_from_both_forms(tmp_path: Path) -> None:
    def table(form: str) -> list[dict[str, Any]]:
        words = ("--model", "fake/society", "--set", f"models.replies={form}", "--out", form)
        assert govsim(tmp_path, "run", "pasture", "--months", "2", "--runs", "2", *words).returncode == 0
        rows: list[dict[str, Any]] = json.loads(govsim(tmp_path, "table", form, "--format", "json").stdout)
        differing = ("society", "setup", "tokens", "label")
        return [{name: value for name, value in row.items() if name not in differing} for row in rows]

    assert table("text") == table("structured")


def test_the_reply_format_is_in_the_header_and_distinguishes_runs(tmp_path: Path) -> None:
    for words in ((), SET):
        assert govsim(tmp_path, "run", "fishery", "--model", "fake/society", "--months", "1", *words).returncode == 0
    one, other = (read_journal(path).header for path in sorted(tmp_path.rglob("seed-0.jsonl")))
    assert {header.experiment.models.replies for header in (one, other)} == {"text", "structured"}


def test_sent_requests_are_recorded(live: Live, provider: Seen) -> None:
    [lived] = live("fishery", FAKE | STRUCTURED | {"models.default": "openai/gpt-4o-mini", "world.months": 1})
    assert all(schema_in(body) is not None for body in provider.bodies)
    [request] = lived.journal.of(RequestLine)
    assert request.sent is not None
    assert request.sent["response_format.type"] == "json_schema"
    assert request.differing == {}
    assert not [call for call in lived.calls() if call.refused]


def test_a_server_that_ignores_the_schema_finds_the_format_in_the_prompt(live: Live, server: FaultyServer) -> None:
    [over_http] = live("fishery", FAKE | STRUCTURED | {"models.default": MODEL})
    [in_process] = live("fishery", FAKE | STRUCTURED)
    assert values_of(over_http.journal) == values_of(in_process.journal)


def test_unreadable_replies_are_counted_and_retried_in_the_same_format(live: Live, server: FaultyServer) -> None:
    server.faults = Faults(answers=0.4, seed=1)
    [lived] = live("fishery", FAKE | STRUCTURED | {"models.default": MODEL, "society.max_invalid": 1.0})
    refused = [call for call in lived.calls() if call.refused]
    assert len(refused) > 10
    for call in (call for call in lived.calls() if call.attempt > 0):
        asked = lived.prompt(call).rpartition("Your reply could not be used.")[2]
        assert "Reply with one JSON object and nothing else." in asked
        assert "End your reply with exactly these lines" not in asked
    for call in refused[:5]:
        again = lived.calls(member=call.member, month=call.month, purpose=call.purpose)
        assert any((call.refused or "") in lived.prompt(one) for one in again if one.attempt == call.attempt + 1)


@pytest.mark.parametrize(
    "message", ["'response_format' of type 'json_schema' is not supported with this model", "JSON mode is not enabled"]
)
def test_a_provider_that_rejects_schemas_fails_the_run_with_advice(
    message: str, tmp_path: Path, server: FaultyServer
) -> None:
    server.canned[:] = [Canned(status=400, body={"error": {"message": message}}) for _ in range(5)]
    done = run(tmp_path, "--model", MODEL)
    assert done.returncode == 1
    [line] = [line for line in done.stdout.splitlines() if line.startswith("failed after 0 months")]
    assert message in line
    assert "set models.replies=text" in line
    assert len(server.paths) <= 5, "sent once by each member, and not again"


def test_an_unsent_schema_is_reported_before_any_request(tmp_path: Path, provider: Seen) -> None:
    done = run(
        tmp_path, "--model", "deepseek/deepseek-chat", DEEPSEEK_API_KEY="none", DEEPSEEK_BASE_URL=f"{provider.url}/v1"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[0].startswith("note: deepseek/deepseek-chat: response_schema is not sent")
    assert not any(schema_in(body) for body in provider.bodies)


def test_a_run_is_replayed_and_resumed_in_the_same_format(tmp_path: Path) -> None:
    words = ("--model", "fake/society", "--out", "runs")
    assert run(tmp_path, *words).returncode == 0
    [path] = tmp_path.rglob("seed-0.jsonl")
    whole = read_journal(path)
    done = govsim(tmp_path, "replay", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
    assert run(tmp_path, *words).returncode == 0
    assert first_difference(read_journal(path), whole) is None
    in_text = govsim(tmp_path, "run", "fishery", "--months", "1", *words)
    assert in_text.returncode == 0, "a place of its own"
    assert len(list(tmp_path.rglob("seed-0.jsonl"))) == 2


def test_an_estimate_uses_the_requested_format(tmp_path: Path) -> None:
    words = ("run", "fishery", "--model", "openai/gpt-4o-mini", "--months", "2", "--estimate")
    text, structured = (govsim(tmp_path, *words, *more, OPENAI_API_KEY="none") for more in ((), SET))
    assert text.returncode == structured.returncode == 0, structured.stderr
    pattern = re.compile(r"^all +1 +(\d+) +([\d,]+) +([\d,]+)", re.MULTILINE)
    totals = [pattern.search(done.stdout) for done in (text, structured)]
    one, other = ([int(count.replace(",", "")) for count in total.groups()] for total in totals if total is not None)
    assert one[0] == other[0], "as many calls"
    assert one[1] < other[1] < 1.3 * one[1]
    assert one[2] < other[2] < 1.3 * one[2]


def test_sub_skill_tests_and_judges_use_the_reply_format(tmp_path: Path) -> None:
    for words in ((), SET):
        tests = ("--scenario", "fishery", "--problems", "4")
        assert govsim(tmp_path, "skills", "test", "--model", "fake/society", *tests, *words).returncode == 0
    one, other = (read_study(path) for path in sorted(tmp_path.rglob("skills/**/*.study")))
    assert {one.header.models.replies, other.header.models.replies} == {"text", "structured"}
    assert values_in(one) == values_in(other)
    assert run(tmp_path, "--model", "fake/society", "--out", "runs-of-texts").returncode == 0
    asked = ("--ask", "labels", "--ask", "promises", "--ask", "knowledge")
    for words in ((), SET):
        done = govsim(tmp_path, "dialogue", "judge", "runs-of-texts", "--model", "fake/judge", *asked, *words)
        assert done.returncode == 0, done.stderr
    for kind in ("labels", "promises", "knowledge"):
        plain, objects = (read_study(path) for path in sorted((tmp_path / "runs-of-texts").rglob(f"*.{kind}.*.study")))
        assert values_in(plain) == values_in(objects)
        assert len({call.reply[:1] == "{" for study in (plain, objects) for call in study.of(Call)}) == 2


def values_in(study: Any) -> list[tuple[object, object]]:
    return sorted((str(call.identity), str(call.values)) for call in study.of(Call))


@pytest.mark.parametrize("model", ["embedded/smollm2", "embedded/local"])
def test_embedded_models_are_constrained_to_the_schema(model: str, live: Live) -> None:
    pytest.importorskip("xllamacpp")
    try:
        weights = find_weights()
    except ModelUnavailable as error:
        pytest.skip(str(error))
    embedded_engine.close()
    args = {"slots": 1} if model == "embedded/smollm2" else {"path": str(weights), "context": 1024}
    settings = {"models.default": model, "models.args": args, "society.members": 1, "world.months": 1}
    more = {"society.phases": ["harvest"], "models.sampling.max_tokens": 100}
    try:
        [lived] = live("fishery", settings | more | STRUCTURED)
    finally:
        embedded_engine.close()
    assert any(call.stop_reason != "max_tokens" for call in lived.calls())
    for call in lived.calls():
        assert call.stop_reason == "max_tokens" or set(json.loads(call.reply)) == {"Reasoning", "Answer"}
        assert call.stop_reason == "max_tokens" or call.refused is None
    [request] = lived.journal.of(RequestLine)
    assert (request.sent or {})["response_format.type"] == "json_schema"
    assert "response_schema" not in request.differing
