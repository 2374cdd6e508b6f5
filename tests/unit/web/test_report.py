"""The report that the page shows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govsim.analysis.report import report_html
from govsim.analysis.results import load
from govsim.errors import JournalError
from govsim.web.pages.report import written


def test_it_is_that_of_the_command(journal: Path) -> None:
    report = written(journal.parent, journal.parent)
    assert report.page == report_html(load(journal.parent))
    assert report.left_out == ()


def test_what_cannot_be_read_or_leads_out_of_the_folder_is_named_and_the_others_are_in_it(
    journal: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.jsonl"
    secret.write_bytes(journal.read_bytes().replace(b'"condition":"default"', b'"condition":"hidden-away"'))
    (journal.parent / "out.jsonl").symlink_to(secret)
    (journal.parent / "gone.jsonl").symlink_to(tmp_path / "nowhere.jsonl")
    (journal.parent / "tests.study").write_bytes(b"noise\n")
    report = written(journal.parent, journal.parent)
    named = {why.partition(":")[0].partition(",")[0]: why for why in report.left_out}
    assert list(named) == ["gone.jsonl", "out.jsonl", "tests.study"]
    assert "leads out of the folder" in named["out.jsonl"]
    assert "Report on 1 run" in report.page
    assert "hidden-away" not in report.page
    assert all(report.page.count(name) == 1 for name in named), "each is told once"
    assert str(tmp_path) not in report.page


def test_where_nothing_can_be_read_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "noise.jsonl").write_bytes(b"noise\n")
    with pytest.raises(JournalError, match="contains no readable journals"):
        written(tmp_path, tmp_path)


def test_a_name_that_is_no_text_keeps_no_run_out_of_it(journal: Path) -> None:
    journal.rename(journal.with_name(os.fsdecode(b"not\xffutf-8.jsonl")))
    report = written(journal.parent, journal.parent)
    assert "Report on 1 run" in report.page
    assert report.left_out == ()
