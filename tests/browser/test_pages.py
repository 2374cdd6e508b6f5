"""Navigation: from the list to a run, a month, a prompt, a member, a comparison."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from govsim.journal import Call, MessageLine, Retrieval, Utterance, read_journal
from tests.browser.conftest import RUN, click_until
from tests.browser.serving import Served


def test_from_the_list_to_a_run_a_month_and_a_prompt(page: Any, site: Served, folder: Path) -> None:
    journal = read_journal(folder / RUN)
    call = next(one for one in journal.of(Call) if (one.month, one.member, one.purpose) == (2, "Kate", "harvest"))
    texts = {one.hash: one.content for one in journal.of(MessageLine)}
    page.goto(site.at("/"))
    page.get_by_role("link", name="fishery · default").first.click()
    page.get_by_text("Month 3 of 3").wait_for()
    page.get_by_role("button", name="Previous month").click()
    page.get_by_text("Month 2 of 3").wait_for()
    dialog = page.get_by_role("dialog")
    kate = page.locator(".q-table").get_by_role("button", name="Kate", exact=True).first
    click_until(kate, dialog.get_by_text("Month 2 · Kate · harvest"))
    shown = dialog.inner_text()
    assert call.reply in shown
    assert all(texts[name].split("\n")[0] in shown for name in call.messages)
    assert page.url.endswith("?month=2&member=Kate&call=harvest.harvest.0")


def test_deep_link_opens_its_question(page: Any, site: Served) -> None:
    page.goto(site.at(f"/run/{RUN}?month=1&member=Luke&call=reflection.insights.0"))
    page.get_by_role("dialog").get_by_text("Month 1 · Luke · insights (reflection)").wait_for()
    shown = page.get_by_role("dialog").inner_text()
    assert "Parsed values:" in shown
    assert "Rating 1: 5" in shown.split("Parsed values:")[1]
    page.keyboard.press("Escape")
    page.wait_for_url("**/seed-0.jsonl?month=1&member=Luke")
    page.get_by_text("Month 1 of 3").wait_for()


def test_month_shows_discussion_agreement_and_all_decisions(page: Any, site: Served, folder: Path) -> None:
    page.goto(site.at(f"/run/{RUN}?month=2"))
    lines = [one for one in read_journal(folder / RUN).of(Utterance) if one.month == 2]
    talk = page.get_by_role("list", name="Discussion")
    talk.wait_for()
    assert talk.get_by_role("listitem").count() == len(lines)
    for line in lines:
        assert line.text is not None
        talk.get_by_text(line.text).wait_for()
    page.get_by_text("Agreed limit: 10 units per member").wait_for()
    assert page.get_by_role("region", name="Decisions").get_by_role("row").count() == 6


_WATCH_MONTHS = """() => {
    const label = document.querySelector(".play-month");
    window.months = [];
    new MutationObserver(() => {
        const text = label.textContent.trim();
        if (window.months.at(-1) !== text) window.months.push(text);
    }).observe(label, {childList: true, characterData: true, subtree: true});
}"""


def test_months_are_stepped_by_keys_clicks_and_playing(page: Any, site: Served) -> None:
    page.goto(site.at(f"/run/{RUN}?month=1"))
    page.get_by_text("Month 1 of 3").wait_for()
    page.keyboard.press("ArrowRight")
    page.get_by_text("Month 2 of 3").wait_for()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("Month 1 of 3").wait_for()
    chart = page.get_by_role("img", name=re.compile("^Stock over")).bounding_box()
    page.mouse.click(chart["x"] + chart["width"] * 0.9, chart["y"] + chart["height"] * 0.6)
    page.get_by_text("Month 3 of 3").wait_for()
    page.evaluate(_WATCH_MONTHS)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    assert page.evaluate("window.months") == [f"Month {month} of 3" for month in (1, 2, 3)]


def test_search_leads_to_the_month_of_an_utterance(page: Any, site: Served) -> None:
    page.goto(site.at(f"/run/{RUN}?month=3"))
    page.get_by_text("Month 3 of 3").wait_for()
    page.get_by_label("Search utterances and thoughts").fill("2024-01-30 I SAY")
    page.get_by_role("button", name=re.compile(r"Month 1 · \w+ · said")).first.click()
    page.get_by_text("Month 1 of 3").wait_for()


def test_filters_are_part_of_the_address(page: Any, site: Served) -> None:
    page.goto(site.at("/"))
    rows = page.locator(".q-table:visible tbody tr")
    page.get_by_role("link", name="fishery · universalization").first.wait_for()
    assert rows.count() == 4
    page.get_by_label("Condition").click()
    page.get_by_role("option", name="universalization").click()
    page.wait_for_url("**/?condition=universalization")
    page.get_by_role("link", name="fishery · default").first.wait_for(state="detached")
    assert rows.count() == 2
    page.reload()
    page.get_by_role("link", name="fishery · universalization").first.wait_for()
    assert rows.count() == 2


def test_settings_are_listed_and_identical_runs_have_no_interval(page: Any, site: Served) -> None:
    page.goto(site.at("/?tab=settings"))
    row = page.locator(".q-table:visible tbody tr").first
    row.get_by_text("2, identical").wait_for()
    assert "[" not in row.inner_text()


def test_member_page_shows_memories_and_retrieval_scores(page: Any, site: Served, folder: Path) -> None:
    retrieval = next(
        one
        for one in read_journal(folder / RUN).of(Retrieval)
        if (one.month, one.member) == (3, "Kate") and one.memories
    )
    page.goto(site.at(f"/mind/{RUN}?member=Kate&month=3"))  # its former address
    page.wait_for_url(site.at(f"/member/{RUN}?member=Kate&month=3"))
    page.get_by_role("heading", name="Kate").wait_for()
    page.get_by_text(f"“{retrieval.query}”").first.wait_for()
    best = retrieval.memories[0]
    scores = [f"{number:.2f}" for number in (best.recency, best.importance, best.relevance, best.score)]
    table = page.get_by_role("table", name="Memories retrieved for").first
    assert table.locator("tbody tr").first.locator("td.number").all_inner_texts() == scores
    plan = page.locator(".q-table button", has_text="I should plan with 10").first
    click_until(plan, page.get_by_role("dialog").get_by_text(re.compile(r"Retrieved \d+ times")))
    page.keyboard.press("Escape")
    page.get_by_role("navigation", name="Members").get_by_role("link", name="Luke").click()
    page.get_by_role("heading", name="Luke").wait_for()


def test_conditions_are_compared_linked_to_and_exported(page: Any, site: Served) -> None:
    page.goto(site.at("/compare"))
    page.get_by_text("Differences from default").wait_for(timeout=60_000)
    page.get_by_text("survival rate").first.wait_for()
    page.get_by_label("Baseline").click()
    page.get_by_role("option", name="universalization").click()
    page.get_by_text("Differences from universalization").wait_for(timeout=60_000)
    address = page.url
    assert "baseline=universalization" in address
    page.goto("about:blank")
    page.goto(address)
    page.get_by_text("Differences from universalization").wait_for(timeout=60_000)
    for button, item, name, start in (
        ("Figure", "stock, SVG", "stock.svg", b"<?xml"),
        ("Data (CSV)", "survival", "survival.csv", b"scenario,"),
    ):
        page.get_by_role("button", name=button).click()
        with page.expect_download(timeout=60_000) as download:
            page.get_by_text(item, exact=True).locator("visible=true").click()
        assert download.value.suggested_filename == name
        assert Path(download.value.path()).read_bytes().startswith(start)


def test_everything_is_reachable_by_keyboard(page: Any, site: Served) -> None:
    page.goto(site.at("/"))
    page.get_by_role("link", name="fishery · default").first.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to content"
    names = []
    for _ in range(40):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate("(document.activeElement.ariaLabel || document.activeElement.innerText || '').trim()")
        )
    assert {"Runs", "Compare", "Light or dark", "Survival time, months", "fishery · default"} <= set(names)


def test_list_is_sorted_and_question_opened_by_keyboard_and_focus_returns(page: Any, site: Served) -> None:
    page.goto(site.at("/"))
    page.get_by_role("columnheader", name="Tokens").get_by_role("button").press("Enter")
    page.locator('th[aria-sort="ascending"]', has_text="Tokens").wait_for()
    page.wait_for_function("document.activeElement.innerText === 'Tokens'")
    page.goto(site.at(f"/run/{RUN}?month=2"))
    page.locator(".q-table").get_by_role("button", name="Kate", exact=True).first.press("Enter")
    page.get_by_role("dialog", name="Month 2 · Kate · harvest").get_by_text("Answer: 10").first.wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.wait_for_function("document.activeElement.innerText.includes('Kate')")
    assert page.get_by_text("Month 2 of 3").count() == 1, "an arrow key has turned the page behind the dialog"


def test_dark_mode_is_remembered(page: Any, site: Served) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(site.at("/"))
    page.get_by_role("button", name="Light or dark").click()
    page.wait_for_function("document.body.classList.contains('body--dark')")
    page.goto(site.at("/compare"))
    page.wait_for_function("document.body.classList.contains('body--dark')")


PHONE = {
    "/": "fishery · default",
    f"/run/{RUN}": "Month 3 of 3",
    f"/member/{RUN}?member=Kate": "recency",
    "/compare": "Differences from default",
    "/new": "Estimate",
    "/report": "Open in a new tab",
}
"""The pages, each with a text that is visible once it is complete."""


NAMED = {"button", "checkbox", "combobox", "dialog", "image", "link", "searchbox", "spinbutton", "switch", "textbox"}
"""Roles that need an accessible name."""


def test_pages_fit_a_phone_and_all_controls_have_names(page: Any, site: Served) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    tree = page.context.new_cdp_session(page)
    titles = set()
    for path, ready in PHONE.items():
        page.goto(site.at(path))
        page.get_by_text(ready).first.wait_for()
        page.wait_for_function("document.documentElement.scrollWidth <= 390", timeout=10_000)
        parts = [one for one in tree.send("Accessibility.getFullAXTree")["nodes"] if not one["ignored"]]
        found = [(one["role"]["value"], one.get("name", {}).get("value", "")) for one in parts]
        assert [role for role, name in found if role in NAMED and not name.strip()] == [], path
        assert sorted(role for role, _ in found if role in ("banner", "main")) == ["banner", "main"], path
        headings = [one for one in parts if one["role"]["value"] == "heading"]
        levels = [one["value"]["value"] for part in headings for one in part["properties"] if one["name"] == "level"]
        assert levels.count(1) == 1, path
        titles.add(page.title())
    assert len(titles) == len(PHONE)
    assert page.evaluate("document.documentElement.lang") == "en-GB"


def test_button_label_has_contrast_on_a_dark_page(page: Any, site: Served) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(site.at("/new"))
    button = page.get_by_role("button", name="Start")
    button.wait_for()
    letters, ground = button.evaluate(
        """(one) => [[one.querySelector(".q-btn__content"), "color"], [one, "backgroundColor"]].map(([part, key]) =>
            getComputedStyle(part)[key].match(/[0-9]+/g).slice(0, 3).map(Number).reduce((sum, part) => sum + part))"""
    )
    assert ground - letters > 300, "dark letters on the light accent"
