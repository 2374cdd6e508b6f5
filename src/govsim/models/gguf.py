"""Reading the header of a GGUF file: what a model is, known in a moment and without loading it.

The `gguf` package reads the same, but looks at every word of the vocabulary one by one, which takes seconds.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from govsim.errors import ModelUnavailable

Value = str | int | float | bool | tuple[str | int | float | bool, ...]

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_NUMBERS = dict(enumerate("BbHhIif?")) | {10: "Q", 11: "q", 12: "d"}
"""Types of values that are numbers, as `struct` names them."""
_TEXT, _ARRAY = 8, 9
_MOST_DIMENSIONS = 8
_ALIGNMENT = 32
_CONTROL_TOKEN = 3

_SPLIT = "split.count"
_TEMPLATE = "tokenizer.chat_template"


class _Damaged(Exception):
    """The header does not hold what it says it holds."""


@dataclass(frozen=True, kw_only=True)
class Gguf:
    """What a GGUF file says of itself.

    Attributes:
        metadata: its keys and values.
        missing: bytes that are missing at its end, at least.
    """

    metadata: dict[str, Value]
    missing: int

    @property
    def architecture(self) -> str:
        """The kind of network, as in `llama` or `qwen2`."""
        return str(self.metadata.get("general.architecture", "unknown"))

    @property
    def context_length(self) -> int | None:
        """Tokens of prompt and reply that the model was trained for; None where the file does not say."""
        length = self.metadata.get(f"{self.architecture}.context_length")
        return length if isinstance(length, int) else None

    @cached_property
    def control_tokens(self) -> tuple[str, ...]:
        """Texts that the model reads as the beginning or end of a turn and the like, longest first."""
        tokens, kinds = (self.metadata.get(f"tokenizer.ggml.{key}", ()) for key in ("tokens", "token_type"))
        if not isinstance(tokens, tuple) or not isinstance(kinds, tuple):
            return ()
        control = {str(token) for token, kind in zip(tokens, kinds, strict=False) if kind == _CONTROL_TOKEN}
        return tuple(sorted(filter(None, control), key=lambda token: (-len(token), token)))

    @property
    def obstacle(self) -> str | None:
        """Why the model cannot be asked as a chat model, and what to do; None where nothing is known against it."""
        kind = self.metadata.get("general.type", "model")
        parts = self.metadata.get(_SPLIT, 1)
        if kind != "model":
            return f"holds no model but a part of one (general.type = {kind}); name the file with the model itself"
        if isinstance(parts, int) and parts > 1:
            return f"is one of {parts} parts of a split model; join them with: llama-gguf-split --merge PART-1 WHOLE"
        if self._is_encoder:
            return f"is an embedding model ({self.architecture}), which cannot write; choose a chat model"
        if not self.metadata.get(_TEMPLATE):
            return (
                f"has no chat template ({_TEMPLATE}), as models that were not trained for chats have none; choose "
                "the chat or instruct version of the model"
            )
        if self.missing > 0:
            return f"is incomplete: at least {self.missing:,} bytes are missing at its end; download it again"
        return None

    @property
    def _is_encoder(self) -> bool:
        keys = self.metadata
        is_causal = keys.get(f"{self.architecture}.attention.causal", True)
        name = self.architecture.replace("_", "-")
        return (
            f"{self.architecture}.pooling_type" in keys
            or not is_causal
            or name.endswith(("bert", "-embed", "-embedding", "encoder"))
            or "-bert" in name
        )


def read_gguf(path: Path, told: str) -> Gguf:
    """Read the header of a GGUF file.

    Args:
        path: the file.
        told: what it is called in errors.

    Raises:
        ModelUnavailable: there is no such file, it cannot be read, or it is no GGUF file.
    """
    if path.is_dir():
        raise ModelUnavailable(f"{told}: is a folder; name the GGUF file in it")
    if not path.is_file():
        what = "is not a regular file" if path.exists() else "there is no such file"
        raise ModelUnavailable(f"{told}: {what}")
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ModelUnavailable(f"{told}: is not a GGUF file, whose first four bytes are GGUF")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _Header(content).read()
    except OSError as error:
        raise ModelUnavailable(f"{told}: cannot be read ({error.strerror or type(error).__name__})") from error
    except _Damaged as error:
        raise ModelUnavailable(f"{told}: its header is damaged ({error}); download the file again") from error


class _Header:
    """Reads one value after another."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        self._at = len(_MAGIC)

    def read(self) -> Gguf:
        version = int(self._number("I"))
        if version not in _VERSIONS:
            raise _Damaged(f"its version is {version}, not {' or '.join(map(str, _VERSIONS))}")
        tensors, keys = int(self._number("Q")), int(self._number("Q"))
        metadata = {}
        for _ in range(keys):
            name = self._text()
            metadata[name] = self._value(int(self._number("I")))
        last = max(self._offsets(tensors), default=0)
        alignment = metadata.get("general.alignment", _ALIGNMENT)
        if not isinstance(alignment, int) or alignment < 1:
            raise _Damaged(f"general.alignment is {alignment}")
        data = -(-self._at // alignment) * alignment
        return Gguf(metadata=metadata, missing=max(0, data + last + 1 - len(self._content)))

    def _offsets(self, tensors: int) -> Iterator[int]:
        """Where each tensor begins, counted from the beginning of the first."""
        for _ in range(tensors):
            self._text()
            dimensions = int(self._number("I"))
            if dimensions > _MOST_DIMENSIONS:
                raise _Damaged(f"a tensor has {dimensions} dimensions")
            self._take(8 * dimensions + 4)
            yield int(self._number("Q"))

    def _value(self, kind: int) -> Value:
        if kind == _TEXT:
            return self._text()
        if kind != _ARRAY:
            return self._number(self._code(kind))
        inner, count = int(self._number("I")), int(self._number("Q"))
        if inner == _TEXT:
            return tuple(self._text() for _ in range(count))
        code = self._code(inner)
        return struct.unpack(f"<{count}{code}", self._take(count * struct.calcsize(f"<{code}")))

    def _code(self, kind: int) -> str:
        if kind not in _NUMBERS:
            raise _Damaged(f"there is no type of value with the number {kind}")
        return _NUMBERS[kind]

    def _number(self, code: str) -> int | float | bool:
        number: int | float | bool = struct.unpack(f"<{code}", self._take(struct.calcsize(f"<{code}")))[0]
        return number

    def _text(self) -> str:
        return self._take(int(self._number("Q"))).decode(errors="replace")

    def _take(self, size: int) -> bytes:
        self._check(size)
        start, self._at = self._at, self._at + size
        return self._content[start : self._at]

    def _check(self, size: int) -> None:
        if size > len(self._content) - self._at:
            raise _Damaged("the file ends in it")
