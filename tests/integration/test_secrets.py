"""Planted keys never appear in a journal or in a command's output, regardless of the server's behaviour."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from govsim.config import Execution, experiment_from
from govsim.errors import ConfigError
from govsim.jobs import execute, plan_runs
from govsim.models.client import Completion, ModelSettings
from govsim.models.embedding import Embedder
from govsim.models.question import Message
from govsim.models.structured import Schema
from tests.commands import Done
from tests.integration.test_command_line import govsim

MARK = "PLANTED"

SECRETS = {
    "FAKE_API_KEY": f"sk-{MARK}-fake-4711",
    "OPENAI_API_KEY": f"sk-{MARK}-openai-4711",
    "AWS_SECRET_ACCESS_KEY": f"{MARK}/aws+4711",
    "HF_TOKEN": f"hf_{MARK}4711",
    "DATABASE_URL": f"postgres://me:{MARK}-db-4711@host/db",
}

REPLY = """{echo}
Say: my key is {echo}
End: no
Next: Kate
Summary: {echo}
Importance: 5
Limit: 10
Remember: {echo}
Remember rating: 5
Interesting: {echo}
Interesting rating: 4
Insight 1: {echo}
Rating 1: 3
Answer: 10"""


class Telltale(BaseHTTPRequestHandler):
    """A model server that echoes every header and the requested address, in a way given by the address."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        echo = f"{self.headers['Authorization']} {' '.join(SECRETS.values())} at {self.path}"
        status = self.path.split("/")[1]
        if status.isdecimal():
            self._send(int(status), {"error": {"message": f"{'x ' * 100}{echo}", "code": "no"}})
            return
        text = REPLY.format(echo=echo)
        message = {"role": "assistant", "content": text, "reasoning_content": f"thinking of {echo}"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        self._send(200, {"id": "1", "object": "chat.completion", "created": 0, "choices": [choice], "usage": usage})

    def _send(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps({"model": "society", **content}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server that echoes everything, without the scheme."""
    telling = ThreadingHTTPServer(("127.0.0.1", 0), Telltale)
    threading.Thread(target=telling.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{telling.server_port}"
    telling.shutdown()
    telling.server_close()


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    path = tmp_path / "e.yaml"
    path.write_text(
        "scenario: fishery\nworld: {months: 1}\nmodels: {default: openai-api/fake/society}\n"
        "execution: {retries: 1, backoff: 0.01, out: out}\n"
    )
    return path


def assert_told_nothing(done: Done, folder: Path) -> str:
    """The journal of a command, after checking that neither it nor the output contains a planted key."""
    written = "".join(path.read_text(encoding="utf-8") for path in (folder / "out").rglob("*") if path.is_file())
    for output in (written, done.stdout, done.stderr):
        assert MARK not in output
        assert "UExBTlRFR" not in output, "what was planted, as it is sent to a server that asks for a password"
    return written


@pytest.mark.parametrize("how", ["ok", "401", "400", "500"])
def test_what_a_server_echoes_is_not_recorded(experiment: Path, server: str, how: str) -> None:
    environment = SECRETS | {"FAKE_BASE_URL": f"http://{server}/{how}/v1"}
    done = govsim("run", "e.yaml", folder=experiment.parent, **environment)
    journal = assert_told_nothing(done, experiment.parent)
    assert done.returncode == (0 if how == "ok" else 1)
    assert "<FAKE_API_KEY>" in journal
    if how == "ok":
        assert '"status":"completed"' in journal
        assert all(f"<{name}>" in journal for name in SECRETS)
        again = govsim("replay", *map(str, experiment.parent.rglob("*.jsonl")), folder=experiment.parent)
        assert "identical, " in again.stdout


@pytest.mark.parametrize("how", ["401", "nobody"])
def test_a_password_in_an_address_is_not_recorded(experiment: Path, server: str, how: str) -> None:
    host = server if how == "401" else "127.0.0.1:9"
    address = f"http://me:{MARK}-password-1@{host}/{how}/v1?api_key={MARK}-query-1"
    text = experiment.read_text().replace("out: out", f'out: out, base_url: "{address}"')
    experiment.write_text(text)
    done = govsim("run", "e.yaml", folder=experiment.parent, **SECRETS)
    assert done.returncode == 1
    assert '"status":"failed"' in assert_told_nothing(done, experiment.parent)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-M", f"api_key={MARK}"),
        ("-M", f"authorization={MARK}"),
        ("-M", MARK),
        ("-M", f"endpoint=http://me:{MARK}@host/v1"),
        ("--set", f"models.args.api_key={MARK}"),
        ("--set", f"models.args=[{MARK}"),
        ("--member", f"Luke.model_args.token={MARK}"),
        ("--member", f"Luke.persona.background=I am {SECRETS['OPENAI_API_KEY']}."),
        ("--set", f"models.default={SECRETS['OPENAI_API_KEY']}"),
    ],
    ids=lambda arguments: arguments[1].split(MARK)[0],
)
def test_a_secret_in_the_settings_is_rejected_and_not_repeated(tmp_path: Path, arguments: Sequence[str]) -> None:
    done = govsim("run", "fishery", "--model", "fake/society", "--out", "out", *arguments, folder=tmp_path, **SECRETS)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert not assert_told_nothing(done, tmp_path)


def test_a_file_that_is_no_yaml_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(f"scenario: fishery\nmodels: {{api_key: {MARK}\napi_key: {MARK}: {MARK}\n")
    done = govsim("run", "e.yaml", folder=tmp_path)
    assert (done.returncode, "line 3, column 8" in done.stderr) == (2, True)
    assert not assert_told_nothing(done, tmp_path)


class Crashing:
    """Models that raise errors with a key in the message."""

    name = "crashing/one"

    def language_model(self, settings: ModelSettings) -> Crashing:
        return self

    def embedder(self, settings: object) -> Embedder:
        raise AssertionError("no embedding model is named")

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        raise RuntimeError(f"no model takes {SECRETS['FAKE_API_KEY']} at http://me:{MARK}-1@host")


async def test_a_crash_keeps_its_traceback_without_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_API_KEY", SECRETS["FAKE_API_KEY"])
    execution = Execution(out=tmp_path)
    [plan] = plan_runs({"models": {"default": "fake/society"}}, execution)
    result = await execute(plan, execution, Crashing())
    assert result.reason is not None
    assert "RuntimeError: no model takes <FAKE_API_KEY> at http://<credentials>@host" in result.reason
    assert "Traceback" in result.reason
    assert MARK not in result.path.read_text(encoding="utf-8") + result.reason


def test_a_key_in_a_template_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_API_KEY", SECRETS["FAKE_API_KEY"])
    (tmp_path / "forfeit.jinja").write_text(f"You took nothing, {SECRETS['FAKE_API_KEY']}.")
    with pytest.raises(ConfigError, match=r"scenario\.templates\.forfeit: contains the secret in .* FAKE_API_KEY"):
        plan_runs({}, Execution(), prompts=tmp_path)


def test_a_persona_that_mentions_keys_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VILLAGE_TOKEN", "sustainability")
    settings = {"members": {"Luke": {"persona": {"traits": "You love sustainability."}}}}
    [plan] = plan_runs(settings, Execution())
    assert plan.experiment == plan_runs(settings, Execution())[0].experiment
    assert experiment_from(settings).members["Luke"].persona == plan.experiment.members["Luke"].persona
