"""Long tables and sections of pages are folded, and built when they are unfolded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from nicegui import Client, ui
from starlette.requests import Request

from govsim.analysis.tables.table import Column, Table
from govsim.web.compare_results import Compared, ComparedPanel
from govsim.web.pages.compare import ComparePage
from govsim.web.parts.table import draw
from govsim.web.theme import fold
from tests.unit.web.test_compare_page import Index
from tests.unit.web.test_compare_page import page as page_of


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(ui.page(""), request=Request({"type": "http", "headers": [], "query_string": b"", "path": "/"})) as one:
        yield one


def texts(client: Client) -> list[str]:
    return [label.text for label in client.content.descendants() if isinstance(label, ui.label)]


def of_type(client: Client, kind: type[ui.element]) -> list[ui.element]:
    return [one for one in client.content.descendants() if isinstance(one, kind)]


def table(groups: int, rows: int) -> Table:
    return Table(
        name="shares",
        title="Shares",
        columns=(Column(name="setting", place="label"), Column(name="label", place="stub"), Column(name="share")),
        data=[
            {"setting": f"setting {group}", "label": f"label {group}-{row}", "share": 5}
            for group in range(groups)
            for row in range(rows)
        ],
    )


class TestTables:
    @pytest.mark.parametrize(("groups", "rows"), [(3, 8), (1, 30)], ids=["short", "one group"])
    def test_are_shown_whole_if_short_or_without_groups(self, client: Client, groups: int, rows: int) -> None:
        draw(table(groups, rows))
        assert sum(text.startswith("label ") for text in texts(client)) == groups * rows
        assert of_type(client, ui.button) == []

    def test_of_many_rows_show_the_first_group_and_the_names_of_the_others(self, client: Client) -> None:
        draw(table(5, 11))
        assert [text for text in texts(client) if "label " in text] == [f"label 0-{row}" for row in range(11)]
        buttons = of_type(client, ui.button)
        assert [button.text for button in buttons if isinstance(button, ui.button)] == [
            f"setting {group}" for group in range(1, 5)
        ]

    def test_a_group_is_built_once_and_folded_again(self, client: Client) -> None:
        draw(table(5, 11))
        button = next(iter(of_type(client, ui.button)))
        for expected in (True, False, True):
            click(button)
            (row,) = (one for one in of_type(client, ui.label) if getattr(one, "text", "") == "label 1-4")
            body = next(one for one in row.ancestors() if one.tag == "tbody")
            assert body.visible is expected
            assert button.props["aria-expanded"] == str(expected).lower()


class TestSections:
    def test_are_built_when_they_are_unfolded(self, client: Client) -> None:
        built: list[ui.label] = []
        turned: list[bool] = []
        fold("A title", lambda: built.append(ui.label("content")), turned=turned.append)
        (section,) = of_type(client, ui.expansion)
        assert isinstance(section, ui.expansion)
        assert texts(client) == ["A title"]
        for value in (True, False, True):
            section.value = value
        assert turned == [True, False, True]
        assert len(built) == 1

    def test_of_a_comparison_with_many_panels_are_folded_but_one_with_several_groups(self, client: Client) -> None:
        page = page_of(Index())
        show(page, [panel("alone", 1), panel("several", 2), panel("others", 3)])
        assert texts(client).index("several") < texts(client).index("No baseline is chosen.")
        folded = of_type(client, ui.expansion)
        assert [one.default_slot.children[0].default_slot.children for one in folded] == [[], []]
        assert texts(client).index("others") < texts(client).index("alone")
        assert isinstance(folded[0], ui.expansion)
        folded[0].value = True
        client.content.clear()
        with client.content:
            show(page, [panel("alone", 1), panel("several", 2), panel("others", 3)])
        opened = [one.value for one in of_type(client, ui.expansion) if isinstance(one, ui.expansion)]
        assert opened == [True, False], "it stays unfolded when the page is updated"

    @pytest.mark.parametrize("count", [1, 2])
    def test_of_few_panels_are_open(self, client: Client, count: int) -> None:
        show(page_of(Index()), [panel(f"panel {number}", 2) for number in range(count)])
        assert of_type(client, ui.expansion) == []


def panel(title: str, groups: int) -> ComparedPanel:
    """A panel with groups without values."""
    columns = (Column(name="condition", place="stub"), Column(name="runs", kind="count"))
    data = [{"condition": f"{title}-{number}", "runs": 1, "colour": "#000"} for number in range(groups)]
    measures = Table(name="measures", title="Measures", columns=columns, data=data)
    return ComparedPanel(title=title, months=2, stock=(), remark="", survival=(), measures=measures)


def show(page: ComparePage, panels: list[ComparedPanel]) -> None:
    page._show(Compared(panels=tuple(panels)))


def click(button: ui.element) -> None:
    for listener in button._event_listeners.values():
        if listener.type == "click":
            handler: Callable[..., object] = listener.handler  # type: ignore[assignment]
            handler(None)
