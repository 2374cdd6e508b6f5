"""One table, every format: what is written can be read again, and nothing in it becomes a command."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from govsim.analysis.tables.formats import FORMATS, render
from govsim.analysis.tables.markup import html_table
from govsim.analysis.tables.table import Column, Table, footnote_mark
from govsim.errors import AnalysisError

HOSTILE = "a_b & 50% #1 {x} ~ ^ \\cmd $y$ <z> | *star* `q`"

TABLE = Table(
    name="shown",
    title="What it shows.",
    columns=(
        Column(name="scenario", heading="scenario", place="label", for_programs=False),
        Column(name="model", heading="model", place="stub"),
        Column(name="runs", heading="runs", kind="count", for_programs=False),
        Column(name="gain", heading="gain", unit="units", kind="estimate", n="runs"),
        Column(name="excluded", heading="left out", kind="reasons", place="remark", is_named=True),
        Column(
            name="cost",
            heading="cost",
            kind="dollars",
            place="remark",
            is_named=True,
            in_markup=False,
            for_programs=False,
        ),
    ),
    data=(
        {
            "scenario": "fishery",
            "runs": 5,
            "cost": 1.0,
            "model": HOSTILE,
            "settings": {"world.growth": 2.0},
            "excluded": {"failed": 1},
            "gain": {"value": 20.0, "low": 18.5, "high": 21.5, "n": 4},
            "notes": ["One.", "Two."],
        },
        {
            "scenario": "fishery",
            "runs": 0,
            "cost": 0.0,
            "model": 'says "x", and\nmore',
            "settings": {"world.growth": None},
            "excluded": {"failed": 0},
            "gain": {"value": None, "low": None, "high": None, "n": 0},
            "notes": [],
        },
    ),
    notes=("A note with 5 % of _something_.",),
    footnotes={"a": "Doubtful & strange."},
    marks={(0, "gain"): ("a",)},
)

NARROW = replace(TABLE, data=[{**row, "model": "one"} for row in TABLE.data])
EMPTY = replace(TABLE, data=(), notes=("Nothing.",), marks={})


def bare(*rows: dict[str, Any]) -> Table:
    """A table without columns for readers."""
    return Table(name="bare", title="Bare", columns=(), data=rows)


def cells_of(line: str) -> list[str]:
    """The cells of a line of a Markdown table."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


class TestText:
    def test_labels_are_above_their_rows_once_and_remarks_below(self) -> None:
        lines = render(TABLE, "text").splitlines()
        assert lines.count("fishery") == 1
        assert "  left out: 1 failed; cost: $1.00" in lines
        assert "  cost: $0.00" in lines

    def test_the_interval_and_n_of_a_value_are_shown_below_it(self) -> None:
        value, interval, fewer = render(TABLE, "text").splitlines()[6:9]
        assert value.endswith("20.00 a")
        assert value.index("20.00") + 5 == interval.index("[18.50, 21.50]") + 14 == fewer.index("n = 4") + 5

    def test_notes_and_footnotes_are_shown(self) -> None:
        text = render(TABLE, "text")
        assert text.startswith("What it shows.\n")
        assert text.endswith("A note with 5 % of _something_.\na: Doubtful & strange.")

    def test_no_control_character_reaches_the_terminal(self) -> None:
        table = Table(name="x", title="\x1b[2J", columns=(Column(name="x", heading="x"),), data=[{"x": "\x1b[2J"}])
        assert "\x1b" not in render(table, "text")


class TestMarkdown:
    def test_every_row_has_the_cells_of_the_heading(self) -> None:
        table = [line for line in render(TABLE, "markdown").splitlines() if line.startswith("|")]
        assert [len(cells_of(line)) for line in table] == [4, 4, 4, 4]
        assert cells_of(table[0]) == ["model", "runs", "gain, units", "left out"]
        assert [re.sub("-+", "---", cell) for cell in cells_of(table[1])] == [":---", "---:", "---:", ":---"]
        assert cells_of(table[2])[2] == r"20.00 \[18.50, 21.50\] (n = 4)<sup>a</sup>"

    def test_characters_that_mean_something_are_escaped(self) -> None:
        cell = cells_of(render(TABLE, "markdown").splitlines()[6])[0]
        assert re.sub(r"\\(.)", r"\1", cell) == HOSTILE
        assert not re.search(r"(?<!\\)[*_`<$|]", cell)

    def test_labels_that_all_rows_share_are_shown_once(self) -> None:
        assert "All rows: scenario: fishery." in render(TABLE, "markdown")

    def test_notes_follow_the_table_as_paragraphs(self) -> None:
        paragraphs = render(TABLE, "markdown").split("\n\n")
        assert paragraphs[-2:] == [r"A note with 5 % of \_something\_.", "<sup>a</sup> Doubtful & strange."]


class TestLatex:
    def test_it_has_the_rules_of_booktabs_around_rows_of_equal_length(self) -> None:
        lines = render(NARROW, "latex").splitlines()
        order = [lines.index(rf"\{rule}") for rule in ("toprule", "midrule", "bottomrule")]
        assert order == sorted(order)
        assert r"\begin{tabular}{lrrl}" in lines
        rows = [line for line in lines if line.endswith(r" \\")]
        assert len(rows) == 4
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {3}

    def test_nothing_in_it_becomes_a_command(self) -> None:
        (row,) = (line for line in render(TABLE, "latex").splitlines() if "star" in line)
        cell = row.partition(" & 5 & ")[0]
        assert cell == (
            r"a\_b \& 50\% \#1 \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{}cmd \$y\$ "
            r"\textless{}z\textgreater{} \textbar{} *star* `q`"
        )

    def test_marks_and_signs_are_those_of_latex(self) -> None:
        text = render(NARROW, "latex")
        assert r"20.00 [18.50, 21.50] (n = 4)\textsuperscript{a}" in text
        assert r"\textsuperscript{a} Doubtful \& strange." in text
        assert r"\caption{What it shows. All rows: scenario: fishery.}" in text

    def test_every_latex_environment_is_closed(self) -> None:
        text = render(TABLE, "latex")
        opened, closed = (re.findall(rf"\\{word}{{(\w+)\*?}}", text) for word in ("begin", "end"))
        assert opened == closed[::-1] == ["table", "tabular"]


