"""YAML 1.2 as experiment files use it, read and written: every scalar has one meaning, every key occurs once."""

from __future__ import annotations

import io
import re
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.resolver import BaseResolver

from govsim.characters import shortened

MAX_DEPTH = 50
"""How deeply lists and mappings may be nested."""

MAX_NODES = 100_000
"""Maximum number of values in a document after aliases are expanded."""

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_TEXT = f"{_TAG}str"
_AMBIGUOUS = "tag:govsim:ambiguous"
_PLAIN_TAGS = {f"{_TAG}{name}" for name in ("null", "bool", "int", "float", "str", "seq", "map")}
_TRUE_IN_1_1 = ("yes", "on")
_MAX_DIGITS = 100
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class YAMLProblem(Exception):
    """A text that is not YAML, or says something that could be understood in two ways.

    Attributes:
        problem: what is wrong, without any of the text's values, one of which may be a secret.
        line: where, counted from 1; None where it cannot be said.
        is_syntax: whether the text is no YAML at all.
    """

    def __init__(self, problem: str, mark: Any = None, *, is_syntax: bool = False) -> None:
        self.problem = problem
        self.line: int | None = None if mark is None else mark.line + 1
        self.is_syntax = is_syntax
        place = "" if mark is None else f"line {self.line}, column {mark.column + 1}: "
        super().__init__(f"is no valid YAML ({place}{problem})" if is_syntax else f"{place}{problem}")


def parse(content: str | bytes) -> Any:
    """The value of a YAML document; None for an empty one. Keys are always text, as written.

    Raises:
        YAMLProblem: it is not valid, or not plain data, or ambiguous.
    """
    text = _decoded(content) if isinstance(content, bytes) else content
    yaml = _yaml()
    yaml.max_depth = MAX_DEPTH
    yaml.composer.warn_double_anchors = False
    try:
        return yaml.load(text.removeprefix("\ufeff"))
    except MarkedYAMLError as error:
        raise YAMLProblem(_problem(error), error.problem_mark, is_syntax=True) from error
    except ReaderError as error:
        raise YAMLProblem(f"the control character U+{error.character:04X} is not allowed", is_syntax=True) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise YAMLProblem(type(error).__name__, is_syntax=True) from error


def write(content: Any) -> str:
    """Plain data as a YAML document that `parse` reads as the same data."""
    yaml = _yaml()
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # the library declares None
    yaml.width = 4096
    stream = io.StringIO()
    yaml.dump(content, stream)
    return stream.getvalue()


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Resolver = _CoreSchema
    yaml.Constructor = _PlainData
    return yaml


class _CoreSchema(BaseResolver):
    """The core schema of YAML 1.2, with the words that YAML 1.1 reads as booleans set apart."""

    def __init__(self, version: object = None, loader: object = None) -> None:
        """There is one schema, whatever version a document asks for."""
        super().__init__(loader)

    @property
    def processing_version(self) -> tuple[int, int]:
        """The version of YAML."""
        return 1, 2


for _name, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", list("-+.")),
    ("merge", r"<<", ["<"]),
):
    _CoreSchema.add_implicit_resolver_base(f"{_TAG}{_name}", re.compile(rf"(?:{_pattern})\Z"), _first)
_CoreSchema.add_implicit_resolver_base(_AMBIGUOUS, re.compile(r"(?:yes|no|on|off)\Z", re.IGNORECASE), list("yYnNoO"))


class _PlainData(SafeConstructor):
    """Builds mappings, lists and scalars, after a document was found to hold nothing else."""

    def construct_document(self, node: Any) -> Any:
        """The value of a document's root."""
        _expanded_size(node, {})
        return super().construct_document(node)


