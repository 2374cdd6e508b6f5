"""Entries of extensions: parsing, merging, and dotted keys."""

from __future__ import annotations

from typing import Any

import pytest

from govsim.config import experiment_from, flattened, merge, nested
from govsim.config.grid import cells_in
from govsim.errors import ConfigError

LISTED = {"society": {"phases": ["harvest", {"discussion": {"as": "late", "max_lines": 4}}]}}


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            nested("society.phases.early.max_lines", 3),
            "society.phases.early: no such entry in the list; it contains harvest, l",
        ),
        (nested("society.phases.late", 3), "society.phases.late = 3: must be a mapping of settings"),
    ],
)
def test_settings_of_an_unknown_entry_are_rejected_with_their_whole_key(layer: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        merge(LISTED, layer)


def test_settings_of_an_unknown_default_phase_are_rejected_with_their_whole_key() -> None:
    with pytest.raises(
        ConfigError, match=r"^society\.phases\.early: no such entry in the list; it contains harvest, report"
    ):
        experiment_from(nested("society.phases.early.max_lines", 3))


@pytest.mark.parametrize("name", ["Harvest", "a b", "9", "", 3, None])
@pytest.mark.parametrize("key", ["society.phases", "institutions"])
def test_an_invalid_extension_name_is_rejected_in_one_line(key: str, name: object) -> None:
    for entry, what in [({name: {}}, ""), ({"quota": {"as": name}}, "as = ")]:
        for layers in ([nested(key, [entry])], [nested(key, [entry]), nested(f"{key}.quota.amount", 3)]):
            with pytest.raises(
                ConfigError,
                match=rf"^{key}: {what}{name!r}: a name consists of lower-case letters, digits and sin[^\n]*$",
            ):
                experiment_from(*layers)


@pytest.mark.parametrize("below", [["Ann", "Ben"], ["universalization"], [{"Tool": {"x": 1}}]])
def test_a_mapping_replaces_a_list_that_does_not_contain_entries(below: list[Any]) -> None:
    assert merge({"extra_body": below}, {"extra_body": {"a": 1}}) == {"extra_body": {"a": 1}}


@pytest.mark.parametrize("value", [[{"Tool": {"x": 1}}], [{"tool": {"x": 1}}, 3], [{"a": {}, "b": {}}], []])
def test_a_list_without_entries_is_one_value_of_one_key(value: list[Any]) -> None:
    assert dict(flattened({"extra_body": {"tools": value}})) == {"extra_body.tools": value}


def test_a_list_of_entries_is_shown_by_their_names_and_settings() -> None:
    assert dict(flattened(LISTED)) == {
        "society.phases": ["harvest", "discussion as late"],
        "society.phases.late.max_lines": 4,
    }


def test_an_axis_that_is_also_set_in_a_list_of_entries_is_rejected() -> None:
    axis = {"grid": {"institutions.strict.amount": [1, 2]}}
    given: list[Any] = ["quota", {"quota": {"as": "strict", "amount": 9}}]
    with pytest.raises(
        ConfigError, match=r"^grid.institutions.strict.amount: is set both as an axis and outside the grid"
    ):
        cells_in({"institutions": given, **axis})
    cells = cells_in({"institutions": [{"quota": {"as": "strict"}}], **axis})
    assert [cell["institutions"] for cell in cells] == [
        [{"quota": {"as": "strict", "amount": amount}}] for amount in (1, 2)
    ]