class TestCsv:
    def test_it_reads_back(self) -> None:
        first, second = csv.DictReader(io.StringIO(render(TABLE, "csv")))
        assert first["model"] == HOSTILE
        assert second["model"] == 'says "x", and\nmore'
        assert {key: float(first[key]) for key in ("gain", "gain_low", "gain_high", "gain_n")} == {
            "gain": 20.0,
            "gain_low": 18.5,
            "gain_high": 21.5,
            "gain_n": 4.0,
        }
        assert (first["excluded.failed"], first["settings.world.growth"], first["notes"]) == ("1", "2.0", "One. Two.")

    def test_what_does_not_exist_is_empty(self) -> None:
        _, second = csv.DictReader(io.StringIO(render(TABLE, "csv")))
        assert (second["gain"], second["gain_low"], second["gain_n"]) == ("", "", "0")

    def test_a_row_without_a_column_that_others_have_is_empty_there(self) -> None:
        assert render(bare({"a": 1}, {"b": 2}), "csv") == "a,b\n1,\n,2"

    def test_a_spreadsheet_finds_no_formula(self) -> None:
        table = bare({"a": "=1+1", "b": -1, "c": ["@x", "y"], "d": {"k": "-1.5"}})
        assert render(table, "csv") == "a,b,c,d.k\n'=1+1,-1,'@x y,-1.5"
        assert table.frame["a"].tolist() == ["=1+1"]

    def test_the_frame_has_the_same_columns(self) -> None:
        frame = TABLE.frame
        assert list(frame) == next(csv.reader(io.StringIO(render(TABLE, "csv"))))
        assert frame["gain"].tolist()[0] == 20.0
        assert pd.isna(frame["gain"].tolist()[1])


class TestHtml:
    def test_a_row_has_a_cell_for_each_column_and_remarks_below_its_words(self) -> None:
        html = render(TABLE, "html")
        assert re.findall(r"<th[^>]*>([^<]*)</th>", html) == ["model", "runs", "gain, units"]
        assert "20.00<sup>a</sup><small>[18.50, 21.50]</small><small>n = 4</small></td>" in html
        assert "<small>left out: 1 failed</small><small>cost: $1.00</small></td>" in html
        assert "<caption>What it shows. All rows: scenario: fishery.</caption>" in html

    def test_nothing_in_it_becomes_a_tag(self) -> None:
        html = render(TABLE, "html")
        assert "&lt;z&gt; | *star* `q`" in html
        assert set(re.findall(r"</?(\w+)", html)) == {
            *("style", "table", "caption", "thead", "tbody", "tr", "th", "td", "small", "sup", "p"),
        }

    def test_notes_and_footnotes_follow(self) -> None:
        assert render(TABLE, "html").endswith(
            "<p>A note with 5 % of _something_.</p>\n<p><sup>a</sup> Doubtful &amp; strange.</p>"
        )

    def test_html_loads_nothing(self) -> None:
        assert not re.search(r"https?://|url\(|src=|href=|<script", render(TABLE, "html"))


def test_json_is_a_list_of_the_records() -> None:
    assert json.loads(render(TABLE, "json")) == [dict(record) for record in TABLE.records]


@pytest.mark.parametrize("format", FORMATS)
def test_a_table_without_rows_can_be_written(format: str) -> None:  # noqa: A002
    text = render(EMPTY, format)
    assert "fishery" not in text
    assert text == text.rstrip("\n")


@pytest.mark.parametrize(("place", "mark"), [(0, "a"), (25, "z"), (26, "aa"), (27, "ab"), (52, "ba"), (702, "aaa")])
def test_there_is_a_mark_for_every_footnote(place: int, mark: str) -> None:
    assert footnote_mark(place) == mark


def test_another_format_is_rejected() -> None:
    with pytest.raises(AnalysisError, match="format = xml: must be one of text, markdown, latex, csv, json"):
        render(TABLE, "xml")


def test_an_estimate_of_no_run_is_a_dash_without_its_n() -> None:
    none = {"value": None, "low": None, "high": None, "n": 0}
    columns = [Column(name="gain", kind="estimate", n=shown) for shown in ("runs", "always")]
    assert [column.entry({"gain": none, "runs": 4}).lines for column in columns] == [("–",), ("–", "n = 0")]
    assert columns[0].entry({"gain": {**none, "value": 1.0, "n": 3}, "runs": 4}).lines == ("1.00", "n = 3")


def test_long_words_of_a_table_on_a_page_have_a_width_of_their_own() -> None:
    for setup, is_wide in (("fake/society", False), ("fake/society, months 4, model argument catch 10", True)):
        table = Table(
            name="t",
            title="",
            columns=(Column(name="setup", place="label"), Column(name="runs", kind="count")),
            data=[{"setup": f"{setup} {number}", "runs": number} for number in range(2)],
        )
        assert ("min-width: 18em" in html_table(table)) is is_wide
