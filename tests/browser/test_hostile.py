"""Attacks: scripts in journals, damaged journals, access without the token, and requests of other sites."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import TOKEN, click_until, orphaned
from tests.browser.serving import Served, served

EVIL = (
    "<script>window.taken=1</script><img src=x onerror='window.taken=2'><b onclick=window.taken=3>bold</b>"
    '{{constructor.constructor("window.taken=4")()}} ${window.taken=5} `${window.taken=6}` </textarea></script>'
    "[link](javascript:window.taken=7) \u001b[31mred\u001b[0m \u202egnp.exe\u2066 &lt;i&gt;"
)
SHOWN = "<script>window.taken=1</script>"
LONG = "a" * 200_000


def hostile(line: dict[str, Any]) -> dict[str, Any]:
    """A line with hostile, and partly very long, texts wherever a model can write."""
    kind, long = line["kind"], LONG if line.get("month") == 1 else ""
    match kind:
        case "utterance" if line["text"] is not None:
            return {**line, "text": EVIL + long}
        case "agreement":
            return {**line, "summary": EVIL}
        case "memory":
            return {**line, "description": EVIL + (long if line["type"] == "thought" else "")}
        case "retrieval":
            return {**line, "query": EVIL, "purpose": EVIL}
        case "call":
            told = {"reply": EVIL + long, "reasoning": EVIL, "stop_reason": EVIL, "model": EVIL}
            return {**line, **told, "refused": EVIL if line["member"] == "Kate" else None}
        case "end":
            return {**line, "status": "failed", "reason": EVIL}
        case "header":
            return {**line, "society": EVIL, "versions": {"govsim": EVIL}}
    return line


@pytest.fixture(scope="module")
def bad(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hostile, damaged and foreign journals."""
    (whole,) = folder.glob("fishery/default/*/seed-0.jsonl")
    content = orphaned(folder)
    place = tmp_path_factory.mktemp("hostile")
    lines = [hostile(json.loads(line)) for line in content.splitlines()]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    (place / "hostile.jsonl").write_text(text, encoding="utf-8")
    (place / "empty.jsonl").write_bytes(b"")
    (place / "foreign.jsonl").write_bytes(b'{"role": "user"}\n')
    (place / "noise.jsonl").write_bytes(bytes(range(256)) * 40)
    (place / "first-line-cut.jsonl").write_bytes(content[:200])
    (place / "half.jsonl").write_bytes(content[: len(content) // 2])
    (place / "edited.jsonl").write_bytes(content.replace(b'"stock_before":100', b'"stock_before":90', 1))
    (place / "out.jsonl").symlink_to(whole)
    (place / os.fsdecode(b"not\xffutf-8.jsonl")).write_bytes(content)
    (place / f"{'<img src=x onerror=window.taken=8>'}.jsonl").write_bytes(content)
    return place


@pytest.fixture(scope="module")
def bad_site(bad: Path) -> Iterator[Served]:
    """A server of these journals."""
    (bad.parent / "secret.jsonl").write_text("not yours\n")
    with served(bad) as one:
        yield one


def is_taken(page: Any) -> bool:
    return page.evaluate("window.taken") is not None


def test_texts_of_models_are_shown_as_text(page: Any, bad_site: Served) -> None:
    page.goto(bad_site.at("/run/hostile.jsonl?month=1"))
    page.get_by_text(SHOWN).first.wait_for()
    page.get_by_text("\\u001b[31mred").first.wait_for()
    page.get_by_text("\\u202egnp.exe\\u2066").first.wait_for()
    page.get_by_text("more characters").first.click()
    page.wait_for_function("[...document.querySelectorAll('.said')].some((one) => one.textContent.length >= 19000)")
    kate = page.locator(".q-table").get_by_role("button", name="Kate", exact=True).first
    click_until(kate, page.get_by_role("dialog").get_by_text("Unreadable reply."))
    page.get_by_role("dialog").get_by_text("Reasoning of the model").first.click()
    assert not is_taken(page)
    page.keyboard.press("Escape")
    page.get_by_label("Search utterances and thoughts").fill("window.taken")
    page.get_by_text("matches").wait_for()
    assert not is_taken(page)
    page.goto(bad_site.at("/member/hostile.jsonl?member=Kate"))
    page.get_by_text(SHOWN).first.wait_for()
    click_until(page.locator(".q-table td button").first, page.get_by_role("dialog").get_by_text(SHOWN).first)
    assert not is_taken(page)


def test_damaged_and_foreign_journals_are_listed_with_their_problem(page: Any, bad_site: Served) -> None:
    page.goto(bad_site.at("/"))
    for name, why in (
        ("empty.jsonl", "is empty or truncated in its first line"),
        ("first-line-cut.jsonl", "is empty or truncated in its first line"),
        ("foreign.jsonl", "this is not a govsim journal"),
        ("noise.jsonl", "this is not a govsim journal"),
        ("out.jsonl", "is a link to outside the folder"),
        ("edited.jsonl", "month 1"),
        ("not\\udcffutf-8.jsonl", "rename it"),
    ):
        row = page.locator("tbody tr", has=page.get_by_role("link", name=name, exact=True))
        row.get_by_text(why).wait_for(timeout=30_000)
        row.get_by_text("not readable").first.wait_for()
    page.locator("tbody .badge-killed").get_by_text("killed").wait_for()
    assert not is_taken(page)


def test_page_of_a_damaged_journal_shows_its_problem(page: Any, bad_site: Served) -> None:
    for name in ("empty", "foreign", "noise", "first-line-cut", "edited", "out", "gone"):
        page.goto(bad_site.at(f"/run/{name}.jsonl"))
        page.get_by_text("This journal has errors").or_(page.get_by_text("This run cannot be shown.")).wait_for()
    for name in ("noise", "gone"):
        page.goto(bad_site.at(f"/member/{name}.jsonl"))
        page.get_by_role("link", name="govsim").wait_for()


def test_report_page_lists_excluded_journals(page: Any, bad_site: Served) -> None:
    page.goto(bad_site.at("/"))
    page.get_by_role("link", name="Report").click()
    page.frame_locator("iframe").get_by_role("heading", name="Report on ").wait_for(timeout=60_000)
    alert = page.get_by_role("alert")
    alert.get_by_text("out.jsonl: cannot be read (it is a link that leads out of the folder").wait_for()
    alert.get_by_text("noise.jsonl, line 1: is not the header of a journal; this is not a govsim journal").wait_for()


def test_no_address_reaches_files_outside_the_folder(page: Any, bad_site: Served) -> None:
    for path in ("/run/..%2f..%2fsecret.jsonl", "/run/%2fetc%2fpasswd", "/member/..%2fsecret.jsonl", "/run/%00.jsonl"):
        page.goto(bad_site.at(path))
        page.get_by_text("This run cannot be shown.").wait_for()


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nowhere", 404, "Page not found."),
        ("/run/a%0Ab.jsonl", 404, "Page not found."),
        ("/run/half.jsonl?month=May", 422, "Invalid address: month"),
    ],
)
def test_unknown_address_shows_an_error_and_a_link_to_all_runs(
    page: Any, bad_site: Served, path: str, status: int, said: str
) -> None:
    assert page.goto(bad_site.at(path)).status == status
    page.get_by_role("heading").get_by_text(said).wait_for()
    page.get_by_role("link", name="All runs").click()
    page.get_by_role("heading", name="Runs").wait_for()


