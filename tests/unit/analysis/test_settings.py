"""How a society is described: who its members are, and which settings differ from the defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govsim.analysis import naming
from govsim.analysis.naming import named_alike
from govsim.analysis.runs import measures_of
from govsim.analysis.settings import (
    changes_of,
    composition,
    described,
    natural,
    settings_in_short,
    setup_of,
    short_name,
)
from govsim.config import Execution
from govsim.jobs import plan_runs
from govsim.journal import Header, Journal


def header_of(tmp_path: Path, settings: dict[str, Any], condition: str = "default") -> Header:
    (job,) = plan_runs(settings, Execution(out=tmp_path), condition=condition)
    return job.header


POLICIES = {"agents": {"default": "policy:fair-share"}}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (POLICIES, "policy:fair-share"),
        ({"agents": {"default": "policy:random"}, "world": {"growth": 1.5}}, "policy:random, growth 1.5"),
        (
            {**POLICIES, "members": {"Luke": {"agent": "policy:greedy"}}},
            "4 × policy:fair-share, Luke: policy:greedy",
        ),
        (
            {**POLICIES, "members": {"Luke": {"agent": "generative", "model": "fake/society"}}},
            "4 × policy:fair-share, Luke: fake/society",
        ),
        (
            {"agents": {"default": "policy:optimal"}, "members": {"Luke": {"agent": "policy:noisy:base=endgame"}}},
            "4 × policy:optimal (informed), Luke: policy:noisy:base=endgame (informed)",
        ),
        ({"models": {"default": "fake/society"}}, "fake/society"),
        ({**POLICIES, "society": {"members": 8}}, "policy:fair-share, members 8"),
        (
            {**POLICIES, "society": {"phases": {"discussion": {"opener": "Kate"}}}},
            "policy:fair-share, discussion opener Kate",
        ),
        (
            {**POLICIES, "world": {"growth": "threshold", "horizon": {"continuation": 0.9}}},
            "policy:fair-share, growth threshold, horizon continuation 0.9",
        ),
        (
            {**POLICIES, "world": {"growth": {"threshold": {"factor": 3}}}, "society": {"transparency": "own"}},
            "policy:fair-share, transparency own, growth threshold factor 3",
        ),
        (
            {**POLICIES, "society": {"phases": ["harvest", "report"]}, "institutions": ["sanctions", "quota"]},
            "policy:fair-share, phases harvest + report, institutions sanctions + quota",
        ),
    ],
)
def test_a_society_is_described_by_its_members_and_its_changed_settings(
    tmp_path: Path, settings: dict[str, Any], expected: str
) -> None:
    header = header_of(tmp_path, settings)
    assert setup_of(composition(header), changes_of(header)) == expected


def test_what_a_condition_sets_is_no_change(tmp_path: Path) -> None:
    header = header_of(tmp_path, {**POLICIES, "world": {"capacity": 60}}, condition="newcomer")
    assert described(changes_of(header)) == {"capacity": 60}


@pytest.mark.parametrize("condition", ["default", "newcomer", "universalization"])
def test_an_older_journal_is_compared_with_the_defaults_of_its_condition(tmp_path: Path, condition: str) -> None:
    settings = {**POLICIES, "world": {"growth": 1.5}, "members": {"Luke": {"agent": "policy:greedy"}}}
    header = header_of(tmp_path, settings, condition).model_copy(update={"changes": None})
    assert described(changes_of(header)) == {"growth": 1.5}


def setups_of(*planned: tuple[dict[str, Any], str]) -> list[str]:
    """The setups of planned runs with policies that are shown together."""
    headers = [header_of(Path(), settings, condition) for settings, condition in planned]
    journals = (Journal(path=Path(), header=header, events=(), complete_bytes=0) for header in headers)
    return [run.setup for run in named_alike(map(measures_of, journals))]


def months(number: int) -> dict[str, Any]:
    return {**POLICIES, "world": {"months": number}}


def test_a_setting_that_a_file_gives_to_two_conditions_is_named_in_both() -> None:
    assert setups_of((months(12), "default"), (months(12), "newcomer")) == ["policy:fair-share, months 12"] * 2


def test_the_default_of_the_only_setting_that_varies_is_named() -> None:
    growths = (({**POLICIES, "world": {"growth": growth}}, "default") for growth in (1.5, 2, 3.0))
    assert setups_of(*growths) == [f"policy:fair-share, growth {growth}" for growth in ("1.5", "2", "3")]


def test_defaults_are_not_named_where_several_settings_vary() -> None:
    slow, hidden = {**POLICIES, "world": {"growth": 1.5}}, {**POLICIES, "observation": {"stock": "hidden"}}
    assert setups_of((POLICIES, "default"), (slow, "default"), (hidden, "default")) == [
        "policy:fair-share",
        "policy:fair-share, growth 1.5",
        "policy:fair-share, observed stock hidden",
    ]


def test_runs_that_are_named_already_are_named_anew() -> None:
    changed = {**POLICIES, "world": {"collapse": 20}}
    greedy = {"agents": {"default": "policy:greedy"}}
    headers = [header_of(Path(), settings, "default") for settings in (changed, POLICIES, greedy)]
    journals = (Journal(path=Path(), header=header, events=(), complete_bytes=0) for header in headers)
    once = named_alike(map(measures_of, journals))
    assert named_alike(once) == once
    assert [run.setup for run in named_alike(once[1:])] == ["policy:fair-share", "policy:greedy"]


def test_the_own_value_of_a_condition_is_not_named_because_other_runs_change_the_setting() -> None:
    setups = setups_of((POLICIES, "default"), (POLICIES, "newcomer"), (months(24), "default"))
    assert setups == ["policy:fair-share", "policy:fair-share", "policy:fair-share, months 24"]


def test_a_member_that_an_experiment_configures_has_no_changes_but_those_of_the_experiment() -> None:
    luke = {**months(12), "members": {"Luke": {"agent": "policy:greedy"}}}
    named = "4 × policy:fair-share, Luke: policy:greedy, months 12"
    assert setups_of((luke, "default"), (luke, "newcomer")) == [named] * 2
    assert setups_of(({**POLICIES, "members": {"Luke": {"joins": 1}}}, "newcomer")) == [
        "policy:fair-share, Luke joins 1"
    ]


def test_settings_of_models_are_not_named_in_runs_without_models() -> None:
    asked = {"models": {"default": "fake/society", "sampling": {"temperature": 0.5}}}
    assert setups_of((POLICIES, "default"), (asked, "default")) == [
        "policy:fair-share",
        "fake/society, temperature 0.5",
    ]


def mixed(*greedy: str, **settings: Any) -> tuple[dict[str, Any], str]:
    members = {name: {"agent": "policy:greedy"} for name in greedy}
    return {**POLICIES, "members": members, **settings}, "default"


def test_members_are_named_where_societies_differ_only_in_what_their_members_do() -> None:
    fair, greedy = "policy:fair-share", "policy:greedy"
    assert setups_of(mixed("John", "Kate"), mixed("Kate", "Luke"), mixed("John")) == [
        f"3 × {fair}, John + Kate: {greedy}",
        f"3 × {fair}, Kate + Luke: {greedy}",
        f"4 × {fair}, John: {greedy}",
    ]


def test_all_members_are_named_where_societies_differ_only_in_who_they_are() -> None:
    rosters = (mixed(society={"members": list(names)}) for names in ("ABC", "ABD"))
    assert setups_of(*rosters) == [f"A + B + {last}: policy:fair-share, members 3" for last in "CD"]


def test_a_roster_of_the_default_size_is_not_named_by_its_number_alone() -> None:
    renamed = {**POLICIES, "society": {"members": list("ABCDE")}}
    assert setups_of((POLICIES, "default"), (renamed, "default")) == [
        "policy:fair-share",
        "policy:fair-share, members 5 (renamed)",
    ]


def test_ranges_are_named_by_their_ends() -> None:
    uncertain = {**POLICIES, "world": {"collapse": {"uniform": [0, 20]}}}
    assert setups_of((uncertain, "default")) == ["policy:fair-share, collapse uniform 0 to 20"]


def test_own_prompts_are_named_with_their_hash_only_where_others_have_the_same_name(tmp_path: Path) -> None:
    header = header_of(tmp_path, POLICIES)
    polite, other = (header.model_copy(update={"wording": name}) for name in ("polite", "other"))
    changed = header.scenario.model_copy(update={"price": 2})
    rude = polite.model_copy(update={"scenario": changed})
    assert naming.setups_of([header, polite, other]) == [
        f"policy:fair-share{end}" for end in ("", ", prompts polite", ", prompts other")
    ]
    assert len({*naming.setups_of([polite, rude])}) == 2


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("world.growth", "growth"),
        ("prompts_version", "prompts version"),
        ("society.phases.discussion.max_lines", "discussion max lines"),
        ("models.args.catch", "model argument catch"),
        ("observation.stock", "observed stock"),
        ("observation.stock.noise", "observed stock noise"),
        ("observation.neighbours", "neighbours"),
        ("members.Luke.limit", "Luke limit"),
        ("members.Luke.model_args.path", "Luke model argument path"),
        ("models.framework_args.path", "framework model argument path"),
    ],
)
def test_settings_are_named_in_words(key: str, name: str) -> None:
    assert short_name(key) == name


def test_prompts_show_their_hash_only_where_others_have_the_same_name() -> None:
    polite, rude, other = "polite (00000001)", "rude (00000002)", "rude (00000003)"
    assert settings_in_short([{"prompts": polite}, {"prompts": rude}]) == [{"prompts": "polite"}, {"prompts": "rude"}]
    assert settings_in_short([{"prompts": other}, {"prompts": rude}]) == [{"prompts": other}, {"prompts": rude}]


def test_names_are_sorted_by_the_numbers_in_them() -> None:
    names = ["growth 10", "growth 2", "growth 1.5", "members 3", "growth"]
    assert sorted(names, key=natural) == ["growth", "growth 1.5", "growth 2", "growth 10", "members 3"]
