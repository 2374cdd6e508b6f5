"""Questions, memories, reports and discussions of a month, by the settings."""

from __future__ import annotations

from collections import Counter

import pytest

from govsim.journal import Agreement, MemoryLine, Report
from tests.living import Live

FAKE = {"models.default": "fake/society"}


def test_a_month_of_five_members_and_four_lines_asks_21_questions(live: Live) -> None:
    [run] = live("fishery", {**FAKE, "world.months": 2})
    for month in (1, 2):
        purposes = Counter(call.purpose for call in run.calls(month=month))
        assert purposes == {"harvest": 5, "line": 4, "summary": 1, "limit": 1, "thoughts": 5, "insights": 5}


def test_separate_cognition_asks_the_papers_56_questions(live: Live) -> None:
    [run] = live("fishery", {**FAKE, "world.months": 2, "society.cognition": "separate"})
    for month in (1, 2):
        purposes = Counter(call.purpose for call in run.calls(month=month))
        assert sum(purposes.values()) == 56
        ratings = sum(count for purpose, count in purposes.items() if purpose.endswith("rating"))
        assert ratings == 30


@pytest.mark.parametrize("cognition", ["merged", "separate"])
def test_thoughts_insights_and_the_agreement_are_remembered(live: Live, cognition: str) -> None:
    [run] = live("fishery", {**FAKE, "world.months": 1, "society.cognition": cognition})
    for member in run.journal.header.experiment.society.members:
        memories = [line for line in run.journal.of(MemoryLine) if line.member == member]
        types = Counter(line.type for line in memories)
        assert types == {"event": 2, "action": 1, "thought": 6, "chat": 1}
        assert all(line.importance is not None for line in memories)
        assert [line.is_agreement for line in memories].count(True) == 1


def test_reflection_sees_this_months_catch_and_stock(live: Live) -> None:
    [run] = live("fishery", {**FAKE, "models.args": {"catch.Kate": 9}, "world.months": 3})
    for month, stock in ((1, 100), (2, 100), (3, 100)):
        for prompt in run.prompts(month=month, purpose="insights", member="Kate"):
            assert f"2024-0{month}-01: The lake holds {stock} tons" in prompt
            assert f"2024-0{month}-01: You asked for 9 tons of fish and caught 9." in prompt


def test_events_are_forgotten_with_their_month_and_thoughts_after_63_days(live: Live) -> None:
    [run] = live("fishery", {**FAKE, "world.months": 5, "agents.generative.top_acting": 99})
    prompt = run.prompts(month=5, purpose="harvest", member="Emma")[0]
    assert "2024-05-01: The lake holds" in prompt
    assert "2024-04-01: The lake holds" not in prompt
    assert '2024-04-30: "Insight' in prompt
    assert '2024-02-29: "Insight' in prompt  # 62 days before
    assert "2024-01" not in prompt


def test_only_the_newest_agreement_is_in_mind(live: Live) -> None:
    [run] = live("fishery", {**FAKE, "world.months": 3})
    prompt = run.prompts(month=3, purpose="harvest", member="Emma")[0]
    assert prompt.count("The group agreed that nobody takes more than 10") == 1
    assert "2024-02-28: The group agreed" in prompt


def test_without_discussion_and_transparency_catches_stay_private(live: Live) -> None:
    [run] = live(
        "fishery",
        {**FAKE, "models.args": {"catch.Kate": 13}, "world.months": 2},
        condition="no-communication-no-transparency",
    )
    assert run.utterances == []
    assert list(run.journal.of(Agreement)) == []
    assert {report.by for report in run.journal.of(Report)} == {"nobody"}
    for call in run.calls():
        if call.member != "Kate":
            assert "13" not in run.prompt(call)
        assert "talk" not in run.prompt(call)
        assert "made known" not in run.prompt(call)


def test_without_discussion_catches_are_reported_as_events_on_the_day_of_the_discussion(live: Live) -> None:
    [run] = live(
        "fishery", {**FAKE, "models.args": {"catch.Kate": 13}, "world.months": 1, "society.communication": False}
    )
    [home] = run.prompts(purpose="insights", member="John")
    assert "2024-01-30: Kate caught 13 tons of fish this month." in home
    [own] = run.prompts(purpose="insights", member="Kate")
    assert "Kate caught" not in own
    assert run.calls(purpose="thoughts") == []


def test_without_transparency_the_moderator_opens_without_figures(live: Live) -> None:
    [run] = live(
        "fishery", {**FAKE, "models.args": {"catch.Kate": 13}, "world.months": 1, "society.transparency": False}
    )
    assert run.utterances[0].member == "moderator"
    assert not any(char.isdigit() for char in run.utterances[0].text or "")
    first_line = run.prompts(purpose="line")[0]
    assert "meet and talk" in first_line
    assert "made known" not in first_line


