"""GGUF files for tests: small ones without weights, and real ones with another chat template."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from govsim.errors import ModelUnavailable
from govsim.models.gguf import read_gguf
from govsim.models.weights import find_weights

TEMPLATE = "tokenizer.chat_template"
CHAT_MODEL: Mapping[str, object] = {
    "general.architecture": "llama",
    "llama.context_length": 4096,
    "tokenizer.ggml.tokens": ["<|im_start|>", "<|im_end|>", "fish", "</s>", "<table>"],
    "tokenizer.ggml.token_type": [3, 3, 1, 3, 4],
    TEMPLATE: "{{ messages[0]['content'] }}",
}
"""What the header of a chat model says."""


def gguf_bytes(
    metadata: Mapping[str, object], tensors: Sequence[int] = (0,), version: int = 3, data: int = 64
) -> bytes:
    """A GGUF file with these keys, with tensors that begin at these places of so many bytes of data."""
    content = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    content += b"".join(_text(name) + _value(value) for name, value in metadata.items())
    for number, offset in enumerate(tensors):
        content += _text(f"tensor.{number}") + struct.pack("<IQIQ", 1, 4, 0, offset)
    return content + bytes(-len(content) % 32) + bytes(data)


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: object) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case str():
            return struct.pack("<I", 8) + _text(value)
        case [str(), *_]:
            return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(_text(str(one)) for one in value)
        case list():
            return struct.pack(f"<IIQ{len(value)}i", 9, 5, len(value), *value)
    raise TypeError(value)


def real_weights(target: Path, template: str | None = None) -> Path:
    """A file with the weights of the small model; with another chat template, which must not be longer than its own.

    Skips the test where the weights or the library that runs them are not installed.
    """
    if find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed")
    try:
        source = find_weights()
    except ModelUnavailable as error:
        pytest.skip(str(error))
    if template is None:
        target.symlink_to(source)
        return target
    own = str(read_gguf(source, "weights").metadata[TEMPLATE]).encode()
    filling = len(own) - len(template.encode()) - len("{##}")
    assert filling >= 0
    target.write_bytes(source.read_bytes().replace(own, template.encode() + b"{#" + b" " * filling + b"#}", 1))
    return target
