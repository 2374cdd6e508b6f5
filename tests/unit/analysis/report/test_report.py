"""The report: everything is in it, nothing in it can do anything, and it is the same every time."""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64decode
from collections.abc import Callable
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import pandas as pd
import pytest

from govsim.analysis import cells_of
from govsim.analysis.measures import compared_measures
from govsim.analysis.report import report_html
from govsim.analysis.results import Results, load
from govsim.errors import AnalysisError
from govsim.journal import Call, Imported
from tests.commands import govsim

WriteJournal = Callable[..., Path]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
HOSTILE = "<script>alert(1)</script>\"'&\x1b[2J\u202e"


class Page(HTMLParser):
    """The texts, tags and addresses of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.texts: list[str] = []
        self.links: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        of = dict(attrs)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "data", "srcset")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if of.get("download"):
            self.links[str(of["download"])] = str(of["href"])

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def write_cell(write_journal: WriteJournal, folder: Path, condition: str, *runs: tuple[int, ...], **more: Any) -> None:
    """Write runs of one condition, each with the catches of its three months."""
    model = more.get("model", "mock/one")
    call = Call(
        **{"month": 1, "phase": "harvest", "member": "John", "purpose": "harvest", "ordinal": 0, "attempt": 0},
        **{"model": model, "messages": (), "reply": "Answer: 10", "stop_reason": "stop", "seconds": 0.5},
    )
    for seed, catches in enumerate(runs):
        settings = {"condition": condition, "seed": seed, "world": {"months": 3}, "models": {"default": model}}
        write_journal(
            folder / condition / model / f"seed-{seed}.jsonl",
            asked=[dict.fromkeys(NAMES, units) for units in catches],
            status=more.get("status") or ("completed" if len(catches) == 3 else "collapsed"),
            settings=settings,
            society=more.get("society", model.replace("/", "-")),
            calls=[call],
        )


@pytest.fixture(scope="module")
def folder(write_journal: WriteJournal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five runs of two conditions and two models, one of which stopped."""
    folder = tmp_path_factory.mktemp("runs")
    write_cell(write_journal, folder, "default", (10, 10, 10), (20,))
    write_cell(write_journal, folder, "other", (9, 9, 9), (10, 10, 9))
    write_cell(write_journal, folder, "other", (10,), status="over-budget", model="mock/two")
    return folder


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return load(folder)


@pytest.fixture(scope="module")
def steps() -> list[str]:
    """The steps of the report `html`."""
    return []


@pytest.fixture(scope="module")
def html(results: Results, steps: list[str]) -> str:
    return report_html(results, progress=steps.append)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def frame_of(link: str) -> pd.DataFrame:
    return pd.read_csv(BytesIO(unquote_to_bytes(link.partition(",")[2])))


def test_every_cell_run_and_reason_is_in_the_report(results: Results, page: Page) -> None:
    for cell in cells_of(results.measures):
        assert f"{cell.scenario} · {cell.condition} · {cell.runs[0].setup}" in page.texts
    for origin in results.origins:
        assert origin.path in page.texts
    assert "it was stopped" in page.texts
    assert "1 of 5 runs stopped before their end." in page.text
    assert page.text.startswith("Report on 5 runs")


def test_the_overview_has_values_intervals_and_excluded_runs(results: Results, page: Page) -> None:
    overview = frame_of(page.links["overview.csv"])
    assert overview["condition"].tolist() == ["default", "other", "other"]
    assert overview["gain"].tolist()[:2] == [25.0, 28.0]
    assert overview["excluded.over_budget"].tolist() == [0, 0, 1]
    for text in ("50.00", "[1.26, 98.74]", "excluded: 1 over budget", "25.00"):
        assert text in page.texts, text


