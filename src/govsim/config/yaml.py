"""Reading and writing the subset of YAML 1.2 used in experiment files: no ambiguous scalars, no duplicate keys."""

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
"""Maximum nesting depth of lists and mappings."""

MAX_NODES = 100_000
"""Maximum number of values in a document, after expansion of aliases."""

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_TEXT = f"{_TAG}str"
_AMBIGUOUS = "tag:govsim:ambiguous"
_PLAIN_TAGS = {f"{_TAG}{name}" for name in ("null", "bool", "int", "float", "str", "seq", "map")}
_TRUE_IN_1_1 = ("yes", "on")
_MAX_DIGITS = 100
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class YAMLProblem(Exception):
    """A text is not valid YAML, or is ambiguous.

    Attributes:
        problem: what is wrong, without any values of the text, as one may be a secret.
        line: line number, counted from 1; None if unknown.
        is_syntax: whether the text is not valid YAML at all.
    """

    def __init__(self, problem: str, mark: Any = None, *, is_syntax: bool = False) -> None:
        self.problem = problem
        self.line: int | None = None if mark is None else mark.line + 1
        self.is_syntax = is_syntax
        place = "" if mark is None else f"line {self.line}, column {mark.column + 1}: "
        super().__init__(f"is not valid YAML ({place}{problem})" if is_syntax else f"{place}{problem}")


def parse(content: str | bytes) -> Any:
    """Parse a YAML document; None for an empty one. Keys are always text, as written.

    Raises:
        YAMLProblem: the document is invalid, not plain data, or ambiguous.
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


def to_yaml(content: Any) -> str:
    """Format plain data as a YAML document that `parse` reads as the same data."""
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
    """The core schema of YAML 1.2, with a separate tag for words that are booleans in YAML 1.1."""

    def __init__(self, version: object = None, loader: object = None) -> None:
        """Set up the same schema for all YAML versions a document may declare."""
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
    """Constructs mappings, lists and scalars, after checking that a document contains nothing else."""

    def construct_document(self, node: Any) -> Any:
        """Check a document, then construct the value of its root."""
        _expanded_size(node, {})
        return super().construct_document(node)


def _expanded_size(node: Node, sizes: dict[int, int]) -> int:
    """Count the values in a node, with aliases expanded.

    Args:
        node: the node.
        sizes: the counts of nodes already visited, by id; 0 while a node is being visited.

    Raises:
        YAMLProblem: a node contains itself or too many values, is not plain data, or is ambiguous.
    """
    if id(node) in sizes:
        if not sizes[id(node)]:
            raise YAMLProblem("an alias refers to a value that contains it", node.start_mark)
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
        raise YAMLProblem(f"more than {MAX_NODES:,} values after expansion of aliases", node.start_mark)
    sizes[id(node)] = size
    return size


def _check_scalar(node: ScalarNode) -> None:
    if node.tag == _AMBIGUOUS:
        meaning = "true" if node.value.lower() in _TRUE_IN_1_1 else "false"
        problem = f'{node.value}: write {meaning}, or quote it ("{node.value}") if text is meant'
        raise YAMLProblem(problem, node.start_mark)
    if node.tag not in _PLAIN_TAGS:
        _refuse_tag(node)
    if node.tag != _TEXT and str(_CoreSchema().resolve(ScalarNode, node.value, (True, False))) != node.tag:
        raise YAMLProblem("the value does not have the type named by its tag", node.start_mark)
    if node.tag == f"{_TAG}int" and len(node.value) > _MAX_DIGITS:
        raise YAMLProblem(f"a number may have at most {_MAX_DIGITS} digits", node.start_mark, is_syntax=True)
    _check_text(node)


def _check_text(node: ScalarNode) -> None:
    if any("\ud800" <= character <= "\udfff" for character in node.value):
        raise YAMLProblem("contains half a character (a lone surrogate)", node.start_mark)


def _refuse_tag(node: Node) -> NoReturn:
    raise YAMLProblem(
        "tags such as !name are not supported; remove the tag, or quote the text", node.start_mark, is_syntax=True
    )


def _with_text_keys(node: MappingNode) -> list[tuple[Node, Node]]:
    """Return the pairs of a mapping, with keys as text.

    Raises:
        YAMLProblem: a key is not text, or occurs twice.
    """
    lines: dict[str, int] = {}
    pairs: list[tuple[Node, Node]] = []
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise YAMLProblem("a key must be text, not a list or mapping", key.start_mark)
        _check_text(key)
        if (first := lines.get(key.value)) is not None:
            problem = f"{shortened(key.value, 60)}: is given twice, first in line {first}; keep one of them"
            raise YAMLProblem(problem, key.start_mark)
        lines[key.value] = key.start_mark.line + 1
        is_text = key.tag != _MERGE
        pairs.append((ScalarNode(_TEXT, key.value, key.start_mark, key.end_mark) if is_text else key, value))
    return pairs


def _decoded(content: bytes) -> str:
    if content.startswith(_UTF_16):
        raise YAMLProblem("encoded as UTF-16; save it as UTF-8", is_syntax=True)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YAMLProblem(f"line {line}: not UTF-8; save the file as UTF-8", is_syntax=True) from error


def _problem(error: MarkedYAMLError) -> str:
    """Return the library's error message without names from the text."""
    problem = str(error.problem or "cannot be parsed")
    if "'\\t'" in problem:
        return "a tab; indent with spaces"
    if "another document" in problem:
        return "another document starts here; a file may contain only one"
    if "depth" in problem:
        return f"lists and mappings are nested more than {MAX_DEPTH} levels deep"
    return re.sub(r"\b(alias|anchor|tag|handle) .*", r"\1", problem)
