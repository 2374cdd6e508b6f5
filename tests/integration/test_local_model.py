"""A run with a user's GGUF file: the real small weights, used like a model of any other provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from govsim.journal import Call, read_journal
from govsim.models import embedded_engine
from tests.commands import govsim
from tests.gguf_files import CHAT_MODEL, TEMPLATE, gguf_bytes, real_weights

SHORT = (
    *("run", "fishery", "--model", "embedded/local", "--months", "1", "--set", "society.members=2"),
    *("--set", "society.phases=[harvest]", "--set", "society.max_invalid=1", "--set", "models.sampling.max_tokens=40"),
    *("-M", "context=1024"),
)


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    """Stop all engines after the test."""
    yield
    embedded_engine.close()


def test_a_run_with_a_local_model_records_the_file_without_its_folder(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    file = real_weights(first / "my-model.gguf")
    done = govsim(tmp_path, *SHORT, "-M", "path=first/my-model.gguf")
    assert done.returncode == 0, done.stderr
    assert re.search(r"embedded/local \(my-model.gguf\): about [\d.]+ (s|min) per month on this machine", done.stderr)
    assert "my-model" in done.stdout
    assert "is a toy" not in done.stdout
    [path] = (tmp_path / "runs").rglob("*.jsonl")
    assert path.parent.name.startswith("embedded-local-my-model-")
    journal = read_journal(path)
    args = journal.header.experiment.models.args
    assert args["path"] == "my-model.gguf"
    assert re.fullmatch("[0-9a-f]{64}", str(args["sha256"]))
    assert str(tmp_path) not in path.read_text(encoding="utf-8")
    calls = list(journal.of(Call))
    assert len(calls) >= 2
    assert all(call.model == "embedded/local" and call.output_tokens and call.cost == 0 for call in calls)

    file.rename(second / "my-model.gguf")
    again = govsim(tmp_path, *SHORT, "-M", f"path={second}/my-model.gguf")
    assert again.returncode == 0, again.stderr
    assert "per month on this machine" not in again.stderr
    assert [path] == list((tmp_path / "runs").rglob("*.jsonl"))
    assert govsim(tmp_path, "replay", str(path)).returncode == 0


def test_an_estimate_reports_the_duration_of_a_month_as_measured(tmp_path: Path) -> None:
    real_weights(tmp_path / "my-model.gguf")
    done = govsim(tmp_path, *SHORT, "-M", "path=my-model.gguf", "--runs", "3", "--estimate")
    assert done.returncode == 0, done.stderr
    said = re.search(
        r"about ([\d.]+) s per month on this machine, at ([\d,]+) prompt tokens and ([\d.,]+) reply tokens per second; "
        r"3 months left, ([\d.]+) s in total",
        done.stdout,
    )
    assert said is not None, done.stdout
    row = re.search(r"embedded/local\s+3 +6 +([\d,]+) +([\d,]+) +\$0.00", done.stdout)
    assert row is not None, done.stdout
    read, written = (int(number.replace(",", "")) / 3 for number in row.groups())
    month, prompt, reply, total = (float(number.replace(",", "")) for number in said.groups())
    assert written / reply - 1 <= month <= read / prompt + written / reply + 1
    assert total == pytest.approx(3 * month, abs=2)
    assert not (tmp_path / "runs").exists()


def test_replies_likely_to_exceed_the_timeout_are_reported_in_advance(tmp_path: Path) -> None:
    real_weights(tmp_path / "my-model.gguf")
    (tmp_path / "slow.yaml").write_text("scenario: fishery\nexecution:\n  timeout: 0.001\n")
    words = ("run", "slow.yaml", *SHORT[2:], "-M", "path=my-model.gguf", "--estimate")
    assert "longer than execution.timeout = 0.001 s: increase the timeout" in govsim(tmp_path, *words).stdout


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "no such file; check the path"),
        (b"not a model", "is not a GGUF file"),
        (gguf_bytes({**CHAT_MODEL, TEMPLATE: ""}), "has no chat template"),
        (gguf_bytes({**CHAT_MODEL, "split.count": 2}), "is one of 2 parts"),
        (gguf_bytes({**CHAT_MODEL, "llama.pooling_type": 1}), "is an embedding model"),
        (gguf_bytes(CHAT_MODEL, tensors=(0, 6400)), "is incomplete"),
        (gguf_bytes(CHAT_MODEL), "llama.cpp cannot load"),
    ],
)
@pytest.mark.parametrize("command", [SHORT, (*SHORT, "--estimate"), ("skills", "test", "--model", "embedded/local")])
def test_an_unusable_model_file_is_reported_in_one_line_and_nothing_is_written(
    tmp_path: Path, content: bytes | None, what: str, command: tuple[str, ...]
) -> None:
    if content is not None:
        (tmp_path / "file.gguf").write_bytes(content)
    done = govsim(tmp_path, *command, "-M", "path=file.gguf")
    assert done.returncode == 2
    assert what in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "runs").exists()
