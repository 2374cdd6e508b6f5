"""The report that the page shows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govsim.analysis.report import report_html
from govsim.analysis.results import load
from govsim.errors import JournalError
from govsim.web.pages.report import written


def test_report_equals_that_of_the_command(journal: Path) -> None:
    report = written(journal.parent, journal.parent)
    assert report.page == report_html(load(journal.parent))
    assert report.excluded == ()


def test_report_lists_excluded_journals(journal: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jsonl"
    secret.write_bytes(journal.read_bytes().replace(b'"condition":"default"', b'"condition":"hidden-away"'))
    (journal.parent / "out.jsonl").symlink_to(secret)
    (journal.parent / "gone.jsonl").symlink_to(tmp_path / "nowhere.jsonl")
    (journal.parent / "tests.study").write_bytes(b"noise\n")
    report = written(journal.parent, journal.parent)
    named = {why.partition(":")[0].partition(",")[0]: why for why in report.excluded}
    assert list(named) == ["gone.jsonl", "out.jsonl", "tests.study"]
    assert "leads out of the folder" in named["out.jsonl"]
    assert "Report on 1 run" in report.page
    assert "hidden-away" not in report.page
    assert all(report.page.count(name) == 1 for name in named), "each is told once"
    assert str(tmp_path) not in report.page


def test_folder_without_readable_journals_raises_an_error(tmp_path: Path) -> None:
    (tmp_path / "noise.jsonl").write_bytes(b"noise\n")
    with pytest.raises(JournalError, match="contains no readable journals"):
        written(tmp_path, tmp_path)


def test_file_name_that_is_not_utf_8_does_not_exclude_a_run(journal: Path) -> None:
    journal.rename(journal.with_name(os.fsdecode(b"not\xffutf-8.jsonl")))
    report = written(journal.parent, journal.parent)
    assert "Report on 1 run" in report.page
    assert report.excluded == ()
