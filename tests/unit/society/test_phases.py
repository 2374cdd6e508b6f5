"""A month is an ordered list of phases, and a package can add its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any, ClassVar

import pytest
from pydantic import Field

from govsim import plugins
from govsim.agents import Policy
from govsim.commons import Outcome
from govsim.config import Experiment, Section, experiment_from
from govsim.errors import ConfigError, PluginError
from govsim.journal import MODERATOR, Report, Utterance
from govsim.plugins import Extension
from govsim.society import PHASES, Phase, Society, compose, resolved
from tests.living import Live

HARVEST = {"harvest": {"reasoning": "brief", "query": "decision"}}


class TaxPhase(Phase):
    """A phase of another package, which counts its executions and what it finds."""

    name = "tax"
    stocks: ClassVar[list[int]] = []

    class Settings(Section):
        """How much is taken."""

        share: float = Field(0.1, ge=0, le=1)
        """The share of income."""

    async def run(self, society: Society) -> None:
        outcome = society.outputs.get(Outcome)
        assert outcome is not None
        self.stocks.append(outcome.stock_after_harvest)


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    TaxPhase.stocks.clear()
    module = ModuleType("taxing")
    module.TaxPhase = TaxPhase  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "taxing", module)
    point = EntryPoint(name="tax", value="taxing:TaxPhase", group="govsim.phases")
    monkeypatch.setattr(plugins, "installed", lambda group: (point,) if group == "govsim.phases" else ())
    PHASES.forget()


def composed(*phases: Any, **keys: Any) -> Experiment:
    return experiment_from({"society": {"phases": list(phases), **keys}, "agents": {"default": "policy:fair-share"}})


@pytest.mark.usefixtures("added")
def test_a_phase_of_another_package_becomes_part_of_the_month(live: Live) -> None:
    settings: dict[str, Any] = {"agents.default": "policy:fair-share", "world.months": 3}
    [run] = live("fishery", settings | {"society.phases": ["harvest", {"tax": {"share": 0.2}}, "report"]})
    assert TaxPhase.stocks == [50, 50, 50]
    entries = [phase.written for phase in run.journal.header.experiment.society.phases]
    assert entries == [HARVEST, {"tax": {"share": 0.2}}, "report"]


@pytest.mark.usefixtures("added")
def test_settings_of_a_phase_are_part_of_the_experiment_with_their_defaults() -> None:
    assert [entry.written for entry in resolved(composed("harvest", "tax")).society.phases] == [
        HARVEST,
        {"tax": {"share": 0.1}},
    ]


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize(
    ("phases", "message"),
    [
        (["harvest", "vote"], "society.phases = vote: there is no such phase; choose from discussion, harvest, move"),
        (["harvest", {"tax": {"shar": 1}}], r"society.phases.tax.shar: there is no such key; did you mean share\?"),
        (["harvest", {"tax": {"share": 2}}], "society.phases.tax.share = 2: must be at most 1"),
        (["report"], "society.phases = report: must contain exactly one harvest"),
        (["harvest", {"harvest": {"as": "more"}}], "society.phases = harvest, more: must contain exactly one harvest"),
        (["report", "harvest"], "society.phases: report precedes the harvest"),
        (
            ["harvest", {"discussion": {"opener": "Anna"}}],
            "society.phases.discussion.opener = Anna: must be random, first or",
        ),
    ],
)
def test_invalid_phases_are_rejected(phases: Sequence[Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        compose(composed(*phases))


@pytest.mark.parametrize(
    ("experiment", "message"),
    [
        ({"agents": {"genrative": {}}}, "agents = genrative: there is no such kind of agent; did you mean generative"),
        (
            {"agents": {"direct": {"history": 1}}},
            "agents.direct.history: there is no such key; did you mean history_m",
        ),
        (
            {"agents": {"generative": {"relevance": "sentence-transformers"}}},
            "agents.generative: relevance = sentence-transformers: requires embedding_model; set it too",
        ),
        ({"world": {"allocation": "fair"}}, "world.allocation = fair: there is no such allocation rule"),
        (
            {"world": {"growth": "logistc"}},
            "world.growth = logistc: there is no such growth law; .*choose from multiply",
        ),
        ({"world": {"growth": {"multiply": {"factor": 0}}}}, "world.growth.multiply.factor = 0: must be great"),
        (
            {"institutions": [{"quota": {"amount": "much"}}]},
            "institutions.quota.amount = 'much': must be a number of units, 0 or more, threshold or decided",
        ),
        ({"institutions": [{"quota": {"amount": "decided"}}]}, "institutions.quota.amount = decided: no institution"),
        (
            {"institutions": [{"quota": {"amount": 1, "enforcement": "soft"}}]},
            "institutions.quota.enforcement = 'soft'",
        ),
    ],
)
def test_invalid_settings_of_extensions_are_rejected(experiment: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        compose(experiment_from(experiment))


class Ballot(Phase):
    """A phase whose template has the name of one that govsim has."""

    name = "ballot"
    templates: ClassVar = {"limit": {}}


class Hint(Ballot):
    """One with the name of a hint."""

    templates: ClassVar = {"virtue": {}}


@pytest.mark.parametrize(("phase", "template"), [(Ballot, "limit"), (Hint, "virtue")])
def test_a_template_with_the_name_of_one_that_every_scenario_has_is_rejected(
    monkeypatch: pytest.MonkeyPatch, phase: type[Phase], template: str
) -> None:
    """It would be replaced by the scenario's template, so that members would read a different question."""
    monkeypatch.setitem(PHASES._own, "ballot", Extension(name="ballot", value=phase, origin="a plug-in"))
    with pytest.raises(PluginError, match=f"^phase ballot: has a template {template}, which is a template of every"):
        compose(composed("harvest", "ballot"))


