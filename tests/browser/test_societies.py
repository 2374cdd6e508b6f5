"""Runs and societies are named by their settings; rows, links, dialogs and empty states of their pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import RUN, Serve, click_until, orphaned
from tests.browser.serving import Served, served

HASH = re.compile(r"-[0-9a-f]{6}\b")
"""The end of a folder's label."""


@pytest.fixture(scope="module")
def mixed_site(mixed: Path) -> Iterator[Served]:
    """The folder `mixed`, served."""
    with served(mixed) as one:
        yield one


def test_runs_and_societies_are_never_named_by_the_label_of_a_folder(
    page: Any, mixed_site: Served, mixed: Path
) -> None:
    names = [path.relative_to(mixed).as_posix() for path in sorted(mixed.rglob("*.jsonl"))]
    assert all(map(HASH.search, names)), "the folders are labelled by a hash"
    ready = {
        "/": "growth 1.8",
        "/?tab=settings": "growth 1.8",
        "/compare?by=society": "Differences",
        "/dialogue": "All labelled utterances",
        **{f"/run/{name}": "Month 1 of 1" for name in names},
        f"/member/{names[0]}?member=Luke": "Memories",
    }
    for path, text in ready.items():
        page.goto(mixed_site.at(path))
        page.get_by_text(text).locator("visible=true").first.wait_for()
        page.wait_for_function("!/Reading |Comparing/.test(document.body.innerText)")
        shown = page.locator(".q-table" if path == "/dialogue" else "body").all_inner_texts()
        assert HASH.findall(" ".join(shown)) == [], path


def test_the_page_of_a_run_shows_every_changed_setting_and_every_member_that_differs(
    page: Any, mixed_site: Served, mixed: Path
) -> None:
    path = next(path for path in mixed.rglob("*.jsonl") if b"policy:greedy" in path.read_bytes())
    page.goto(mixed_site.at(f"/run/{path.relative_to(mixed).as_posix()}"))
    page.get_by_text("4 × fake/society, Luke: policy:greedy", exact=True).wait_for()
    page.get_by_text("growth 1.8", exact=True).wait_for()
    members = page.get_by_role("navigation", name="Members")
    members.get_by_role("link", name="Luke: policy:greedy").wait_for()
    members.get_by_role("link", name="Kate: fake/society").click()
    page.get_by_role("heading", name="Kate").wait_for()


def test_the_terms_of_institutions_and_the_money_of_members_are_shown_only_if_there_are_any(
    page: Any, serve: Serve, governed: Path
) -> None:
    site = serve(governed)
    (ruled,) = governed.glob("fishery/universalization/*/*.jsonl")
    page.goto(site.at(f"/run/{ruled.relative_to(governed).as_posix()}?month=2"))
    page.get_by_role("heading", name="Institutions and money").wait_for()
    page.get_by_text("nobody may take more than 7 tons").wait_for()
    row = page.get_by_role("table", name="Limits, charges and balances").get_by_role("row", name="Kate")
    assert row.inner_text().split()[-4:] == ["7", "$7,000.00", "$0.00", "$14,000.00"]
    (plain,) = governed.glob("fishery/default/*/*.jsonl")
    page.goto(site.at(f"/run/{plain.relative_to(governed).as_posix()}?month=2"))
    page.get_by_role("heading", name="Decisions").wait_for()
    assert not page.get_by_role("heading", name="Institutions and money").is_visible()
    page.goto("about:blank")  # the server stops before the page is closed


def test_pages_of_policies_show_their_decisions_and_no_empty_cards(page: Any, serve: Serve, governed: Path) -> None:
    site = serve(governed)
    (plain,) = governed.glob("fishery/default/*/*.jsonl")
    name = plain.relative_to(governed).as_posix()
    page.goto(site.at(f"/run/{name}?month=2"))
    page.get_by_role("table", name="Decisions").wait_for()
    others = ("Discussion", "Thoughts and insights", "Questions and replies")
    assert [one for one in others if page.get_by_role("heading", name=one).is_visible()] == []
    assert not page.get_by_label("Search utterances and thoughts").is_visible()
    page.goto(site.at(f"/member/{name}?member=Kate"))
    rows = page.get_by_role("table", name="Decisions by month, units").locator("tbody tr")
    rows.first.wait_for()
    assert [row.split() for row in rows.all_inner_texts()] == [["1", "9", "9", "10"], ["2", "9", "9", "10"]]
    absent = ("Thoughts", "Promises and outcomes", "Memories", "Retrieved memories")
    assert [one for one in absent if page.get_by_role("heading", name=one, exact=True).is_visible()] == []
    page.goto("about:blank")  # the server stops before the page is closed


def test_every_retrieval_draws_the_parts_of_its_score(page: Any, site: Served) -> None:
    page.goto(site.at(f"/member/{RUN}?member=Kate"))
    page.get_by_text("recency × 0.5").wait_for()
    parts = page.locator("table.plain .parts")
    parts.first.wait_for()
    assert parts.count() == page.locator("table.plain:has(.parts) tbody tr").count()


