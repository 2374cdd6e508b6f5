"""The part of a report on sub-skills: every figure of the tables, and the scatter where three models have both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from govsim.analysis.report import report_html
from govsim.analysis.report.page import svg_uri
from govsim.analysis.report.sections import skills_section
from govsim.analysis.results import load
from govsim.analysis.skills import accuracies_of
from govsim.errors import JournalError
from tests.unit.analysis.skills.conftest import WriteStudy

MEMBERS = ("John", "Kate", "Jack", "Emma", "Luke")
SOLVED = {"a/one": 0, "a/two": 2, "openai/gpt-4o": 4}


@pytest.fixture
def write_models(write_study: WriteStudy, write_run: Callable[..., Path]) -> Callable[..., None]:
    """Writes tests and one run of several models."""

    def write(*models: str) -> None:
        for index, model in enumerate(models):
            claims = {"dynamics": [number < SOLVED[model] for number in range(4)], "threshold_belief": [None, True]}
            write_study(model, claims)
            asked = [*[dict.fromkeys(MEMBERS, 10)] * (3 * index), dict.fromkeys(MEMBERS, 20)]
            name = model.replace("/", "-")
            write_run(f"{name}.jsonl", asked=asked, settings={"models": {"default": model}}, society=name)

    return write


def page_of(folder: Path) -> str:
    return report_html(load(folder))


def test_three_models_are_set_against_what_became_of_their_societies(
    write_models: Callable[..., None], tmp_path: Path
) -> None:
    write_models("a/one", "a/two", "openai/gpt-4o")
    page = page_of(tmp_path)
    part = page[page.index('<section id="skills">') : page.index('<section id="method"')]
    results = load(tmp_path)
    for one in accuracies_of(results.skills):
        assert f"{one.accuracy.value:.2f}<small>[{one.accuracy.low:.2f}, {one.accuracy.high:.2f}]</small>" in part
    assert ">74<" in part, "the paper's accuracy of GPT-4o in the dynamics of the fishery"
    assert 'id="figure-skills"' in part
    assert 'id="figure-skills-survival-time"' in part
    assert 'download="skills-against-societies.csv"' in part
    assert "Fewer than 3 models" not in part
    assert "<dt>Sub-skills</dt>" in page
    again = skills_section(results.skills, results.measures)
    pictures = [drawn for one in again.parts for drawn in one.pictures]
    assert len(pictures) == 2
    for drawn in pictures:
        assert svg_uri(drawn) in part, "the same journals give the same figures"


def test_regressions_with_two_models_are_not_drawn_and_the_page_gives_the_reason(
    write_models: Callable[..., None], tmp_path: Path
) -> None:
    write_models("a/one", "a/two")
    page = page_of(tmp_path)
    assert "Fewer than 3 models have both finished tests and runs" in page
    assert "skills-against-societies" not in page


def test_a_broken_study_is_named_on_the_page_and_others_are_shown(
    write_models: Callable[..., None], write_study: WriteStudy, tmp_path: Path
) -> None:
    write_models("a/one")
    path = write_study("a/two", {"dynamics": [True]})
    path.write_text(path.read_text(encoding="utf-8").replace('"is_right":true', '"is_right":false'), encoding="utf-8")
    told: list[JournalError] = []
    results = load(tmp_path, broken=told.append)
    assert len(told) == 1
    page = report_html(results)
    assert "a-two/seed-0.study, line" in page
    assert str(tmp_path) not in page
    with pytest.raises(JournalError, match="is_right = False: is not consistent with"):
        load(tmp_path)
