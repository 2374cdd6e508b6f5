"""Dialogues in figures, in the report and in exports."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from govsim.analysis.figures import FIGURES, draw
from govsim.analysis.report import report_html
from govsim.analysis.results import Results, load
from govsim.errors import AnalysisError
from govsim.journal import LABELS
from tests.commands import govsim
from tests.unit.analysis.dialogue.conftest import WriteStudy, agreed, knows, label, line, promise

DIALOGUE_KINDS = [figure.name for figure in FIGURES if figure.value.is_of_dialogue]

WriteRun = Callable[..., Path]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
HOSTILE = "<script>alert(1)</script> =1+1 $x$"


@pytest.fixture(scope="module")
def judged(write_journal: WriteRun, write_study: WriteStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models in two conditions, three runs each; no test may change them."""
    folder = tmp_path_factory.mktemp("runs")
    for model in ("openai/gpt-4o", "mock/two"):
        for condition in ("default", "other"):
            for seed in range(3):
                said = [line(1, number, NAMES[number], f"{number} {HOSTILE}") for number in range(4)]
                asked = [dict.fromkeys(NAMES, 8), dict.fromkeys(NAMES, 8 + seed), dict.fromkeys(NAMES, 100)]
                settings = {"seed": seed, "condition": condition, "models": {"default": model}}
                path = folder / condition / model / f"seed-{seed}.jsonl"
                run = write_journal(
                    path, asked=asked, settings=settings, society=model[-5:], said=[*said, agreed(1, 9)]
                )
                write_study(run, "labels", [label(one, LABELS[(seed + one.ordinal) % 8]) for one in said])
                write_study(run, "promises", [promise(one, 8 + one.ordinal) for one in said])
                write_study(run, "knowledge", [knows(2, name, True, seed == 1, False) for name in NAMES])
    return folder


@pytest.fixture
def folder(judged: Path, tmp_path: Path) -> Path:
    """A copy of them to change."""
    return Path(shutil.copytree(judged, tmp_path / "runs"))


@pytest.fixture(scope="module")
def results(judged: Path) -> Results:
    return load(judged)


@pytest.fixture(scope="module")
def html(results: Results) -> str:
    return report_html(results)


@pytest.mark.parametrize("by", ["condition", "model"])
def test_there_are_figures_of_what_judges_said(results: Results, by: str) -> None:
    drawn = {one.name: one for one in draw(results, DIALOGUE_KINDS, by=by)}
    assert set(drawn) >= set(DIALOGUE_KINDS)
    labels = drawn["labels"].frame
    places = [name for name in ("society", "condition", "model") if name in labels]
    shares = labels[labels["kind"] == "label"].groupby(places)["share"].sum()
    assert shares.tolist() == pytest.approx([100] * len(shares))
    kept = drawn["promises"].frame
    together = kept[(kept["what"] == "promise") & (kept["of"] == "all")]
    # Of promises of 8 to 11 units, all were kept at 8, three at 9, two at 10.
    assert together["kept"].tolist() == pytest.approx([100 * 9 / 12] * len(together))
    known = drawn["knowledge"].frame
    assert known.loc[known["of"] == "names_others", "share"].tolist() == pytest.approx([100 / 3] * len(together))
    for one in drawn.values():
        assert one.content("png").startswith(b"\x89PNG")


def test_the_shares_of_the_paper_are_in_the_figure_of_its_models(results: Results) -> None:
    by_model, by_condition = (draw(results, ["labels"], by=by)[0] for by in ("model", "condition"))
    printed = by_model.frame[by_model.frame["kind"] == "published"]
    assert printed[["model", "condition"]].drop_duplicates().to_numpy().tolist() == [["openai/gpt-4o", "default"]]
    assert printed["share"].tolist() == [19, 80, 1]
    assert "Diamonds" in by_model.caption
    assert len(by_condition.frame[by_condition.frame["kind"] == "published"]) == 3


def test_a_figure_is_the_same_every_time(judged: Path, results: Results) -> None:
    both = [draw(one, DIALOGUE_KINDS) for one in (results, load(judged))]
    assert [one.content("svg") for one in both[0]] == [one.content("svg") for one in both[1]]


