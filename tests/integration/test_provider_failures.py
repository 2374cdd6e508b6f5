"""Provider failures are reported to the user within seconds, in one line, with advice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from govsim.journal import Call, first_difference, read_journal
from tests.commands import Done, govsim
from tests.faulty_server import MODEL, Canned, FaultyServer, serving
from tests.living import Live


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    with serving() as running:
        monkeypatch.setenv("FAKE_BASE_URL", running.address())
        monkeypatch.setenv("FAKE_API_KEY", "none-needed")
        yield running


def run(folder: Path, *words: str, **environment: str) -> Done:
    return govsim(folder, "run", "fishery", "--months", "1", *words, **environment)


@pytest.mark.parametrize(
    ("model", "address", "expected"),
    [
        ("ollama/llama3.2", "http://127.0.0.1:9/v1", "start Ollama with `ollama serve`"),
        ("vllm/none-there", "http://localhost:9/v1", "`vllm serve MODEL`"),
        ("openai-api/fake/x", "http://[::1]:9/v1", "no server is listening there"),
    ],
)
def test_a_missing_server_ends_a_run_after_two_attempts(
    model: str, address: str, expected: str, tmp_path: Path, server: FaultyServer
) -> None:
    done = run(tmp_path, "--model", model, "--base-url", address)
    assert done.returncode == 1
    [line] = [line for line in done.stdout.splitlines() if line.startswith("failed after 0 months")]
    assert f"connection refused after 2 attempts ({address}/chat/completions)" in line
    assert expected in line
    assert "waiting 2 s: connection refused from" in done.stderr


@pytest.mark.parametrize("model", [MODEL, "openai/gpt-4o-mini"])
def test_an_exhausted_quota_ends_a_run_at_once(model: str, tmp_path: Path, server: FaultyServer) -> None:
    body = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
    server.canned[:] = [Canned(status=429, body=body) for _ in range(5)]
    done = run(tmp_path, "--model", model, "--base-url", server.address(), OPENAI_API_KEY="none-needed")
    assert done.returncode == 1
    assert "quota exhausted (429" in done.stdout
    assert "waiting" not in done.stderr
    assert len(server.paths) <= 5, "as many as there are members, and none again"


def test_a_wait_is_reported_with_its_reason(tmp_path: Path, server: FaultyServer) -> None:
    server.canned[:] = [Canned(status=429, headers={"retry-after": "2"}) for _ in range(3)]
    done = run(tmp_path, "--model", MODEL)
    assert done.returncode == 0
    assert "waiting 2 s: 429 from fake" in done.stderr


def test_a_journal_is_the_same_at_any_number_of_retries(live: Live, server: FaultyServer, tmp_path: Path) -> None:
    settings = {"world.months": 1, "models.default": MODEL}
    [smooth] = live("fishery", settings, folder=tmp_path / "smooth")
    ended_badly = Canned(body={"choices": [{"finish_reason": "error", "message": {"content": ""}}]})
    server.canned[:] = [Canned(status=503), ended_badly, Canned(body="<html>down</html>"), Canned(body={"error": "x"})]
    [rough] = live("fishery", settings, folder=tmp_path / "rough", backoff=0.01)
    assert sum(call.retries for call in rough.journal.of(Call)) == 4
    assert first_difference(smooth.journal, rough.journal) is None
    assert {event.kind for event in rough.journal.events} == {event.kind for event in smooth.journal.events}


def test_the_numbers_of_requests_and_calls_are_equal(live: Live, server: FaultyServer) -> None:
    [lived] = live("fishery", {"world.months": 1, "models.default": MODEL})
    assert len(server.paths) == len(list(lived.journal.of(Call)))


def test_a_cost_reported_by_a_router_is_limited_without_a_price(tmp_path: Path, server: FaultyServer) -> None:
    message = {"content": [{"type": "text", "text": "Answer: 10"}]}
    answer = {"choices": [{"finish_reason": "stop", "message": message}], "usage": {"prompt_tokens": 9, "cost": 0.5}}
    server.canned[:] = [Canned(body=answer) for _ in range(5)]
    environment = {"OPENROUTER_API_KEY": "none-needed", "OPENROUTER_BASE_URL": server.address()}
    done = run(
        tmp_path,
        "--model",
        "openrouter/a/b",
        "--agent",
        "direct",
        "--max-cost",
        "2",
        "--set",
        "world.months=2",
        **environment,
    )
    assert done.returncode == 3
    assert "budget.cost: limit of 2 reached (used 2.5)" in done.stdout
    [journal] = tmp_path.rglob("seed-0.jsonl")
    assert [(call.cost, call.output_tokens) for call in read_journal(journal).of(Call)] == [(0.5, None)] * 5


@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [
        (("--base-url", ":abc"), {}, "base_url: must begin with http://"),
        (("--base-url", "http://[::1"), {}, "base_url: is not an address"),
        ((), {"FAKE_BASE_URL": "http://localhost:99999"}, "FAKE_BASE_URL: has the invalid port '99999'"),
        ((), {"FAKE_API_KEY": "planted\r"}, "FAKE_API_KEY: contains a line break"),
    ],
)
def test_an_invalid_address_or_key_ends_a_command_before_any_request(
    words: tuple[str, ...], environment: dict[str, str], expected: str, tmp_path: Path, server: FaultyServer
) -> None:
    done = run(tmp_path, "--model", MODEL, *words, **environment)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert expected in line
    assert "planted" not in line
    assert server.paths == []
    assert list(tmp_path.iterdir()) == []