def test_a_discussion_has_at_most_ten_utterances_including_the_moderators(live: Live) -> None:
    [run] = live("fishery", {**FAKE, "models.args": {"lines": 99}, "world.months": 1})
    assert len(run.utterances) == 10
    assert run.utterances[-1].next_speaker is None
    assert [utterance.ordinal for utterance in run.utterances] == list(range(10))


def test_the_next_speaker_is_the_named_one(live: Live) -> None:
    [run] = live("fishery", {**FAKE, "models.args": {"lines": 99}, "world.months": 2})
    for month in (1, 2):
        lines = [utterance for utterance in run.utterances if utterance.month == month]
        assert [line.next_speaker for line in lines[:-1]] == [line.member for line in lines[1:]]
        assert all(line.member != line.next_speaker for line in lines)


def test_the_opener_is_drawn_from_the_seed_or_fixed_by_name(live: Live) -> None:
    drawn = live("fishery", {**FAKE, "world.months": 3}, runs=4)
    openers = [[line.next_speaker for line in run.utterances if line.ordinal == 0] for run in drawn]
    assert len({name for run in openers for name in run}) > 2
    [fixed] = live("fishery", {**FAKE, "world.months": 3, "society.phases.discussion.opener": "Jack"})
    assert {line.next_speaker for line in fixed.utterances if line.ordinal == 0} == {"Jack"}


def test_the_direct_agent_is_shown_the_societys_history(live: Live) -> None:
    settings = {**FAKE, "agents.default": "direct", "models.args": {"catch.Kate": 9}, "world.months": 3}
    [run] = live("fishery", settings)
    purposes = Counter(call.purpose for call in run.calls(month=2))
    assert purposes == {"harvest": 5, "line": 4, "summary": 1, "limit": 1}
    last = run.prompts(month=3, purpose="harvest", member="Kate")[0]
    assert "What happened in 2024-01:" in last
    assert "What happened in 2024-02:" in last
    assert "You asked for 9 tons of fish and caught 9." in last
    assert 'Moderator: "This is how many tons' in last
    assert "You all agreed that nobody takes more than" in last


def test_the_direct_agents_history_is_cut_to_its_window(live: Live) -> None:
    settings = {**FAKE, "agents.default": "direct", "agents.direct.history_months": 1, "world.months": 4}
    [run] = live("fishery", settings)
    prompt = run.prompts(month=4, purpose="harvest", member="Kate")[0]
    assert "What happened in 2024-03:" in prompt
    assert "What happened in 2024-02:" not in prompt


@pytest.mark.parametrize("agent", ["generative", "direct"])
def test_after_a_discussion_before_the_harvest_catches_are_reported_separately(live: Live, agent: str) -> None:
    phases = ["discussion", "harvest", "report", "reflection"]
    settings = {**FAKE, "agents.default": agent, "society.phases": phases, "world.months": 2}
    [run] = live("fishery", settings)
    assert run.journal.status == "completed"
    assert {report.by for report in run.journal.of(Report)} == {"memory"}
    where = {"month": 1, "purpose": "insights"} if agent == "generative" else {"month": 2, "purpose": "harvest"}
    [prompt] = run.prompts(member="Kate", **where)
    assert "John caught 10 tons of fish this month" in prompt


def test_speakers_are_listed_and_policies_are_not(live: Live) -> None:
    [run] = live("fishery", {**FAKE, "members.Jack.agent": "policy:fair-share", "world.months": 1})
    for prompt in run.prompts(purpose="thoughts"):
        assert "John, Kate, Emma and Luke are meeting" in prompt


def test_no_prompt_states_how_the_society_ends(live: Live) -> None:
    [run] = live("fishery", {**FAKE, "world.months": 17, "world.collapse": 23, "models.args": {"catch": 8}})
    for call in run.calls():
        prompt = run.prompt(call)
        assert "17 months" not in prompt
        assert " 23 " not in prompt
        assert "collapse" not in prompt
        if call.month == 1 and call.purpose == "harvest":
            assert " 10 " not in prompt


@pytest.mark.parametrize("members", [1, 2, 7, 12])
def test_any_number_of_members_can_live_together(live: Live, members: int) -> None:
    [run] = live("pollution", {**FAKE, "society.members": members, "world.months": 2, "models.args": {"catch": 2}})
    assert run.journal.status == "completed"
    assert len(run.harvests[0].granted) == members
    assert bool(run.utterances) == (members > 1)
