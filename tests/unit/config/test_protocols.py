"""Protocols: how members are asked and what they remember."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from govsim.analysis.naming import setups_of
from govsim.config import Execution, load_protocol, protocol_names
from govsim.errors import ConfigError, ModelUnavailable
from govsim.jobs import RunJob, plan_runs, prepare
from govsim.journal import Embedding, Retrieval
from tests.living import Live
from tests.weights import Weights

FAKE: dict[str, Any] = {"models": {"default": "fake/society"}}


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> type[Weights]:
    Weights.texts.clear()
    monkeypatch.setitem(sys.modules, "sentence_transformers", Weights)
    return Weights


def planned(folder: Path, settings: dict[str, Any] | None = None, **named: str) -> RunJob:
    [plan] = plan_runs(FAKE | (settings or {}), Execution(out=folder), **named)
    return plan


def test_the_protocols_are_the_default_and_the_papers() -> None:
    assert protocol_names() == ["default", "paper"]


def test_the_default_protocol_sets_nothing() -> None:
    assert load_protocol("default") == {"protocol": "default"}


@pytest.mark.parametrize("name", protocol_names())
def test_a_protocol_changes_neither_the_world_nor_the_members(name: str, tmp_path: Path) -> None:
    experiment, usual = (planned(tmp_path, protocol=one).experiment for one in (name, "default"))
    assert (experiment.world, experiment.members, experiment.society.members) == (
        usual.world,
        usual.members,
        usual.society.members,
    )


def test_the_header_has_the_name_and_the_resolved_keys(tmp_path: Path) -> None:
    experiment = planned(tmp_path, protocol="paper").experiment
    assert experiment.protocol == "paper"
    phases = {phase.name: phase.settings for phase in experiment.society.phases}
    assert phases["harvest"] == {"reasoning": "step-by-step", "query": "place"}
    assert phases["discussion"] == {
        "opener": "first",
        "max_lines": 10,
        "next_speaker": "anyone",
        "fallback_speaker": "first",
        "utterances": "any-length",
        "moderator": "report",
    }
    generative = experiment.agents.settings_of("generative")
    assert (generative["relevance"], generative["always_retrieved"]) == ("sentence-transformers", "included")
    assert (generative["recency_from"], generative["agreements"]) == ("oldest", "all")
    assert (generative["insights"], generative["reflects_on_month"]) == ("memories", False)
    assert (experiment.society.cognition, experiment.models.system_role) == ("separate", "user")
    assert experiment.models.sampling.max_tokens == 8000


def test_the_label_and_the_setup_contain_the_protocol(tmp_path: Path) -> None:
    plan = planned(tmp_path, {"world": {"growth": 1.5}}, protocol="paper")
    assert plan.header.society.startswith("fake-society-paper-")
    assert setups_of([plan.header]) == ["fake/society, protocol paper, growth 1.5"]
    assert planned(tmp_path, protocol="paper").header.society == "fake-society-paper"
    assert planned(tmp_path).header.society == "fake-society"


def test_the_condition_overrides_the_protocol_and_settings_override_both(tmp_path: Path) -> None:
    condition = tmp_path / "brief.yaml"
    condition.write_text("protocol: paper\nsociety: {cognition: merged, phases: {discussion: {opener: Emma}}}\n")
    settings = {"society": {"phases": {"discussion": {"opener": "Luke"}}}}
    experiment = planned(tmp_path, settings, condition=str(condition)).experiment
    assert (experiment.protocol, experiment.society.cognition) == ("paper", "merged")
    [discussion] = [phase.settings for phase in experiment.society.phases if phase.name == "discussion"]
    assert (discussion["opener"], discussion["next_speaker"]) == ("Luke", "anyone")


def test_a_protocol_of_a_file_is_named_after_it(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: base.yaml\nagents: {generative: {insights: 5}}\n")
    (tmp_path / "base.yaml").write_text("society: {cognition: separate}\n")
    experiment = planned(tmp_path, protocol=str(tmp_path / "mine.yaml")).experiment
    assert (experiment.protocol, experiment.society.cognition) == ("mine", "separate")
    assert experiment.agents.settings_of("generative")["insights"] == 5


def test_protocols_can_be_an_axis_of_a_campaign(tmp_path: Path) -> None:
    plans = plan_runs(FAKE | {"grid": {"protocol": ["default", "paper"]}}, Execution(out=tmp_path))
    assert [plan.experiment.protocol for plan in plans] == ["default", "paper"]


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        (
            "papers",
            r"protocol = papers: there is no such protocol; did you mean paper\?; choose from default, paper, or",
        ),
        ("none.yaml", "none.yaml: cannot be read"),
        (
            "world.yaml",
            "sets world, but a protocol can set only keys of agents, models, society; set others in a condi",
        ),
    ],
)
def test_invalid_protocols_are_rejected(
    protocol: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("world.yaml").write_text("world: {growth: 3}\n")
    with pytest.raises(ConfigError, match=message):
        planned(tmp_path, protocol=protocol)


def test_without_the_embedding_model_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    plan = planned(tmp_path, protocol="paper")
    with pytest.raises(ModelUnavailable, match=r'pip install "govsim\[embeddings\]"'):
        prepare([plan], Execution(out=tmp_path))
    assert not plan.path.exists()


def test_a_society_of_the_papers_protocol_asks_as_the_paper_does(live: Live, weights: type[Weights]) -> None:
    settings = {"models.default": "fake/society", "models.args": {"catch": 9}, "world.months": 3}
    [run] = live("fishery", settings, protocol="paper")
    assert run.journal.status == "completed"
    assert list(run.journal.of(Embedding))
    first = run.prompts(month=1, purpose="harvest")[0]
    assert "Reason step by step, then decide." in first
    lines = run.calls(purpose="line", month=1)
    assert lines[0].member == "John"
    assert "one of the others, or you again" in run.prompt(lines[0])
    assert "one to three sentences" not in run.prompt(lines[0])
    assert "how shall it go on" not in run.prompt(lines[0])
    queries = {event.query for event in run.journal.of(Retrieval) if event.purpose in ("harvest", "insights")}
    assert queries == {"the lake", "catching fish"}
    assert any(text.startswith("Represent this sentence") and text.endswith("the lake") for text in weights.texts)
    assert len([call for call in run.calls(purpose="insight-rating", member="John") if call.month == 2]) >= 1
