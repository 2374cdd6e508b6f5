"""Build the documentation as a website: `make site` writes it to build/site.

The site has the pages that docs/README.md lists, in that order, so that a page is listed in one place. Files of the
repository that pages link to are copied into the site. A link that leads nowhere stops the build.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from govsim.config.yaml import parse

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"

COPIED = ("examples", "experiments")
"""Folders of the repository that pages link to."""

_SECTION = re.compile(r"^## (?P<title>.+)$")
_ENTRY = re.compile(r"^(?:- |\d+\. )?\[(?P<title>[^\]]+)\]\((?P<page>[^)#]+\.md)(?:#[^)]*)?\)")
_FROM_DOCS = re.compile(rf"\]\(\.\./(?P<place>(?:\.\./)*(?:{'|'.join(COPIED)})/)")
_TO_DOCS = re.compile(r"\]\((?P<up>(?:\.\./)+)docs/")

Section = dict[str, list[dict[str, str]]]


def sections(index: str) -> list[Section]:
    """The sections of the site with their pages, from the list in docs/README.md.

    Args:
        index: the text of that file. A second-level heading begins a section; a line or list item that begins with a
            link is a page.
    """
    found: list[Section] = []
    for line in index.splitlines():
        if title := _SECTION.match(line):
            found.append({title["title"]: []})
        if (entry := _ENTRY.match(line)) and found:
            page = entry["page"].removeprefix("../")
            next(iter(found[-1].values())).append({entry["title"]: page})
    return found


def settings() -> dict[str, Any]:
    """What the generator is configured with; its paths are relative to the folder of the site."""
    base = parse((DOCS / "site.yaml").read_text(encoding="utf-8"))
    base["plugins"]["mkdocstrings"]["handlers"]["python"]["paths"] = [str(ROOT / "src")]
    nav = [{"Home": "README.md"}, *sections((DOCS / "README.md").read_text(encoding="utf-8"))]
    return {**base, "docs_dir": "pages", "site_dir": "site", "nav": nav}


def collect(pages: Path) -> None:
    """Copy the pages, and what they link to, into a folder, with links that hold there."""
    shutil.copytree(DOCS, pages, ignore=shutil.ignore_patterns("*.py", "*.yaml", "__pycache__"))
    for folder in COPIED:
        shutil.copytree(
            ROOT / folder, pages / folder, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__", "runs")
        )
    for page in pages.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(_TO_DOCS.sub(r"](\g<up>", _FROM_DOCS.sub(r"](\g<place>", text)), encoding="utf-8")


def build(folder: Path) -> int:
    """Build the site in a folder; an earlier site there is replaced.

    Returns:
        The exit code of the generator: 0, or another if a page has an error, such as a broken link.
    """
    shutil.rmtree(folder / "pages", ignore_errors=True)
    shutil.rmtree(folder / "site", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    collect(folder / "pages")
    file = folder / "mkdocs.yml"  # the generator reads YAML, of which JSON is a part
    file.write_text(json.dumps(settings(), indent=2), encoding="utf-8")
    generator = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "--config-file", str(file)]
    return subprocess.run(generator, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(build(ROOT / "build"))
