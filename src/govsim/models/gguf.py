"""Fast reading of the header of a GGUF file, without loading the model.

The `gguf` package reads the same, but processes the tokens of the vocabulary one by one, which takes seconds.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from govsim.errors import ModelUnavailable

MetadataValue = str | int | float | bool | tuple[str | int | float | bool, ...]

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_NUMBERS = dict(enumerate("BbHhIif?")) | {10: "Q", 11: "q", 12: "d"}
"""The `struct` codes of numeric value types."""
_TEXT, _ARRAY = 8, 9
_MAX_DIMENSIONS = 8
_ALIGNMENT = 32
_CONTROL_TOKEN = 3

_SPLIT = "split.count"
_TEMPLATE = "tokenizer.chat_template"


class _Damaged(Exception):
    """The header is inconsistent or truncated."""


@dataclass(frozen=True, kw_only=True)
class Gguf:
    """The header of a GGUF file.

    Attributes:
        metadata: the metadata, by key.
        missing: minimum number of bytes missing at the end of the file; 0 if it is complete.
    """

    metadata: dict[str, MetadataValue]
    missing: int

    @property
    def architecture(self) -> str:
        """The network architecture, as in `llama` or `qwen2`."""
        return str(self.metadata.get("general.architecture", "unknown"))

    @property
    def context_length(self) -> int | None:
        """The context length that the model was trained for, in tokens; None if the file does not state it."""
        length = self.metadata.get(f"{self.architecture}.context_length")
        return length if isinstance(length, int) else None

    @cached_property
    def control_tokens(self) -> tuple[str, ...]:
        """Texts of control tokens, such as the start or end of a turn, longest first."""
        tokens, kinds = (self.metadata.get(f"tokenizer.ggml.{key}", ()) for key in ("tokens", "token_type"))
        if not isinstance(tokens, tuple) or not isinstance(kinds, tuple):
            return ()
        control = {str(token) for token, kind in zip(tokens, kinds, strict=False) if kind == _CONTROL_TOKEN}
        return tuple(sorted(filter(None, control), key=lambda token: (-len(token), token)))

    @property
    def obstacle(self) -> str | None:
        """Why the file cannot be used as a chat model, and what to do; None if no problem is known."""
        kind = self.metadata.get("general.type", "model")
        parts = self.metadata.get(_SPLIT, 1)
        if kind != "model":
            return f"is not a model (general.type = {kind}); set it to the file of the model itself"
        if isinstance(parts, int) and parts > 1:
            return f"is one of {parts} parts of a split model; merge them with: llama-gguf-split --merge PART-1 WHOLE"
        if self._is_encoder:
            return f"is an embedding model ({self.architecture}), which cannot generate text; choose a chat model"
        if not self.metadata.get(_TEMPLATE):
            return (
                f"has no chat template ({_TEMPLATE}), so it is probably not a chat model; choose the chat or instruct "
                "version of the model"
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


def read_gguf(path: Path, label: str) -> Gguf:
    """Read the header of a GGUF file.

    Args:
        path: the file.
        label: its name in error messages.

    Raises:
        ModelUnavailable: the file does not exist, cannot be read, or is not a GGUF file.
    """
    if path.is_dir():
        raise ModelUnavailable(f"{label}: is a folder; set it to the GGUF file in that folder")
    if not path.is_file():
        what = "is not a regular file" if path.exists() else "no such file; check the path"
        raise ModelUnavailable(f"{label}: {what}")
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ModelUnavailable(f"{label}: is not a GGUF file, as its first four bytes are not GGUF")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _Header(content).read()
    except OSError as error:
        raise ModelUnavailable(f"{label}: cannot be read ({error.strerror or type(error).__name__})") from error
    except _Damaged as error:
        raise ModelUnavailable(f"{label}: its header is damaged ({error}); download the file again") from error


class _Header:
    """A sequential reader of the header."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        self._at = len(_MAGIC)

    def read(self) -> Gguf:
        version = int(self._number("I"))
        if version not in _VERSIONS:
            raise _Damaged(f"its version is {version}; must be {' or '.join(map(str, _VERSIONS))}")
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
        """Offset of each tensor, relative to the start of the first."""
        for _ in range(tensors):
            self._text()
            dimensions = int(self._number("I"))
            if dimensions > _MAX_DIMENSIONS:
                raise _Damaged(f"a tensor has {dimensions} dimensions")
            self._take(8 * dimensions + 4)
            yield int(self._number("Q"))

    def _value(self, kind: int) -> MetadataValue:
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
            raise _Damaged(f"{kind} is not a value type")
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
            raise _Damaged("the file ends within the header")
