"""Judgements and sub-skill tests on the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govsim.journal import Label, Promise, Solution, read_study
from tests.browser.conftest import RUN, STALE, click_until
from tests.browser.serving import Served, served


@pytest.fixture(scope="module")
def studied_site(studied: Path) -> Iterator[Served]:
    """A server of `studied`."""
    with served(studied) as one:
        yield one


def test_skills_page_shows_unsolved_problems(page: Any, studied_site: Served, studied: Path) -> None:
    (path,) = studied.glob("skills/**/*.study")
    wrong = next(one for one in read_study(path).of(Solution) if not one.is_right)
    page.goto(studied_site.at("/"))
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Skills").click()
    row = page.locator("table.plain tbody tr")
    row.get_by_text("dynamics").wait_for()
    row.get_by_text("[0.00, 60.24]").wait_for()  # Clopper and Pearson's, of none in four
    page.get_by_text("Needs at least three models").wait_for()
    page.get_by_text("not read yet").wait_for(state="detached")
    dialog = page.get_by_role("dialog")
    answer = dialog.get_by_text(f"answer {wrong.answer}")
    click_until(page.get_by_role("button", name=f"dynamics, {wrong.ordinal + 1}"), answer)
    dialog.get_by_text(f"correct: {wrong.least}").wait_for()
    dialog.get_by_text("Answer: 10").first.wait_for()


def test_promise_links_to_its_month_with_labelled_utterances(page: Any, studied_site: Served, studied: Path) -> None:
    folder = (studied / RUN).parent
    labels = read_study(folder / "seed-0.labels.fake-judge.study").of(Label)
    said = [one.label for one in labels if one.month == 1]
    page.goto(studied_site.at("/dialogue"))
    page.get_by_role("alert").get_by_text("seed-1.jsonl has changed").first.wait_for()
    page.get_by_text("All promises and their outcomes").wait_for()
    page.get_by_role("link", name="Month 1 · ").first.click()
    page.get_by_text("Month 1 of 3").wait_for()
    page.locator(".line-label").nth(len(said) - 1).wait_for()
    assert page.locator(".line-label").all_inner_texts() == said
    assert page.locator(".line-label").first.get_attribute("title") == "Judged by fake-judge"
    page.goto(studied_site.at(f"/run/{STALE}?month=1"))
    page.get_by_text("I sing").first.wait_for()
    page.goto(studied_site.at(f"/member/{STALE}?member=Kate"))
    page.get_by_text("No judge has extracted the promises").wait_for()
    page.goto(studied_site.at(f"/run/{STALE}?month=1"))
    page.get_by_text("I sing").first.wait_for()
    assert page.locator(".line-label").count() == 0, "the judge has read an earlier version"


def test_member_page_shows_promises_and_outcomes(page: Any, studied_site: Served, studied: Path) -> None:
    read = read_study((studied / RUN).parent / "seed-0.promises.fake-judge.study").of(Promise)
    promise = next(one for one in read if one.units is not None and one.month == 1)
    page.goto(studied_site.at(f"/member/{RUN}?member={promise.member}"))
    row = page.locator("tr", has=page.get_by_role("link", name="Month 1", exact=True)).first
    row.get_by_text("kept").wait_for()
    assert row.locator("td.number").all_inner_texts()[0] == str(promise.units)
    row.get_by_text(str(promise.quote)).wait_for()
    row.get_by_text("fake-judge").wait_for()


def test_pages_without_judgements_or_tests_show_the_command(page: Any, site: Served) -> None:
    for path, command in (
        ("/skills", "govsim skills test --model"),
        ("/dialogue", "--model PROVIDER/NAME"),
        (f"/member/{RUN}?member=Kate", "--ask promises"),
    ):
        page.goto(site.at(path))
        page.get_by_text(command).first.wait_for()
