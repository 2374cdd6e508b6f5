"""The file of a local model: recorded by name and hash, and found by the process that was given its path."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from govsim.config import Experiment, Member, Models, SocietySettings
from govsim.errors import ModelUnavailable
from govsim.models.local_weights import identified_args, identified_models, identify, with_identified_models
from tests.gguf_files import CHAT_MODEL, gguf_bytes

CONTENT = gguf_bytes(CHAT_MODEL)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
LOCAL = "embedded/local"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A small GGUF file in a separate folder."""
    path = tmp_path / "models" / "small.gguf"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path


def test_a_path_is_replaced_with_name_and_hash_in_any_folder(file: Path, tmp_path: Path) -> None:
    recorded = {"path": "small.gguf", "sha256": SHA256, "slots": 2}
    assert identified_args(LOCAL, {"path": str(file), "slots": 2}) == recorded
    elsewhere = tmp_path / "small.gguf"
    elsewhere.write_bytes(CONTENT)
    assert identified_args(LOCAL, {"path": str(elsewhere), "slots": 2}) == recorded


def test_arguments_of_other_models_or_without_a_file_are_unchanged() -> None:
    assert identified_args("vllm/model", {"path": "/nowhere"}) == {"path": "/nowhere"}
    assert identified_args(None, {"path": "/nowhere"}) == {"path": "/nowhere"}
    assert identified_args(LOCAL, {"slots": 2}) == {"slots": 2}


def test_a_recorded_name_refers_to_the_given_file_and_not_to_another_of_its_name(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = identified_args(LOCAL, {"path": str(file)})
    monkeypatch.chdir(tmp_path)
    Path("small.gguf").write_bytes(gguf_bytes({**CHAT_MODEL, "general.name": "another"}))
    assert identify(recorded["path"], recorded["sha256"]) == (file.resolve(), SHA256)


@pytest.mark.parametrize("path", ["~/models/small.gguf", "$FOLDER/models/small.gguf", "models/small.gguf"])
def test_home_variables_and_the_current_folder_are_resolved(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    place, _ = identify(path)
    assert place.resolve() == file.resolve()


def test_a_file_with_another_hash_is_rejected(file: Path) -> None:
    with pytest.raises(ModelUnavailable, match=f"its sha256 is {SHA256}, but must be {'0' * 64}; use the same file"):
        identify(str(file), "0" * 64)


def test_a_changed_file_has_another_hash(file: Path) -> None:
    _, before = identify(str(file))
    file.write_bytes(gguf_bytes({**CHAT_MODEL, "general.name": "changed"}))
    assert identify(str(file))[1] != before


@pytest.mark.parametrize("path", ["", None, 12, True])
def test_an_invalid_path_is_rejected(path: object) -> None:
    with pytest.raises(ModelUnavailable, match=r"model = embedded/local: path = .*: must be the path of a GGUF file"):
        identify(path)


def test_obstacles_of_a_model_are_reported_with_its_path(file: Path) -> None:
    file.write_bytes(gguf_bytes({**CHAT_MODEL, "split.count": 2}))
    with pytest.raises(ModelUnavailable, match=r"path = .*small.gguf: is one of 2 parts of a split model"):
        identify(str(file))


def test_every_file_in_an_experiment_is_identified(file: Path) -> None:
    args = {"path": str(file)}
    experiment = Experiment(
        society=SocietySettings(members=("Ada", "Bob", "Cyd")),
        models=Models(default=LOCAL, args=args, framework_args=args),
        members={
            "Ada": Member(model_args=args),
            "Bob": Member(model="vllm/other", model_args=args),
            "Cyd": Member(model=LOCAL, model_args=args),
        },
    )
    after, recorded = with_identified_models(experiment), {"path": "small.gguf", "sha256": SHA256}
    assert after.models.args == after.models.framework_args == recorded
    assert after.member("Ada").model_args == after.member("Cyd").model_args == recorded
    assert after.member("Bob").model_args == args
    assert identified_models(Models(framework=LOCAL, framework_args=args)).framework_args == recorded
    assert identified_models(Models(default=LOCAL, framework="vllm/x", framework_args=args)).framework_args == args