def test_a_phase_derived_from_one_of_govsim_has_its_templates(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    class TownHall(PHASES.get("discussion", key="phase")):  # type: ignore[misc]
        """A discussion of another package."""

        name = "town-hall"

    monkeypatch.setitem(PHASES._own, "town-hall", Extension(name="town-hall", value=TownHall, origin="a plug-in"))
    settings = {"models.default": "fake/society", "world.months": 1, "society.phases": ["town-hall", "harvest"]}
    [run] = live("fishery", settings)
    assert "nobody has harvested yet" in (run.utterances[0].text or "")


class Survey(Phase):
    """A phase that uses the framework model."""

    name = "survey"

    def needs_framework(self, experiment: Experiment) -> bool:
        return True

    async def run(self, society: Society) -> None:
        assert society.framework is not None


def test_a_phase_that_asks_the_framework_needs_a_model_also_where_no_member_has_one(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PHASES._own, "survey", Extension(name="survey", value=Survey, origin="a plug-in"))
    settings = {"agents.default": "policy:greedy", "society.phases": ["harvest", "survey"], "world.months": 1}
    with pytest.raises(ConfigError, match=r"^models.framework is missing: the phase survey uses the framework model"):
        live("fishery", settings)
    [run] = live("fishery", {**settings, "models.framework": "fake/society"})
    assert run.journal.status == "collapsed"


def test_phases_can_be_omitted(live: Live) -> None:
    settings = {"models.default": "fake/society", "world.months": 1, "society.phases": ["harvest", "discussion"]}
    [run] = live("fishery", settings)
    assert {call.purpose for call in run.calls()} == {"harvest", "line", "summary", "limit", "thoughts"}
    assert not any(char.isdigit() for char in run.utterances[0].text or "")


def test_a_phase_can_occur_twice_under_two_names(live: Live) -> None:
    early = {"discussion": {"as": "talk-before", "max_lines": 3}}
    phases = [early, "harvest", "report", {"discussion": {"max_lines": 4}}]
    [run] = live("fishery", {"models.default": "fake/society", "world.months": 2, "society.phases": phases})
    lines = [(line.month, line.phase, line.ordinal) for line in run.journal.of(Utterance)]
    phases = [*["talk-before"] * 3, *["discussion"] * 4]
    assert lines == [(month, phase, ordinal) for month in (1, 2) for ordinal, phase in enumerate(phases)]
    openings = [line.text or "" for line in run.journal.of(Utterance) if line.member == MODERATOR]
    assert ["nobody has harvested yet" in text for text in openings] == [True, False, True, False]
    assert {report.by for report in run.journal.of(Report)} == {"moderator"}
    assert run.journal.status == "completed"


def test_a_second_discussion_does_not_affect_draws_of_the_first(live: Live) -> None:
    """The openers and speakers drawn in the default discussion are those of a society without the other one."""
    usual = ["harvest", "report", "discussion"]
    both = [*usual, {"discussion": {"as": "second-talk", "max_lines": 5}}]
    base = {"models.default": "fake/society", "world.months": 4}
    [alone], [twice] = (live("fishery", {**base, "society.phases": phases}) for phases in (usual, both))
    openers = [[line.next_speaker for line in run.utterances if line.member == MODERATOR] for run in (alone, twice)]
    assert openers[0] == openers[1][::2]
    assert openers[1][::2] != openers[1][1::2], "the second talk draws on its own"


def test_a_policy_without_harvest_decisions_is_rejected_before_anything_runs(plug_in: Callable[..., None]) -> None:
    plug_in("policies", "mute", type("Mute", (Policy,), {"name": "mute", "__doc__": "Decides nothing."}))
    with pytest.raises(ConfigError, match=r"^agent = policy:mute: does not make harvest decisions"):
        compose(experiment_from({"agents": {"default": "policy:mute"}}))


@pytest.mark.parametrize(
    ("growth", "recorded"),
    [
        (2, 2.0),
        ("multiply", 2.0),
        ({"multiply": {"factor": 3}}, 3.0),
        (
            {"multiply": {"as": "rain", "factor": 3}},
            {"multiply": {"as": "rain", "factor": 3.0, "told": "distribution"}},
        ),
    ],
)
def test_equivalent_laws_are_recorded_identically(growth: Any, recorded: Any) -> None:
    experiment = resolved(experiment_from({"world": {"growth": growth}}))
    assert experiment.world.model_dump(mode="json")["growth"] == recorded
