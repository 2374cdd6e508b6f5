"""Parse Markdown pages into code blocks, commands, links and headings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*=.*")


@dataclass(frozen=True)
class Block:
    """A fenced code block: its language, the words after it, and its content."""

    language: str
    words: tuple[str, ...]
    content: str

    @property
    def is_run(self) -> bool:
        return "no-run" not in self.words


def pages() -> list[Path]:
    """Return all pages of the documentation."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
    folders = ("docs", "examples", "experiments")
    return [*top, *(page for folder in folders for page in sorted((ROOT / folder).rglob("*.md")))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks_of(page: Path) -> list[Block]:
    found = []
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        language, *words = match["info"].split() or [""]
        found.append(Block(language=language, words=tuple(words), content=match["content"]))
    return found


def commands_of(block: Block) -> Iterator[list[str]]:
    """Yield the commands of a bash block as words, without comments and variable assignments."""
    joined = block.content.replace("\\\n", " ")
    for line in joined.splitlines():
        words = shlex.split(line, comments=True)
        while words and _VARIABLE.fullmatch(words[0]):
            words = words[1:]
        if words:
            yield words


def links_of(page: Path) -> list[str]:
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    return [match["target"] for match in _LINK.finditer(text)]


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    return {_anchor(match["text"]) for match in _HEADING.finditer(text)}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
