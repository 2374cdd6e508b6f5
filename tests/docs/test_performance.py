"""The page on performance shows the measured results."""

from __future__ import annotations

import copy
from types import ModuleType

import pytest

from benchmarks import environments, executors, page, policies, results, sharing, starting, viewing


@pytest.fixture
def measured() -> results.Results:
    return results.read()


def test_the_tables_of_the_page_match_the_results(measured: results.Results) -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.with_tables(text, measured) == text, "run python -m benchmarks.page"


def test_the_table_of_the_web_pages_matches_its_results() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    measured = results.read(viewing.FILE)
    assert page.with_contents(text, page.tables_of_pages(measured)) == text, "run python -m benchmarks.viewing --write"
    measured["rows"][0]["median"] = 12345
    assert "12,345.00 s" in page.with_contents(text, page.tables_of_pages(measured))


@pytest.mark.parametrize("module", [starting, policies, environments, sharing, executors])
def test_the_table_of_a_separate_measurement_matches_its_results(module: ModuleType) -> None:
    table = module.FILE.stem
    text = page.PAGE.read_text(encoding="utf-8")
    measured = results.read(module.FILE)
    assert page.with_contents(text, page.tables_of(table, measured)) == text, f"run python -m {module.__name__} --write"
    measured["rows"][0]["median"] = 12345
    assert "12,345" in page.with_contents(text, page.tables_of(table, measured))


def test_changed_results_change_the_page(measured: results.Results) -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    for part in ("rows", "growth"):
        changed = copy.deepcopy(measured)
        figures = changed[part][0]
        figures["median" if part == "rows" else "seconds"] = 12345
        assert "12,345" in page.with_tables(text, changed).replace("12345.00", "12,345")


def test_a_page_without_a_place_for_a_table_is_rejected(measured: results.Results) -> None:
    with pytest.raises(ValueError, match="the page has 0 places for the table 'machine'"):
        page.with_tables("# Performance", measured)


def test_the_results_record_whether_each_target_is_reached(measured: results.Results) -> None:
    for row in measured["rows"]:
        rebuilt = results.Row(**{key: row[key] for key in results.Row.__slots__})
        assert (rebuilt.as_json()["median"], rebuilt.is_reached) == (row["median"], row["is_reached"])


@pytest.mark.parametrize(("is_least", "reached"), [(True, [False, True, True]), (False, [True, True, False])])
def test_a_target_is_an_upper_or_a_lower_bound(is_least: bool, reached: list[bool]) -> None:
    rows = [results.Row(what="a", values=[0, value, 9], target=5, is_least=is_least) for value in (4, 5, 6)]
    assert [row.is_reached for row in rows] == reached
