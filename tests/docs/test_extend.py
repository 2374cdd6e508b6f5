"""The page on extensions quotes the files of the example exactly and lists every type of extension."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from govsim.plugins import REGISTRIES
from tests.docs.pages import ROOT, Block, blocks_of

EXAMPLE = ROOT / "examples" / "plugin"
PACKAGE = EXAMPLE / "src" / "govsim_example"
PAGE = ROOT / "docs" / "how-to" / "extend.md"
QUOTED = [block for block in blocks_of(PAGE) if any("." in word for word in block.words)]


def file_of(block: Block) -> Path:
    """Return the file of the example that a block quotes."""
    (name,) = (word for word in block.words if "." in word)
    return next(folder / name for folder in (PACKAGE, EXAMPLE) if (folder / name).is_file())


@pytest.mark.parametrize("block", QUOTED, ids=lambda block: block.words[-1])
def test_quoted_code_is_in_the_file(block: Block) -> None:
    assert block.content in f"{file_of(block).read_text(encoding='utf-8').rstrip()}\n"


def test_the_page_quotes_the_whole_poll_and_mentions_every_module() -> None:
    shown = {file_of(block).name for block in QUOTED}
    assert len(QUOTED) > 12
    assert {"poll.py", "poll.jinja", "pyproject.toml"} <= shown
    text = PAGE.read_text(encoding="utf-8")
    modules = [path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]
    assert [name for name in modules if f"`{name}`" not in text] == []


def test_the_table_lists_every_type_of_extension() -> None:
    rows = re.findall(r"^\| [^|]+ \| `govsim\.(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(REGISTRIES)
    declared = re.findall(r'entry-points\."govsim\.(\w+)"', (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(declared) == sorted(REGISTRIES), "the example has one of each"