def test_figures_by_model_are_left_out_if_they_would_repeat_those_by_condition(
    write_journal: Callable[..., Path], tmp_path: Path
) -> None:
    for place, model in enumerate(("mock/one", "mock/two")):
        settings = {"models": {"default": model}, "world": {"growth": 2 + place}}
        write_journal(tmp_path / f"{place}.jsonl", settings=settings, society=f"society-{place}")
    html = report_html(load(tmp_path))
    assert 'id="figure-condition-survival"' in html
    assert 'id="figure-model-survival"' not in html
    assert "Figures by model would repeat those by condition" in html


def test_each_figure_is_in_the_report_with_its_caption_and_its_numbers(html: str, page: Page) -> None:
    expected = [
        "condition-survival",
        "condition-stock",
        "condition-gain",
        "condition-equality",
        "condition-effects-gain",
    ]
    expected += ["model-survival", "catch", "invalid", "cost"]
    for name in expected:
        assert f'id="figure-{name}"' in html
        assert not frame_of(page.links[f"{name}.csv"]).empty
    assert page.tags.count("figure") == page.tags.count("figcaption") == page.tags.count("img")
    assert "Kaplan-Meier estimates" in page.text


def test_comparisons_are_adjusted_together_and_their_number_is_shown(results: Results, page: Page) -> None:
    table = frame_of(page.links["condition-comparisons.csv"])
    number = int(table["comparisons"].iloc[0])
    assert number == table["p"].notna().sum()
    assert f"adjusted for each other ({number}, by max-T and Holm's method)" in page.text
    assert {measure.name for measure in compared_measures()} == set(table["measure"])


def test_the_report_describes_the_method_and_its_caveats(page: Page) -> None:
    text = page.text
    for words in ("Gaffke's", "Student's t", "Kaplan-Meier", "Holm's", "Welch's", "another denominator", "censored"):
        assert words in text
    assert "The paper counts a run that collapses in its last month as survived" in text
    assert "count from month" not in text.replace("newcomer figures count from month 4", "")


def test_the_report_lists_versions_settings_and_seeds(results: Results, page: Page) -> None:
    assert "5 runs: govsim 0.1.0, revision not from a checkout" in page.texts
    assert "seeds 0 to 1" in page.texts
    assert "months: 3" in page.text
    assert "models.default" in page.texts


def test_the_page_loads_nothing_and_runs_nothing(html: str, page: Page) -> None:
    assert {"script", "iframe", "object", "embed", "link", "form", "base"} & set(page.tags) == set()
    assert page.handlers == []
    assert {
        address.split(":")[0][:1] if address.startswith("#") else address.split(":")[0] for address in page.addresses
    } == {
        "data",
        "#",
    }
    assert not re.search(r"https?://", html)
    assert not re.search(r"url\(|@import|@font-face", html)
    assert "default-src 'none'" in html


@pytest.mark.usefixtures("html")
def test_each_step_is_reported_before_it(steps: list[str]) -> None:
    assert steps == [
        *("comparing conditions", "comparing models", "drawing figures of all runs", "analysing dialogues"),
        "writing the page",
    ]


def test_the_command_shows_its_progress_on_terminals_only(write_journal: WriteJournal, tmp_path: Path) -> None:
    write_cell(write_journal, tmp_path / "runs", "default", (10, 10, 10))
    done = govsim(tmp_path, "report", "runs", "-o", "page.html")
    assert (done.stdout, done.stderr) == ("page.html\n", "")


def test_without_judges_and_sub_skills_there_are_no_such_parts(html: str) -> None:
    assert "dialogue" not in html
    assert "Sub-skills" not in html


def test_figures_of_a_page_are_small_and_their_texts_are_whole(html: str) -> None:
    images = [b64decode(content) for content in re.findall(r"data:image/svg\+xml;base64,([^\"]*)", html)]
    assert max(map(len, images)) < 40_000
    for image in images:
        ElementTree.fromstring(image)
        assert b"<metadata>" not in image
        assert not re.search(rb'[ "(]\d+\.\d{3,}[^<>]*>', image)
    assert any(b">default</text>" in image for image in images)