@pytest.mark.parametrize("width", [390, 1400])
def test_no_value_of_a_tile_is_wider_than_its_tile(page: Any, site: Served, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site.at(f"/run/{RUN}"))
    page.locator(".tile", has_text="cost").wait_for()
    page.locator(".tile-value", has_text="unknown").wait_for()
    room = "cells => cells.map((one) => one.parentElement.clientWidth - one.scrollWidth)"
    assert min(page.locator(".tile-value").evaluate_all(room)) >= 8


def test_a_click_anywhere_in_a_row_opens_it(page: Any, site: Served) -> None:
    page.goto(site.at("/"))
    page.locator(".q-table tbody tr", has_text="universalization").first.locator("td").nth(5).click()
    page.wait_for_url("**/run/fishery/universalization/**")
    page.goto(site.at(f"/run/{RUN}?month=2"))
    dialog = page.get_by_role("dialog", name="Month 2 · Kate · harvest")
    click_until(page.get_by_role("cell", name="I am Kate, and I thought about it. Answer: 10"), dialog)
    assert page.get_by_role("dialog").count() == 1


def test_a_copied_link_is_absolute(page: Any, site: Served) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(site.at(f"/run/{RUN}?month=1&member=Luke&call=harvest.harvest.0"))
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Link copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert page.url.startswith("http://127.0.0.1:")


def test_a_link_is_copied_without_a_clipboard_interface(page: Any, site: Served) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(site.at(f"/run/{RUN}?month=1&member=Luke&call=harvest.harvest.0"))
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Link copied.").wait_for()


def test_long_names_of_members_hide_no_column(page: Any, serve: Serve, long_names: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    (path,) = long_names.rglob("*.jsonl")
    page.goto(serve(long_names).at(f"/run/{path.relative_to(long_names).as_posix()}?month=1"))
    table = page.locator(".scroll", has=page.get_by_role("table", name="Decisions"))
    table.get_by_text("above its share").first.wait_for()
    assert table.evaluate("place => place.scrollWidth <= place.clientWidth + 1")


def test_the_fields_of_other_settings_are_wide(page: Any, site: Served) -> None:
    page.goto(site.at("/new"))
    page.get_by_text("Other settings").click()
    field = page.get_by_label("Settings, KEY=VALUE")
    field.wait_for()
    assert field.bounding_box()["width"] > 400


@pytest.mark.parametrize("width", [1400, 900, 770])
def test_no_column_of_a_memory_breaks_letter_by_letter(page: Any, site: Served, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site.at(f"/member/{RUN}?member=Kate"))
    table = page.get_by_role("dialog").locator("table.plain")
    click_until(page.locator(".q-table button", has_text="I should plan with 10").first, table)
    widths = table.locator("thead th").evaluate_all("cells => cells.map((one) => one.offsetWidth)")
    assert widths[0] >= 120
    assert min(widths) >= 40


def test_charts_of_skills_draw_without_errors_on_a_phone(page: Any, serve: Serve, skilled: Path) -> None:
    site = serve(skilled)
    for width in (390, 1400):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(site.at("/skills"))
        page.get_by_text("Survival time of the societies").wait_for()
        page.locator(".chart svg").first.wait_for()
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")


def cut_in_month_2(folder: Path, *more: bytes) -> bytes:
    """A journal that stops at the start of its second month, before the harvest."""
    lines = orphaned(folder).splitlines(keepends=True)
    second = [number for number, line in enumerate(lines) if line.startswith(b'{"kind":"month"')][1]
    return b"".join([*lines[: second + 1], *more])


def test_a_month_in_progress_and_a_stopped_one_are_described_as_such(
    page: Any, empty_site: tuple[Served, Path], folder: Path
) -> None:
    site, place = empty_site
    end = json.loads((folder / RUN).read_bytes().splitlines()[-1]) | {"status": "failed", "reason": "HTTP 500"}
    (place / "stopped.jsonl").write_bytes(cut_in_month_2(folder, json.dumps(end).encode() + b"\n"))
    running = (folder / RUN).read_bytes().splitlines(keepends=True)
    second = [number for number, line in enumerate(running) if line.startswith(b'{"kind":"month"')][1]
    (place / "running.jsonl").write_bytes(b"".join(running[: second + 1]))
    expected = {
        "running": ("No harvest yet.", "No discussion yet.", "No thoughts yet.", "No replies yet."),
        "stopped": (
            "The run stopped before the harvest.",
            "The run stopped before the discussion.",
            "The run stopped before members stored any.",
            "The run stopped before the first reply of this month.",
        ),
    }
    for name, texts in expected.items():
        page.goto(site.at(f"/run/{name}.jsonl"))
        page.get_by_text("Month 2 of 2").wait_for()
        for text in texts:
            page.get_by_text(text).first.wait_for()


def test_a_file_of_another_program_is_described_in_one_plain_line(page: Any, empty_site: tuple[Served, Path]) -> None:
    site, place = empty_site
    (place / "foreign.jsonl").write_bytes(b'{"kind":"header","name":"x"}\n')
    page.goto(site.at("/run/foreign.jsonl"))
    page.get_by_role("alert").get_by_text("this is not a govsim journal").wait_for()
    assert "required" not in page.locator("body").inner_text()
    page.goto(site.at("/?text=foreign"))
    page.get_by_text("this is not a govsim journal").wait_for()
