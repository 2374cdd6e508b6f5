"""The settings of several sites."""

from __future__ import annotations

from typing import Any

import pytest

from govsim.config import experiment_from
from govsim.errors import ConfigError

ROSTER = {"members": ["John", "Kate", "Jack", "Emma", "Luke"]}


def test_a_number_of_members_counts_those_whom_no_site_names() -> None:
    sites = {"north": {"members": 2}, "south": {"members": ["Luke", "Kate"]}, "east": {"members": 1}}
    found = experiment_from({"society": ROSTER, "sites": sites}).members_at_start
    assert found == {"north": ("John", "Jack"), "south": ("Kate", "Luke"), "east": ("Emma",)}


def test_an_experiment_at_a_site_has_its_world_and_institutions() -> None:
    sites: dict[str, Any] = {
        "north": {"members": 5, "world": {"growth": 3, "collapse": 2}},
        "south": {"members": 0, "institutions": []},
    }
    whole = experiment_from({"world": {"capacity": 60}, "institutions": ["quota"], "sites": sites})
    north, south = whole.at("north"), whole.at("south")
    assert (north.world.capacity, north.world.growth, north.world.collapse) == (60, 3, 2)
    assert (south.world, south.institutions) == (whole.world, ())
    assert north.institutions == whole.institutions
    assert (whole.site, north.site) == (None, "north")
    assert whole.at(None) is whole


def test_sites_are_written_only_if_there_are_some() -> None:
    assert "sites" not in experiment_from({}).model_dump()
    site = {"members": 5, "world": {"growth": 3}}
    assert experiment_from({"sites": {"north": site}}).model_dump(mode="json")["sites"] == {"north": site}


@pytest.mark.parametrize(
    ("sites", "message"),
    [
        ({"north": {}}, "sites.north.members: is missing"),
        ({"north": {"members": -1}}, "sites.north.members = -1: must be a number of members, 0 or more, or a list of"),
        ({"north": {"members": True}}, "sites.north.members = true: must be a number of members"),
        ({"north": {"members": 4}}, "sites: have 4 members, but society.members has 5"),
        ({"a": {"members": 4}, "b": {"members": ["Ann"]}}, "sites: there is no member Ann; choose from John, Kate"),
        ({"a": {"members": 4}, "b": {"members": ["Luke", "Luke"]}}, "sites: Luke is named twice"),
        ({"north!": {"members": 5}}, "sites.north!: is not a valid name"),
        ({"a": {"members": 5}, "A": {"members": 0}}, "sites = a, A: names must be unique"),
        ({"north": {"members": 5, "world": {"months": 3}}}, "sites.north.world: months: cannot differ between sites"),
        ({"north": {"members": 5, "world": {"grow": 3}}}, "sites.north.world: grow: there is no such key; allowed are"),
        ({"north": {"members": 5, "world": {"growth": -3}}}, "sites.north.world: growth = -3: must be greater than 0"),
        ({"north": {"members": 5, "world": {"collapse": 100}}}, "sites.north.world: world.collapse = 100: must be bel"),
        ({"north": {"members": 5, "depth": 3}}, "sites.north.depth: there is no such key; allowed are members, world"),
    ],
)
def test_invalid_sites_are_rejected(sites: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        experiment_from({"society": ROSTER, "sites": sites})
    assert str(caught.value).startswith(message)
