"""The header of a GGUF file: properties of the model, and obstacles to its use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govsim.errors import ModelUnavailable
from govsim.models.gguf import Gguf, read_gguf
from tests.gguf_files import CHAT_MODEL, TEMPLATE, gguf_bytes


def read(folder: Path, content: bytes) -> Gguf:
    path = folder / "model.gguf"
    path.write_bytes(content)
    return read_gguf(path, "path = model.gguf")


def test_the_header_of_a_chat_model_is_read_without_an_obstacle(tmp_path: Path) -> None:
    file = read(tmp_path, gguf_bytes(CHAT_MODEL))
    assert file.metadata == {
        **CHAT_MODEL,
        "tokenizer.ggml.tokens": ("<|im_start|>", "<|im_end|>", "fish", "</s>", "<table>"),
        "tokenizer.ggml.token_type": (3, 3, 1, 3, 4),
    }
    assert file.architecture == "llama"
    assert file.context_length == 4096
    assert file.obstacle is None


def test_control_tokens_are_those_marked_in_the_vocabulary(tmp_path: Path) -> None:
    assert read(tmp_path, gguf_bytes(CHAT_MODEL)).control_tokens == ("<|im_start|>", "<|im_end|>", "</s>")
    assert read(tmp_path, gguf_bytes({"general.architecture": "llama"})).control_tokens == ()


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({TEMPLATE: ""}, "has no chat template"),
        ({"split.count": 3}, "is one of 3 parts of a split model; merge them"),
        ({"llama.pooling_type": 1}, "is an embedding model"),
        ({"llama.attention.causal": False}, "is an embedding model"),
        ({"general.architecture": "bert"}, "is an embedding model"),
        ({"general.architecture": "nomic-bert-moe"}, "is an embedding model"),
        ({"general.architecture": "gemma-embedding"}, "is an embedding model"),
        ({"general.architecture": "t5encoder"}, "is an embedding model"),
        ({"general.type": "adapter"}, "is not a model"),
        ({"general.type": "mmproj"}, "is not a model"),
    ],
)
def test_unusable_models_are_recognized_from_the_header(
    tmp_path: Path, changes: dict[str, object], obstacle: str
) -> None:
    assert obstacle in str(read(tmp_path, gguf_bytes({**CHAT_MODEL, **changes})).obstacle)


def test_a_file_without_a_chat_template_key_has_none(tmp_path: Path) -> None:
    without = {key: value for key, value in CHAT_MODEL.items() if key != TEMPLATE}
    assert "choose the chat or instruct version" in str(read(tmp_path, gguf_bytes(without)).obstacle)


def test_a_file_that_ends_before_its_last_tensor_is_incomplete(tmp_path: Path) -> None:
    whole = gguf_bytes(CHAT_MODEL, tensors=(0, 640), data=700)
    assert read(tmp_path, whole).obstacle is None
    assert "at least 41 bytes are missing" in str(read(tmp_path, whole[:-100]).obstacle)


@pytest.mark.parametrize("length", [4, 7, 30, 60, 120, 250])
def test_a_truncated_header_is_damaged(tmp_path: Path, length: int) -> None:
    with pytest.raises(
        ModelUnavailable, match=r"path = model\.gguf: its header is damaged .*; download the file again"
    ):
        read(tmp_path, gguf_bytes(CHAT_MODEL)[:length])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is not a GGUF file"),
        (b"GGU", "is not a GGUF file"),
        (b"PK\x03\x04 a zip file", "is not a GGUF file"),
        (gguf_bytes(CHAT_MODEL, version=1), "its version is 1; must be 2 or 3"),
        (gguf_bytes({"general.alignment": 0}), "general.alignment is 0"),
        (b"GGUF" + b"\xff" * 200, "its version is"),
        (b"GGUF\x03\0\0\0" + b"\xff" * 200, "the file ends within the header"),
    ],
)
def test_other_files_are_rejected_in_one_line(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(ModelUnavailable, match=what):
        read(tmp_path, content)


def test_a_folder_a_missing_file_and_a_pipe_are_rejected_without_blocking(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, what in {
        "": "is a folder",
        "missing": "no such file; check the path",
        "pipe": "is not a regular file",
    }.items():
        with pytest.raises(ModelUnavailable, match=what):
            read_gguf(tmp_path / name, "path")


def test_an_unreadable_file_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.gguf").write_bytes(gguf_bytes(CHAT_MODEL))

    def refuse(self: Path, mode: str = "r") -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ModelUnavailable, match=r"cannot be read \(Permission denied\)"):
        read_gguf(tmp_path / "model.gguf", "path")
