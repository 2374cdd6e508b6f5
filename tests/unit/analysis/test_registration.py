"""Registered protocols: their hash, and deviations from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from govsim.analysis import load
from govsim.analysis.deviations import Deviation, deviations_of, deviations_table
from govsim.analysis.registration import (
    Registration,
    StoppingRule,
    read_registration,
    registration_of,
    write_registration,
)
from govsim.analysis.results import Results
from govsim.config import Budget, DeclaredAnalysis, Execution, merge, nested
from govsim.errors import AnalysisError, ConfigError
from govsim.jobs import plan_runs
from tests.living import Live

SETTINGS = {"agents.default": "policy:fair-share", "world.months": 2}
AS_REGISTERED = DeclaredAnalysis(baseline="default")


def registered(
    runs: int = 2,
    conditions: tuple[str, ...] = ("default", "universalization"),
    changes: Mapping[str, Any] = MappingProxyType({}),
) -> Registration:
    """The protocol of a campaign with two conditions."""
    layers = [nested(key, value) for key, value in {**SETTINGS, **changes}.items()]
    grid = {"scenario": "fishery", "grid": {"condition": list(conditions)}}
    jobs = plan_runs(merge(grid, *layers), Execution(runs=runs))
    return registration_of((job.header for job in jobs), analysis=AS_REGISTERED)


@pytest.fixture
def results(live: Live, out: Path) -> Results:
    """The runs of that campaign."""
    for condition in ("default", "universalization"):
        live("fishery", SETTINGS, condition=condition, runs=2)
    return load(out)


def kinds(deviations: tuple[Deviation, ...]) -> list[str]:
    return [one.kind for one in deviations]


def test_runs_as_registered_have_no_deviations(results: Results) -> None:
    assert registered().runs == 4
    assert deviations_of(registered(), results, AS_REGISTERED) == ()


def test_missing_and_additional_runs_are_deviations(results: Results) -> None:
    more, fewer = (deviations_of(registered(runs), results, AS_REGISTERED) for runs in (4, 1))
    cell = "fishery · default · policy:fair-share"
    assert kinds(more) == ["missing runs"] * 2
    assert more[0].cell == cell
    assert (more[0].registered, more[0].found) == ("seeds 2 to 3", "none")
    assert kinds(fewer) == ["additional runs"] * 2
    assert (fewer[0].registered, fewer[0].found) == ("none", "seed 1")


def test_missing_and_additional_cells_are_deviations(results: Results) -> None:
    found = deviations_of(registered(conditions=("default", "no-communication")), results, AS_REGISTERED)
    assert kinds(found) == ["missing cell", "additional cell"]
    assert found[0].cell.startswith("fishery · no-communication")
    assert (found[0].registered, found[0].found) == ("seeds 0 to 1", "none")
    assert found[1].cell.startswith("fishery · universalization")


def test_another_model_is_another_cell(results: Results) -> None:
    found = deviations_of(registered(changes={"agents.default": "policy:greedy"}), results, AS_REGISTERED)
    assert kinds(found) == ["missing cell"] * 2 + ["additional cell"] * 2


def test_changed_settings_are_deviations(results: Results) -> None:
    [first, second] = deviations_of(registered(changes={"world.growth": 1.5}), results, AS_REGISTERED)
    assert first.kind == second.kind == "setting world.growth"
    assert (first.registered, first.found) == ("1.5", "2")


def test_a_copied_run_is_an_additional_run(results: Results, out: Path) -> None:
    first = next(out.rglob("seed-0.jsonl"))
    first.with_name("copy.jsonl").write_bytes(first.read_bytes())
    [one] = deviations_of(registered(), load(out), AS_REGISTERED)
    assert (one.kind, one.found) == ("additional runs", "seed 0")


def test_unfinished_runs_are_deviations(live: Live, out: Path) -> None:
    settings = {"models.default": "fake/society", "world.months": 2}
    live("fishery", settings, budget=Budget(calls=10))
    layers = [nested(key, value) for key, value in settings.items()]
    header = plan_runs(merge({"scenario": "fishery"}, *layers), Execution())[0].header
    stopping = StoppingRule(budget={"calls": 10})
    protocol = registration_of([header], stopping=stopping)
    [one] = deviations_of(protocol, load(out), DeclaredAnalysis())
    assert (one.kind, one.registered, one.found) == ("unfinished runs", "seed 0", "seed 0: over budget")
    unlimited = registration_of([header])
    assert kinds(deviations_of(unlimited, load(out), DeclaredAnalysis())) == ["unfinished runs", "budget.calls"]


def test_changed_prompts_are_deviations(results: Results) -> None:
    protocol = registered()
    cells = tuple(cell.model_copy(update={"prompts": "0" * 64}) for cell in protocol.cells)
    found = deviations_of(protocol.model_copy(update={"cells": cells}), results, AS_REGISTERED)
    assert kinds(found) == ["prompts"] * 2
    assert found[0].registered == "00000000"


def test_changed_versions_are_deviations(results: Results) -> None:
    protocol = registered().model_copy(update={"govsim": "0.0.1", "prompts_version": 1})
    govsim, prompts = deviations_of(protocol, results, AS_REGISTERED)
    assert (govsim.kind, govsim.registered) == ("version of govsim", "0.0.1")
    assert govsim.found.endswith("(4 runs)")
    assert (prompts.kind, prompts.registered, prompts.found) == ("version of prompts", "1", "2 (4 runs)")


def test_a_new_plug_in_is_a_deviation(results: Results) -> None:
    origins = tuple(replace(origin, plugins={"toys": "1.2"}) for origin in results.origins)
    [one] = deviations_of(registered(), replace(results, origins=origins), AS_REGISTERED)
    assert (one.kind, one.registered, one.found) == ("version of toys", "none", "1.2 (4 runs)")


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"primary": "gain"}, "primary measure"),
        ({"design": "paired"}, "design"),
        ({"by": "model"}, "compared groups"),
        ({"baseline": "universalization"}, "baseline"),
    ],
)
def test_another_analysis_is_a_deviation(results: Results, changed: dict[str, str], kind: str) -> None:
    [one] = deviations_of(registered(), results, AS_REGISTERED.model_copy(update=changed))
    assert (one.kind, one.found) == (kind, *changed.values())
    assert kind in str(deviations_table([one]))


def test_a_registration_is_read_as_it_was_written(tmp_path: Path) -> None:
    protocol = registered(changes={"world.growth": 1.7})
    write_registration(protocol, tmp_path / "a" / "protocol.json")
    assert read_registration(tmp_path / "a" / "protocol.json") == protocol


def test_the_hash_is_that_of_the_canonical_content(tmp_path: Path) -> None:
    path = tmp_path / "protocol.json"
    write_registration(registered(), path)
    content = json.loads(path.read_text(encoding="utf-8"))
    canonical = json.dumps(content["registration"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert content["sha256"] == sha256(canonical.encode()).hexdigest()
    path.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")
    assert read_registration(path).hash == content["sha256"], "the layout of the file does not matter"


def test_the_hash_depends_on_settings_seeds_and_analysis() -> None:
    protocol = registered().model_copy(update={"date": "2026-01-01T00:00:00Z"})
    others = [registered(runs=3), registered(changes={"world.growth": 1.5})]
    analysis = protocol.model_copy(update={"analysis": AS_REGISTERED.model_copy(update={"primary": "gain"})})
    hashes = {one.model_copy(update={"date": protocol.date}).hash for one in (protocol, *others, analysis)}
    assert len(hashes) == 4
    assert registered().model_copy(update={"date": protocol.date}).hash == protocol.hash


def test_a_changed_registration_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "protocol.json"
    write_registration(registered(), path)
    path.write_text(path.read_text(encoding="utf-8").replace("survival_time", "gain"), encoding="utf-8")
    with pytest.raises(AnalysisError, match=r"protocol\.json: its content does not match its hash"):
        read_registration(path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"sha256": "x"}', "\\xff", "[" * 100_000])
def test_other_files_are_rejected(tmp_path: Path, content: str) -> None:
    path = tmp_path / "protocol.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(AnalysisError, match="is not a registration; write one with govsim register"):
        read_registration(path)


def test_a_missing_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="cannot be read"):
        read_registration(tmp_path / "protocol.json")


def test_a_registration_of_another_format_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "protocol.json"
    digest = sha256(b'{"version":2}').hexdigest()
    path.write_text(json.dumps({"sha256": digest, "registration": {"version": 2}}), encoding="utf-8")
    with pytest.raises(AnalysisError, match="was written by another version of govsim"):
        read_registration(path)


def test_a_registration_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "protocol.json"
    write_registration(registered(), path)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"exists, and registrations are never overwritten"):
        write_registration(registered(runs=9), path)
    assert path.read_bytes() == before


def test_a_cell_that_was_not_registered_is_no_changed_cell_if_others_were_run_as_registered(
    live: Live, results: Results, out: Path
) -> None:
    live("fishery", {"agents.default": "policy:fair-share", "world.months": 3}, condition="no-communication")
    protocol = registered(conditions=("default", "universalization", "no-communication"))
    missing, additional = deviations_of(protocol, load(out), AS_REGISTERED)
    assert (missing.kind, missing.cell) == ("missing cell", "fishery · no-communication · policy:fair-share, months 2")
    assert (additional.kind, additional.found) == ("additional cell", "seed 0")
    assert additional.cell == "fishery · no-communication · policy:fair-share, months 3"


def test_a_level_of_the_registered_design_is_never_a_changed_setting_of_another_level(live: Live, out: Path) -> None:
    live("fishery", {**SETTINGS, "world.growth": 3.0})
    headers = [
        plan_runs(merge({"scenario": "fishery"}, *layers), Execution())[0].header
        for growth in (1.5, 2.0)
        for layers in [[nested(key, value) for key, value in {**SETTINGS, "world.growth": growth}.items()]]
    ]
    found = deviations_of(registration_of(headers), load(out), DeclaredAnalysis())
    assert [(one.kind, one.cell.removeprefix("fishery · default · policy:fair-share, ")) for one in found] == [
        ("missing cell", "growth 1.5"),
        ("missing cell", "growth 2"),
        ("additional cell", "growth 3"),
    ]