def _expanded_size(node: Node, sizes: dict[int, int]) -> int:
    """Values below a node with aliases expanded; `sizes` has those of nodes seen before, 0 while one is looked through.

    Raises:
        YAMLProblem: a node holds itself or too much, is of a type that is no plain data, or is ambiguous.
    """
    if id(node) in sizes:
        if not sizes[id(node)]:
            raise YAMLProblem("an alias stands inside of what it stands for", node.start_mark)
        return sizes[id(node)]
    sizes[id(node)] = 0
    if isinstance(node, ScalarNode):
        _check_scalar(node)
    elif node.tag not in _PLAIN_TAGS:
        _refuse_tag(node)
    elif isinstance(node, MappingNode):
        node.value = _with_text_keys(node)
    inner = [] if isinstance(node, ScalarNode) else node.value
    parts = [pair[1] for pair in inner] if isinstance(node, MappingNode) else inner
    size = 1 + sum(_expanded_size(part, sizes) for part in parts)
    if size > MAX_NODES:
        raise YAMLProblem(f"holds more than {MAX_NODES:,} values once its aliases are expanded", node.start_mark)
    sizes[id(node)] = size
    return size


def _check_scalar(node: ScalarNode) -> None:
    if node.tag == _AMBIGUOUS:
        meaning = "true" if node.value.lower() in _TRUE_IN_1_1 else "false"
        problem = f'{node.value}: write {meaning}, or quote it ("{node.value}") if the word is meant'
        raise YAMLProblem(problem, node.start_mark)
    if node.tag not in _PLAIN_TAGS:
        _refuse_tag(node)
    if node.tag != _TEXT and str(_CoreSchema().resolve(ScalarNode, node.value, (True, False))) != node.tag:
        raise YAMLProblem("the value is not of the type that its tag names", node.start_mark)
    if node.tag == f"{_TAG}int" and len(node.value) > _MAX_DIGITS:
        raise YAMLProblem(f"a number may have {_MAX_DIGITS} digits at most", node.start_mark, is_syntax=True)
    _check_text(node)


def _check_text(node: ScalarNode) -> None:
    if any("\ud800" <= character <= "\udfff" for character in node.value):
        raise YAMLProblem("holds half of a character (a lone surrogate)", node.start_mark)


def _refuse_tag(node: Node) -> NoReturn:
    raise YAMLProblem(
        "tags such as !name are not supported; remove it, or quote the text", node.start_mark, is_syntax=True
    )


def _with_text_keys(node: MappingNode) -> list[tuple[Node, Node]]:
    """The pairs of a mapping, whose keys are text as written.

    Raises:
        YAMLProblem: a key is no text, or occurs twice.
    """
    lines: dict[str, int] = {}
    pairs: list[tuple[Node, Node]] = []
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise YAMLProblem("a key must be text, not a list or mapping", key.start_mark)
        _check_text(key)
        if (first := lines.get(key.value)) is not None:
            told = f"{shortened(key.value, 60)}: is given twice, first in line {first}; keep one of them"
            raise YAMLProblem(told, key.start_mark)
        lines[key.value] = key.start_mark.line + 1
        is_text = key.tag != _MERGE
        pairs.append((ScalarNode(_TEXT, key.value, key.start_mark, key.end_mark) if is_text else key, value))
    return pairs


def _decoded(content: bytes) -> str:
    if content.startswith(_UTF_16):
        raise YAMLProblem("it is UTF-16; save it as UTF-8", is_syntax=True)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YAMLProblem(f"line {line}: not UTF-8; save the file as UTF-8", is_syntax=True) from error


def _problem(error: MarkedYAMLError) -> str:
    """What the library found wrong, without names that stand in the text."""
    problem = str(error.problem or "cannot be read")
    if "'\\t'" in problem:
        return "a tab; indent with spaces"
    if "another document" in problem:
        return "another document begins here; a file holds one"
    if "depth" in problem:
        return f"lists and mappings are nested more than {MAX_DEPTH} levels deep"
    return re.sub(r"\b(alias|anchor|tag|handle) .*", r"\1", problem)