def test_token_is_required_once(page: Any, browser: Any, guarded: Served) -> None:
    site = guarded
    assert page.goto(site.at("/")).status == 403
    page.get_by_text("A token is required").wait_for()
    page.goto(site.address)
    page.get_by_role("link", name="fishery · default").first.wait_for()
    assert "token" not in page.url
    page.goto(site.at(f"/compare?by=model&token={TOKEN}"))
    page.get_by_role("heading", name="Compare").wait_for()
    assert page.url == site.at("/compare?by=model"), "the token is in no address that is copied"
    cookie = page.context.cookies()[0]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert TOKEN not in cookie["value"]
    stranger = browser.new_context().new_page()
    assert stranger.goto(site.at("/")).status == 403
    stranger.context.close()


def test_a_page_of_another_site_cannot_open_a_socket_here(page: Any, browser: Any, site: Served) -> None:
    tab = browser.new_page()
    tab.goto("data:text/html,<title>elsewhere</title>")
    address = site.at("/_nicegui_ws/socket.io/?EIO=4&transport=websocket").replace("http://", "ws://")
    ended = tab.evaluate(
        """(address) => new Promise((tell) => {
            const socket = new WebSocket(address);
            socket.onopen = () => tell("open");
            socket.onclose = () => tell("refused");
        })""",
        address,
    )
    tab.close()
    assert ended == "refused"
