"""Tables as plain text fit the line and break nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from govsim.analysis.tables.formats import choose_columns, render
from govsim.analysis.tables.markup import as_latex
from govsim.analysis.tables.table import Column, Table
from govsim.analysis.tables.text import as_text, in_two_lines, text_width
from govsim.errors import AnalysisError

NAMES = ("survival_rate", "survival_time", "gain", "efficiency", "equality", "over_usage_asked", "over_usage_granted")


def wide(rows: int = 2, **others: object) -> Table:
    """Labels, a stub, seven estimates and a remark in each row."""
    estimates = {
        name: {"value": -51.25 - number, "low": -100.0, "high": 12.5, "n": 1200} for number, name in enumerate(NAMES)
    }
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
                "measure": f"row {index} of a table with a long stub, " * 2,
                **estimates,
                "remark": "a remark that is long enough to be wrapped on every line that a terminal can have " * 2,
                **others,
            }
            for index in range(rows)
        ],
        notes=("A note. " * 30,),
        footnotes={"a": "A footnote. " * 12},
        marks={(0, "gain"): ("a", "b")},
    )


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_no_line_is_wider_than_requested_and_no_number_is_broken(width: int) -> None:
    text = as_text(wide(), width)
    assert max(map(len, text.splitlines())) <= width
    for number in range(len(NAMES)):
        assert text.count(f"−{51.25 + number}") == 2
    for what in ("[−100.00, 12.50]", "n = 1,200"):
        assert text.count(what) == 2 * len(NAMES), what
    assert "−53.25 a,b" in text
    words = set(re.findall(r"\w+", text))
    assert {"survival", "granted", "terminal", "footnote", "somewhere"} <= words


def test_a_wider_line_needs_fewer_lines() -> None:
    heights = [len(as_text(wide(), width).splitlines()) for width in range(60, 141, 10)]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] > heights[2] > heights[4] > heights[-1]


def test_in_a_pipe_lines_have_100_characters(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert text_width() == 100


@pytest.mark.parametrize("is_terminal", [True, False])
def test_columns_in_the_environment_sets_the_width_within_limits_on_a_terminal_and_in_a_pipe(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal, raising=False)
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
        ("survival rate, %", ("survival", "rate, %")),
        ("gain, units", ("gain", "units")),
        ("slope for 10 points", ("slope for", "10 points")),
    ],
)
def test_headings_are_cut_where_they_are_least_wide(heading: str, lines: tuple[str, ...]) -> None:
    assert in_two_lines(heading) == lines


def sparse(count: int = 6) -> Table:
    """Seven estimates in each row, two more in the second row, and one without values."""
    rare = {name: {"value": 7.5, "low": 7.0, "high": 8.0} for name in ("quota_fit", "fines_per_member")}
    table = wide(count)
    return replace(
        table,
        columns=(
            *table.columns[:-1],
            *(Column(name=name, kind="estimate") for name in ("quota_fit", "fines_per_member", "never_measured")),
            table.columns[-1],
        ),
        data=[{**row, **(rare if place == 1 else {})} for place, row in enumerate(table.data)],
        marks={(1, "quota_fit"): ("a",)},
    )


@pytest.mark.parametrize("width", [60, 80, 100])
def test_values_of_few_rows_follow_below_the_others(width: int) -> None:
    text = as_text(sparse(), width)
    above, _, below = text.partition("Columns with values in few rows:")
    assert "7.50" not in above
    assert below.count("7.50") == 2
    assert "7.50 a" in below
    assert below.count("row 1 of") == below.count("row ") > 0, "other rows have no values there"
    assert above.count("−51.25") == 6
    assert "Columns without values: never measured." in above
    assert " ".join(text.split()).count("A footnote.") == 12
    assert max(map(len, text.splitlines())) <= width


def test_values_of_few_rows_are_in_their_rows_if_all_columns_fit() -> None:
    text = as_text(choose_columns({"t": sparse()}, ["gain", "quota_fit"])["t"], 140)
    assert "Columns with values in few rows" not in text
    assert text.count("7.50 a") == 1


def test_a_row_without_values_ends_with_its_first_line() -> None:
    table = wide(3)
    empty = dict.fromkeys(table.data[0]) | {"measure": "nothing", "runs": 1}
    text = as_text(replace(table, data=[*table.data[:2], empty], marks={}), 60)
    assert 0 < text.count("–") < len(NAMES), "only the first line has dashes"


class TestLatex:
    @staticmethod
    def table(rows: int = 2) -> Table:
        """The table with as many of its columns as fit."""
        *columns, _, remark = wide().columns
        return replace(wide(rows), columns=(*columns, remark))

    def test_what_does_not_fit_on_a_line_is_wrapped_in_parts_of_the_text(self) -> None:
        text = as_latex(self.table())
        parts = [float(part) for part in re.findall(r"p\{\\dimexpr ([\d.]+)\\textwidth", text)]
        assert len(parts) == len(NAMES)
        assert sum(parts) == pytest.approx(1, abs=0.001)
        assert r"$-$51.25 \par [$-$100.00, 12.50] \par n~=~1,200" in text

    def test_what_is_longer_than_a_page_is_continued(self) -> None:
        text = as_latex(self.table(40))
        labels = re.findall(r"\\label\{([\w:-]+)\}", text)
        assert labels == ["tab:wide", *(f"tab:wide-{page}" for page in range(2, 8))]
        assert text.count("(Continued.)") == 6
        assert text.count("A note.") == 30
        assert len(re.findall(r"5\d\.25", text)) == 40 * (len(NAMES) - 1)

    def test_labels_are_repeated_and_remarks_stay_with_their_rows(self) -> None:
        whole = self.table(40)
        halves = [{**row, "model": f"half {place // 20}"} for place, row in enumerate(whole.data)]
        table = replace(whole, data=halves)
        pages = [part.partition(r"\midrule")[2].splitlines()[1:] for part in as_latex(table).split(r"\caption{")[1:]]
        assert len(pages) > 2
        for page in pages:
            assert page[0].startswith(r"\addlinespace"), "a page begins with the label"
            assert r"\multicolumn" in page[page.index(r"\bottomrule") - 1], "and ends with the remark of its last row"

    def test_notes_that_do_not_fit_below_a_table_have_pages_of_their_own(self) -> None:
        notes = tuple(f"Note {number}: {'long ' * 80}" for number in range(12))
        *tables, last = as_latex(replace(self.table(), notes=notes)).split(r"\begin{table*}")[1:]
        assert len(tables) > 1, "the notes have two pages"
        assert "Note 0" not in tables[0]
        assert all(r"Notes to Table~\ref{tab:wide}." in part for part in (*tables[1:], last))
        assert "Note 11" in last

    def test_more_columns_than_fit_are_set_in_further_tables_without_rows_of_dashes(self) -> None:
        names = [f"measure_{number:02}" for number in range(30)]
        some = {name: {"value": 1.5, "low": 0.25, "high": 12.5 + index} for index, name in enumerate(names)}
        table = Table(
            name="many",
            title="Many.",
            columns=(
                Column(name="society", place="label"),
                Column(name="runs", kind="count"),
                *(Column(name=name, unit="dollars", kind="estimate") for name in names),
                Column(name="remark", place="remark"),
            ),
            data=[
                {"society": "first", "runs": 4, **some, "remark": "all collapsed"},
                {"society": "second", "runs": 3, **dict.fromkeys(names), "remark": None},
            ],
        )
        parts = as_latex(table).split(r"\begin{table*}")[1:]
        assert len(parts) > 2
        assert [part.count("Continued") for part in parts] == [0, *[1] * (len(parts) - 1)]
        assert ["second" in part for part in parts] == [True, *[False] * (len(parts) - 1)]
        assert ["all collapsed" in part for part in parts] == [True, *[False] * (len(parts) - 1)]
        assert sum(len(re.findall(r"(?<!\d)1\.50", part)) for part in parts) == len(names)
        for part in parts:
            widths = [float(width) for width in re.findall(r"p\{\\dimexpr ([\d.]+)\\textwidth", part)]
            assert min(widths) > len("12.50]") / 100
            assert sum(widths) == pytest.approx(1, abs=0.001)

    @pytest.mark.parametrize("more", range(2, 12))
    def test_columns_are_distributed_evenly_over_the_parts_of_a_table(self, more: int) -> None:
        names = [f"measure_{number:02}" for number in range(9 + more)]
        some = {name: {"value": 1.5, "low": 0.25, "high": 12.5 + index} for index, name in enumerate(names)}
        columns = tuple(Column(name=name, unit="dollars", kind="estimate") for name in names)
        table = Table(
            name="many", title="Many.", columns=(Column(name="runs", kind="count"), *columns), data=[some] * 2
        )
        parts = as_latex(table).split(r"\begin{table*}")[1:]
        shown = [part.count("measure") for part in parts]
        assert len(parts) > 1
        assert sum(shown) == len(names)
        assert max(shown) - min(shown) <= 1


class TestColumns:
    """Constant, duplicate and chosen columns."""

    @staticmethod
    def table(rows: int = 3, **others: object) -> Table:
        return Table(
            name="some",
            title="Some",
            is_titled=False,
            columns=(
                Column(name="scenario", place="stub"),
                Column(name="condition", place="stub"),
                Column(name="runs", kind="count"),
                Column(name="done", kind="count"),
                Column(name="planned", kind="count", repeats="runs"),
                Column(name="waiting", kind="count"),
                Column(name="gain", kind="estimate"),
            ),
            data=[
                {
                    "scenario": "fishery",
                    "condition": f"condition {number}",
                    "runs": number,
                    "done": number,
                    "planned": number,
                    "waiting": 0,
                    "gain": {"value": 1.0, "low": None, "high": None, "n": 2},
                    "seed": 7,
                    **others,
                }
                for number in range(rows)
            ],
            total={"scenario": "all", "condition": "", "runs": 3, "done": 3, "planned": 3, "waiting": 0, "gain": None},
        )

    @pytest.mark.parametrize("written", ["text", "markdown", "latex", "html"])
    def test_constant_and_duplicate_columns_are_stated_once(self, written: str) -> None:
        text = render(self.table(), written)
        assert text.count("All rows: scenario: fishery; waiting: 0.") == 1
        assert text.count("Column planned is equal to runs in all rows.") == 1
        assert text.count("done") == 1, "columns that are equal by chance are shown"
        assert text.count("fishery") == 1

    def test_the_total_keeps_its_label(self) -> None:
        assert re.search(r"^all +3 +3 +–$", as_text(self.table()), re.MULTILINE)

    def test_estimates_are_kept_even_if_they_are_the_same_in_all_rows(self) -> None:
        assert as_text(self.table()).count("1.00") == 3

    @pytest.mark.parametrize("table", [table.__func__(1), table.__func__(2, scenario="")])  # type: ignore[attr-defined]
    def test_single_rows_and_empty_columns_are_not_condensed(self, table: Table) -> None:
        assert "All rows: scenario" not in as_text(table)

    def test_json_and_csv_have_all_columns(self) -> None:
        assert json.loads(render(self.table(), "json"))[0].keys() == self.table().data[0].keys()

    @pytest.mark.parametrize(
        ("names", "heads"),
        [
            (["gain", "runs"], ["scenario", "condition", "gain", "runs"]),
            (["condition", "gain"], ["condition", "gain"]),
        ],
    )
    def test_chosen_columns_have_the_given_order_and_the_labels_of_their_rows(
        self, names: list[str], heads: list[str]
    ) -> None:
        [table] = choose_columns({"some": self.table()}, names).values()
        assert [column.name for column in table.columns] == heads
        for written in ("csv", "json"):
            [table] = choose_columns({"some": self.table()}, names, written).values()
            assert list(table.records[0]) == heads

    @pytest.mark.parametrize(("written", "last"), [("text", "gain"), ("json", "gain, seed")])
    def test_an_unknown_name_lists_the_allowed_ones(self, written: str, last: str) -> None:
        message = f"columns = gian: there is no such column; choose from scenario, .*, {last}$"
        with pytest.raises(AnalysisError, match=message):
            choose_columns({"some": self.table()}, ["gian"], written)

    def test_tables_without_any_of_the_columns_are_dropped(self) -> None:
        tables = {"some": self.table(), "wide": wide()}
        assert list(choose_columns(tables, ["measure"])) == ["wide"]
        assert list(choose_columns(tables, [])) == ["some", "wide"]

    def test_footnotes_of_other_columns_are_dropped(self) -> None:
        [table] = choose_columns({"wide": wide()}, ["efficiency"]).values()
        assert table.footnotes == {}


@pytest.mark.parametrize("width", [80, 100, 140])
def test_texts_that_do_not_fit_next_to_the_numbers_get_their_own_line(width: int) -> None:
    amounts = ("runs", "done", "waiting", "stopped", "months", "tokens", "cost")
    names = {"scenario": "fishery", "condition": "a-long-name-" * 4, "society": "openrouter/" + "x" * 45}
    table = Table(
        name="status",
        title="Status",
        is_titled=False,
        columns=(
            *(Column(name=name, place="stub") for name in names),
            *(Column(name=name, kind="count") for name in amounts),
        ),
        data=[
            {name: f"{number}-{value}" for name, value in names.items()}
            | {name: 123_456_000 + 10 * index + number for index, name in enumerate(amounts)}
            for number in range(2)
        ],
    )
    text = as_text(table, width)
    assert max(map(len, text.splitlines())) <= width
    for number in range(2):
        assert all(f"123,456,0{index}{number}" in text for index in range(len(amounts)))
        assert all(f"{number}-{name}" in text for name in names.values())
    assert ("scenario; condition; society\n" in text) == (width > 80), "at 80, the numbers alone need two lines"


def test_a_table_without_rows_has_no_heading() -> None:
    table = Table(name="empty", title="Nothing", columns=wide().columns, data=[], notes=("There is nothing to show.",))
    assert as_text(table, 80) == "Nothing\n\nThere is nothing to show."
    assert render(table, "markdown") == "**Nothing**\n\nThere is nothing to show."
    assert render(table, "latex") == "\\textbf{Nothing.}\n\nThere is nothing to show."
    assert render(table, "html") == "<p>Nothing.</p>\n<p>There is nothing to show.</p>"


def test_an_unknown_column_is_answered_with_the_names_that_can_be_chosen() -> None:
    table = Table(
        name="runs",
        title="Runs",
        columns=(
            Column(name="counted_runs", heading="runs", kind="count", for_programs=False),
            Column(name="copies", heading="identical runs", for_programs=False),
            Column(name="gain", kind="number"),
        ),
        data=[{"counted_runs": 3, "copies": "all", "gain": 1.0}],
    )
    with pytest.raises(AnalysisError, match=r"columns = nope: .* choose from runs, identical_runs, gain$"):
        choose_columns({"runs": table}, ["nope"])
    [chosen] = choose_columns({"runs": table}, ["identical_runs"]).values()
    assert [column.name for column in chosen.columns] == ["copies"]