def test_a_single_bar_or_row_has_room_between_title_and_axis(
    write_run: WriteRun, write_study: WriteStudy, tmp_path: Path
) -> None:
    said = [line(1, 0, "John", "ten"), agreed(1, 9)]
    run = write_run("a.jsonl", asked=[dict.fromkeys(NAMES, 8), dict.fromkeys(NAMES, 100)], said=said)
    write_study(run, "labels", [label(line(1, 0, "John", "ten"), LABELS[0])])
    for name in ("labels", "promises"):
        (drawn,) = draw(load(tmp_path), [name])
        (panel,) = drawn.figure.axes
        assert panel.get_position().height * drawn.figure.get_size_inches()[1] > 0.3, name


def test_remarks_are_below_the_text_of_their_row(write_run: WriteRun, write_study: WriteStudy, tmp_path: Path) -> None:
    said = [line(1, 0, "John", "ten")]
    run = write_run("a.jsonl", asked=[dict.fromkeys(NAMES, 8), dict.fromkeys(NAMES, 100)], said=said)
    for judge in ("mock/one", "mock/two"):
        write_study(run, "labels", [label(said[0], LABELS[0])], judge=judge)
    page = report_html(load(tmp_path))
    table = page[page.index("Agreement of raters") :]
    table = table[table.index("<table") : table.index("</table>")]
    assert ">reason</th>" not in table
    assert "<small>only one label occurs, so that no disagreement" in table


def test_without_a_judge_they_are_drawn_on_demand_only(write_run: WriteRun, tmp_path: Path) -> None:
    write_run("a.jsonl")
    results = load(tmp_path)
    others = {figure.name for figure in FIGURES if not figure.value.is_of_skills} - set(DIALOGUE_KINDS)
    kinds = others - {"endgame", "invalid", "cost"}  # members do not know the end, and no model replied
    assert {one.name.split("-")[0] for one in draw(results)} == kinds
    (empty,) = draw(results, ["labels"])
    assert "No values to draw. No runs were excluded. Not judged: 1." in empty.caption
    with pytest.raises(AnalysisError, match=r"kind = talk: there is no such figure; choose from stock, .*, knowledge"):
        draw(results, ["talk"])


def test_a_stale_judgement_is_noted_below_the_figure(folder: Path, write_study: WriteStudy) -> None:
    run = next(folder.rglob("seed-0.jsonl"))
    write_study(run, "labels", [label(line(1, 0, "John", "other words"), LABELS[0])], judge="mock/stale")
    results = load(run.parent)
    (drawn,) = draw(results, ["labels"])
    assert "Judged before the run changed, or run missing: 1." in drawn.caption
    assert "mock-stale.study: the discussion of month 1 no longer has this utterance" in report_html(results)


def test_the_report_has_a_part_on_dialogue(html: str) -> None:
    part = html[html.index('<section id="dialogue">') : html.index('<section id="method"')]
    for title in ("Functions of utterances", "Promises and compliance", "Agreed limits", "Basis of decisions"):
        assert f"<h3>{title}</h3>" in part
    assert 'id="figure-dialogue-model-labels"' in part
    assert "it is kept if the member then asked for no more" in part
    assert '<a href="#dialogue">' in html
    assert "<script" not in html


def test_what_judges_said_is_exported_beside_the_runs(folder: Path, tmp_path: Path) -> None:
    done = govsim(tmp_path, "export", str(folder), "-o", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    utterances = pd.read_csv(tmp_path / "out" / "utterances.csv")
    assert len(utterances) == 12 * 4
    assert utterances["text"].iloc[0] == f"0 {HOSTILE}"
    assert "## promises" in (tmp_path / "out" / "columns.md").read_text(encoding="utf-8")


def test_a_broken_judgement_is_reported_once_and_the_report_is_written(folder: Path, tmp_path: Path) -> None:
    broken = next(folder.rglob("*.knowledge.*"))
    broken.write_bytes(b"garbage\n")
    done = govsim(tmp_path, "report", str(broken.parent), "-o", str(tmp_path / "report.html"))
    assert done.returncode == 1
    assert done.stderr.count(broken.name) == 1
    assert broken.name in (tmp_path / "report.html").read_text(encoding="utf-8")
