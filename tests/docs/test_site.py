"""The website of the documentation: which pages it has, and that a mistake on one stops the build."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import govsim
from docs import site
from tests.docs.pages import ROOT, anchors_of, links_of, name_of, pages


def test_the_sections_are_those_of_the_index() -> None:
    index = (
        "# Docs\n\n[A link](a.md)\n\n## Tutorial\n\n[First](first.md): begin.\n\n"
        "## Guides\n\n- [Act](to/act.md#now): x\n1. [One](1.md)\n"
    )
    assert site.sections(index) == [
        {"Tutorial": [{"First": "first.md"}]},
        {"Guides": [{"Act": "to/act.md"}, {"One": "1.md"}]},
    ]


def test_every_page_of_the_documentation_has_a_place_in_the_navigation() -> None:
    listed = {page for part in site.settings()["nav"] for page in _pages_of(part)}
    assert listed >= {str(page.relative_to(site.DOCS)) for page in pages() if page.is_relative_to(site.DOCS)}


def _pages_of(part: dict[str, str | list[dict[str, str]]]) -> list[str]:
    return [page for found in part.values() for page in ([found] if isinstance(found, str) else [*_all(found)])]


def _all(entries: list[dict[str, str]]) -> list[str]:
    return [page for entry in entries for page in entry.values()]


def test_links_hold_where_the_pages_are_copied_to(tmp_path: Path) -> None:
    site.collect(tmp_path / "pages")
    copied = sorted((tmp_path / "pages").rglob("*.md"))
    assert len(copied) > 60
    for page in copied:
        for link in links_of(page):
            file, _, anchor = link.partition("#")
            target = (page.parent / file).resolve() if file else page
            if not re.match(r"[a-z]+:", link):
                assert target.exists(), f"{page.relative_to(tmp_path)}: {link} leads nowhere"
                assert target.is_relative_to(tmp_path)
                assert not anchor or anchor in anchors_of(target)


def test_the_site_is_built_and_loads_nothing_from_elsewhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert site.build(tmp_path) == 0, capfd.readouterr().out
    built = {str(page.relative_to(tmp_path / "site")) for page in (tmp_path / "site").rglob("*.html")}
    assert built > {
        name_of(page).removeprefix("docs/").replace("README", "index")[:-2] + "html"
        for page in pages()
        if page.is_relative_to(ROOT / "docs")
    }
    text = (tmp_path / "site" / "reference" / "python.html").read_text(encoding="utf-8")
    for name in govsim.__all__:
        assert f'id="govsim.{name}"' in text
    assert not re.search(r'(?:src|rel="stylesheet" href)="https?:', text)


def test_a_link_that_leads_nowhere_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "README.md").write_text("# Docs\n\n## Tutorial\n\n[Gone](gone.md)\n", encoding="utf-8")
    (docs / "site.yaml").write_bytes((site.DOCS / "site.yaml").read_bytes())
    monkeypatch.setattr(site, "DOCS", docs)
    assert site.build(tmp_path / "build") == 1
    assert "page does not exist" in capfd.readouterr().err
