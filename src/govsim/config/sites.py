"""Several sites: stocks with members and institutions of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, JsonValue, ValidationError, field_validator
from pydantic_core import ErrorDetails

from govsim.config.entries import Entries
from govsim.config.section import Section, invalid_form, problem_of
from govsim.config.world import World

_OF_THE_RUN = ("months", "horizon")
"""Keys of the world that all sites share."""


class SiteSettings(Section):
    """One site: a stock of its own, with members and institutions of its own."""

    members: int | tuple[str, ...]
    """Members at the site in month 1: their names, or their number, taken in roster order from the members that no
    site names."""
    world: dict[str, JsonValue] = Field({}, exclude_if=lambda world: not world)
    """Keys of `world` that differ at the site, except `months` and `horizon`."""
    institutions: Entries | None = Field(None, exclude_if=lambda rules: rules is None)
    """Institutions at the site, in place of `institutions`. Null keeps those."""

    @field_validator("members", mode="before")
    @classmethod
    def _is_a_count_or_names(cls, members: Any) -> Any:
        is_count = isinstance(members, int) and not isinstance(members, bool) and members >= 0
        is_list = isinstance(members, list | tuple) and all(isinstance(name, str) for name in members)
        if not (is_count or is_list):
            raise invalid_form("must be a number of members, 0 or more, or a list of names")
        return members

    @field_validator("world")
    @classmethod
    def _is_of_one_site(cls, world: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if common := next((key for key in world if key in _OF_THE_RUN), None):
            raise ValueError(f"{common}: cannot differ between sites; set world.{common}")
        return world

    def world_at(self, common: World) -> World:
        """Return the settings of the commons at the site.

        Args:
            common: those of the experiment.

        Raises:
            ValueError: a key is unknown or invalid.
        """
        if not self.world:
            return common
        try:
            return World.model_validate({**common.model_dump(), **self.world})
        except ValidationError as error:
            raise ValueError(_described(error.errors(include_url=False)[0])) from error


def _described(detail: ErrorDetails) -> str:
    """Return the first error in the keys of a world, with the key."""
    key = ".".join(map(str, detail["loc"]))
    match detail["type"]:
        case "extra_forbidden":
            known = ", ".join(name for name in World.model_fields if name not in _OF_THE_RUN)
            return f"{key}: there is no such key; allowed are {known}"
        case "value_error":
            return detail["msg"].removeprefix("Value error, ")
        case _:
            return f"{key} = {detail['input']!r}: {problem_of(detail)}"


def members_by_site(sites: Mapping[str, SiteSettings], roster: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the members at each site in month 1, in roster order.

    Args:
        sites: the sites by name.
        roster: all members of the society.

    Raises:
        ValueError: a member is at no site or at several, or there is no such member.
    """
    named = [name for site in sites.values() if isinstance(site.members, tuple) for name in site.members]
    if unknown := next((name for name in named if name not in roster), None):
        raise ValueError(f"sites: there is no member {unknown}; choose from {', '.join(roster)}")
    if twice := next((name for name in named if named.count(name) > 1), None):
        raise ValueError(f"sites: {twice} is named twice; a member is at one site")
    others = [name for name in roster if name not in named]
    counted = sum(site.members for site in sites.values() if isinstance(site.members, int))
    if counted != len(others):
        raise ValueError(
            f"sites: have {len(named) + counted} members, but society.members has {len(roster)}; "
            "every member must be at one site"
        )
    found: dict[str, tuple[str, ...]] = {}
    for name, site in sites.items():
        if isinstance(site.members, int):
            found[name], others = tuple(others[: site.members]), others[site.members :]
        else:
            found[name] = tuple(each for each in roster if each in site.members)
    return found