def test_hostile_texts_stay_texts(write_journal: WriteJournal, tmp_path: Path) -> None:
    write_cell(write_journal, tmp_path, "default", (10, 10, 10), society=HOSTILE, model="<embed/src=x>")
    path = write_journal(tmp_path / "failed.jsonl", status="failed", settings={"seed": 7}, society="</style></title>")
    told = path.read_text(encoding="utf-8").replace("it was stopped", "<b onclick='x'>\\u202e</b> {{ 7*7 }}")
    path.write_text(told, encoding="utf-8")
    (tmp_path / "<s>.jsonl").write_text("x\n", encoding="utf-8")
    html = report_html(load(tmp_path, broken=lambda error: None), title="<u>T</u>")
    page = Page(html)
    assert not {"script", "embed", "s", "u"} & set(page.tags)
    assert page.handlers == []
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b onclick='x'>\\u202e</b> {{ 7*7 }}" in page.texts
    assert "<s>.jsonl, line 1" in page.text
    assert "1 journal is unreadable and excluded; see the end of the page." in page.texts
    assert "<u>T</u>" in page.texts


def test_the_same_journals_give_the_same_page_wherever_they_lie(folder: Path, html: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "copy"
    shutil.copytree(folder, elsewhere)
    assert report_html(load(elsewhere)) == html
    assert str(folder) not in html


def test_baselines_are_those_that_are_named(results: Results) -> None:
    page = Page(report_html(results, baseline="other", baseline_model="mock/two"))
    assert "Differences from other" in page.texts
    assert "Differences from mock/two" in page.texts
    with pytest.raises(AnalysisError, match="baseline = nobody: no runs with this condition"):
        report_html(results, baseline="nobody")


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_a_single_run_makes_a_report_too(write_journal: WriteJournal, tmp_path: Path, status: str) -> None:
    write_cell(write_journal, tmp_path, "default", (10, 10, 10), status=status)
    text = Page(report_html(load(tmp_path, from_month=2))).text
    assert text.startswith("Report on 1 run :root")
    assert "All runs are of one condition, default : there is nothing to compare." in text
    assert "Gain, efficiency, equality and survival time count from month 2 on." in text
    assert "Months are counted from month 2 on" in text


def test_a_long_table_scrolls_and_states_its_number_of_rows(
    write_journal: WriteJournal, tmp_path: Path, html: str
) -> None:
    for seed in range(41):
        write_journal(tmp_path / f"seed-{seed}.jsonl", settings={"seed": seed})
    for page, scrolls in ((html, False), (report_html(load(tmp_path)), True)):
        part = page[page.index('<section id="runs">') :]
        assert ('class="box long"' in part, "41 rows: scroll" in part) == (scrolls, scrolls)


def test_a_running_run_is_excluded_and_listed(write_journal: WriteJournal, tmp_path: Path) -> None:
    write_journal(tmp_path / "seed-0.jsonl", status="running")
    write_journal(tmp_path / "seed-1.jsonl", status=None, settings={"seed": 1})
    page = Page(report_html(load(tmp_path)))
    assert "excluded: 1 running, 1 killed" in page.texts


def test_imported_runs_are_marked(write_journal: WriteJournal, tmp_path: Path) -> None:
    path = write_journal(tmp_path / "seed-0.jsonl")
    first, *others = path.read_text(encoding="utf-8").splitlines(keepends=True)
    header = json.loads(first)
    header["imported"] = Imported(
        source="a/b", sha256="0" * 64, assumed=("Growth was 2.",), missing=("No answers.",)
    ).model_dump(mode="json")
    path.write_text("".join([json.dumps(header, separators=(",", ":")) + "\n", *others]), encoding="utf-8")
    page = Page(report_html(load(tmp_path)))
    assert "1 of 1 runs were imported from the logs of another program" in page.text
    assert {"Growth was 2.", "No answers."} <= set(page.texts)
    assert "1 imported run has no record of this." in page.text
