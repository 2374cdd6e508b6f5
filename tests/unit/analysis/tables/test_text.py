"""Tables as plain text fit the line and break nothing."""

from __future__ import annotations

import re

import pytest

from govsim.analysis.tables.markup import as_latex
from govsim.analysis.tables.table import Column, Table
from govsim.analysis.tables.text import as_text, in_two_lines, text_width

NAMES = ("survival_rate", "survival_time", "gain", "efficiency", "equality", "over_usage_asked", "over_usage_granted")


def wide(rows: int = 2, **others: object) -> Table:
    """Labels, a stub, seven estimates and a remark in each row."""
    estimate = {"value": -51.25, "low": -100.0, "high": 12.5, "n": 1200}
    return Table(
        name="wide",
        title="A title that is longer than a narrow line, so that it has to be wrapped between its words somewhere.",
        columns=(
            Column(name="scenario", place="label"),
            Column(name="model", place="label", is_named=True),
            Column(name="measure", place="stub"),
            *(Column(name=name, unit="%", kind="estimate", n="always") for name in NAMES),
            Column(name="remark", place="remark"),
        ),
        data=[
            {
                "scenario": "fishery",
                "model": "openrouter/" + "very-long-" * 12,
                "measure": f"row {place} of a table with a long stub, " * 2,
                **dict.fromkeys(NAMES, estimate),
                "remark": "a remark that is long enough to be wrapped on every line that a terminal can have " * 2,
                **others,
            }
            for place in range(rows)
        ],
        notes=("A note. " * 30,),
        footnotes={"a": "A footnote. " * 12},
        marks={(0, "gain"): ("a", "b")},
    )


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_no_line_is_wider_than_asked_for_and_no_number_is_broken(width: int) -> None:
    text = as_text(wide(), width)
    assert max(map(len, text.splitlines())) <= width
    for what in ("−51.25", "[−100.00, 12.50]", "n = 1,200"):
        assert text.count(what) == 2 * len(NAMES), what
    assert "−51.25 a,b" in text
    words = set(re.findall(r"\w+", text))
    assert {"survival", "granted", "terminal", "footnote", "somewhere"} <= words


def test_a_wider_line_needs_fewer_lines() -> None:
    heights = [len(as_text(wide(), width).splitlines()) for width in (80, 100, 140)]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] > heights[2]


def test_in_a_pipe_lines_have_100_characters(capsys: pytest.CaptureFixture[str]) -> None:
    assert text_width() == 100


def test_on_a_terminal_they_have_its_width_within_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    for columns, width in (("30", 60), ("93", 93), ("400", 140)):
        monkeypatch.setenv("COLUMNS", columns)
        assert text_width() == width


def test_the_total_is_set_off_by_a_rule() -> None:
    table = Table(
        name="sums",
        title="Sums",
        is_titled=False,
        columns=(Column(name="what", place="stub"), Column(name="cost", kind="dollars")),
        data=[{"what": "one", "cost": 1200.5}, {"what": "two", "cost": None}],
        total={"what": "all", "cost": None},
    )
    assert as_text(table).splitlines() == [
        "what       cost",
        "───────────────",
        "one   $1,200.50",
        "two           –",
        "───────────────",
        "all           –",
    ]


@pytest.mark.parametrize(
    ("heading", "lines"),
    [
        ("runs", ("runs",)),
        ("survival rate %", ("survival", "rate %")),
        ("slope for 10 points", ("slope for", "10 points")),
    ],
)
def test_headings_are_cut_where_they_are_least_wide(heading: str, lines: tuple[str, ...]) -> None:
    assert in_two_lines(heading) == lines


class TestLatex:
    def test_what_does_not_fit_on_a_line_is_wrapped_in_parts_of_the_text(self) -> None:
        text = as_latex(wide())
        parts = [float(part) for part in re.findall(r"p\{\\dimexpr ([\d.]+)\\textwidth", text)]
        assert len(parts) == 1 + len(NAMES)
        assert sum(parts) == pytest.approx(1, abs=0.001)
        assert r"$-$51.25 \par [$-$100.00, 12.50] \par n~=~1,200" in text

    def test_what_is_longer_than_a_page_is_continued(self) -> None:
        text = as_latex(wide(40))
        labels = re.findall(r"\\label\{([\w:-]+)\}", text)
        assert labels == ["tab:wide", "tab:wide-2", "tab:wide-3", "tab:wide-4"]
        assert text.count("(Continued.)") == 3
        assert text.count("A note.") == 30
        assert text.count("51.25") == 40 * len(NAMES)
