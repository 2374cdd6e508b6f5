"""How numbers are written, in every output."""

from __future__ import annotations

import math

import pytest

from govsim.analysis.tables.formatting import (
    DASH,
    UNKNOWN,
    count,
    dollars,
    duration,
    interval,
    lines_of,
    number,
    p_value,
    reasons,
    rounded_count,
    setting,
    settings,
    signed,
)

ESTIMATE = {"value": 50.0, "low": 9.453, "high": 90.547, "n": 2}


def test_numbers_are_written_for_readers() -> None:
    assert [number(None), number(float("nan")), number(-0.01, 1), number(-1.25, 1)] == [DASH, DASH, "0.0", "−1.2"]
    assert [interval(1, None), interval(-1, 2.26, 1)] == ["", "[−1.0, 2.3]"]
    assert [p_value(None), p_value(0.0004), p_value(0.0625)] == [DASH, "< 0.001", "0.062"]
    assert [dollars(None), dollars(0), dollars(0.5), dollars(1234.5)] == ["unknown", "$0.00", "$0.50", "$1,234.50"]


def test_small_amounts_of_dollars_are_not_rounded_to_nothing() -> None:
    assert [dollars(0.0213), dollars(0.00004)] == ["$0.0213", "< $0.0001"]


def test_numbers_other_than_0_have_a_sign() -> None:
    assert [signed(1.5), signed(-1.5), signed(0.001), signed(-0.001), signed(None)] == [
        "+1.50",
        "−1.50",
        "0.00",
        "0.00",
        DASH,
    ]
    assert signed(math.nan) == DASH


def test_counts_have_commas_and_can_be_unknown() -> None:
    assert [count(1234567), count(0), count(None)] == ["1,234,567", "0", UNKNOWN]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0 s"),
        (0.34, "340 ms"),
        (0.9999, "1.0 s"),
        (1.24, "1.2 s"),
        (9.96, "10 s"),
        (40, "40 s"),
        (720, "12 min"),
        (11100, "3 h 05 min"),
        (None, UNKNOWN),
    ],
)
def test_durations_have_suitable_units(seconds: float | None, written: str) -> None:
    assert duration(seconds) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [(0, "0"), (999, "999"), (999.6, "1 k"), (12_345, "12.3 k"), (999_999, "1 M"), (2.5e9, "2.5 G"), (None, UNKNOWN)],
)
def test_large_counts_have_three_digits_and_a_prefix(amount: float | None, written: str) -> None:
    assert rounded_count(amount) == written


def test_an_estimate_has_the_ends_of_its_interval_and_a_printed_one_its_spread() -> None:
    assert lines_of(ESTIMATE, "estimate") == ("50.00", "[9.45, 90.55]")
    assert lines_of({"value": 1.0, "low": None, "high": None, "n": 1}, "estimate") == ("1.00",)
    printed = {"value": 71.36, "spread": 7.72, "spread_kind": "std", "digits": 1}
    assert lines_of(printed, "estimate") == ("71.4", "sd 7.72")
    assert lines_of(None, "estimate") == (DASH,)


def test_a_difference_states_the_number_of_runs() -> None:
    both = {"value": -5.0, "low": -6.0, "high": -4.0, "n": 5, "baseline_n": 4}
    assert lines_of({**both, "pairs": None}, "difference") == ("−5.00", "[−6.00, −4.00]", "n = 5, 4")
    assert lines_of({**both, "pairs": 1}, "difference")[2] == "1 pair"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.0, "2"),
        (1.5, "1.5"),
        (0.1 + 0.2, "0.3"),
        (12, "12"),
        (True, "true"),
        ([], "none"),
        ([1.0, False], "1 + false"),
    ],
)
def test_the_value_of_a_setting_is_formatted_as_in_yaml(value: object, text: str) -> None:
    assert setting(value) == text


def test_settings_and_reasons_are_formatted_in_words() -> None:
    assert settings({"growth": None, "extra body": ["a", 1]}) == "growth none, extra body a + 1"
    assert reasons({"failed": 1200, "over_budget": 1, "running": 0}) == "1,200 failed, 1 over budget"


def test_items_are_not_separated_as_settings_are() -> None:
    assert setting(["a", "b"]) == "a + b"
    assert setting(["a + b", "c"]) == "a + b; c"
    assert setting({"quota": ["a", "b"], "tax": 3}) == "quota a + b; tax 3"
    assert setting({"uniform": [1.5, 2.0]}) == "uniform [1.5, 2]", "a range is no sum"
