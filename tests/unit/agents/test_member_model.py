"""Questions to a member's model, and the processing of its replies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from govsim.agents import (
    AgentContext,
    Answer,
    Conversation,
    DiscussionOutcome,
    Line,
    MemberModel,
    Notice,
    Request,
    View,
)
from govsim.agents.generative import GenerativeAgent
from govsim.agents.generative.relevance import Similarity
from govsim.agents.generative.settings import Generative
from govsim.agents.sentences import on_one_line
from govsim.commons import State, multiply
from govsim.config import Experiment, Persona, World
from govsim.journal import MemoryLine, Recorder, Retrieval
from govsim.journal.decoding import Decoder
from govsim.models.asking import ATTEMPTS, Asker
from govsim.models.client import Completion
from govsim.models.fields import YES_NO, ChoiceField, NumberField, TextField
from govsim.models.question import Message, Passage
from govsim.models.structured import Schema
from govsim.scenarios import Prompts, load_scenario

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")


class Scripted:
    """A model that returns scripted replies and stores the questions."""

    name = "scripted/one"

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[Sequence[Message]] = []

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        self.asked.append(messages)
        return Completion(text=self.replies.pop(0), stop_reason="stop", seconds=0.0)


MakeMemberModel = Callable[..., MemberModel]


@pytest.fixture
def make_member_model(tmp_path: Path) -> Iterator[MakeMemberModel]:
    """Creates member models, each in its own run."""
    numbers = count()
    with ExitStack() as runs:

        def making(model: Scripted, persona: Persona | None = None) -> MemberModel:
            recorder = runs.enter_context(Recorder(tmp_path / f"seed-{next(numbers)}.jsonl"))
            return MemberModel(
                name="John",
                persona=persona,
                model=model,
                prompts={None: Prompts(load_scenario("fishery"), World())},
                asker=Asker(recorder),
            )

        yield making


ANNOUNCED = frozenset({"communication", "transparency"})


def seen(date: str = "2024-01-01", phase: str = "harvest", **changes: Any) -> View:
    """The view of John on a day."""
    content: dict[str, Any] = {"stock": 40, "members": FIVE, "announced": ANNOUNCED} | changes
    state = State(
        stock=content.pop("stock"),
        month=int(date[5:7]),
        capacity=100,
        growth=multiply(2.0),
        collapse=5,
        members=content.pop("members"),
    )
    return View.exact(state, date=date, phase=phase, **content)


def harvest(view: View) -> Request:
    """The request for a harvest decision."""
    prompts = Prompts(load_scenario("fishery"), World())
    return Request(
        purpose="harvest",
        template="harvest",
        fields=(NumberField(tag="Answer", low=0, high=view.state.stock, units=prompts.units),),
        view=view,
        variables={"date": view.date, "question": prompts.render("question", stock=view.state.stock)},
        queries=("the lake",),
    )


def line(discussion: Conversation, *others: str) -> Request:
    """The request for an utterance."""
    return Request(
        purpose="line",
        template="line",
        fields=(
            TextField(tag="Say", what="what you say to the others"),
            ChoiceField(tag="End", options=YES_NO),
            ChoiceField(tag="Next", options=others or ("Kate", "Emma"), unless=("End", "yes")),
        ),
        view=discussion.view,
        variables={"name": "John"},
        discussion=discussion,
        keeps_parts=True,
    )


def decided(answer: Answer) -> tuple[int | None, str | None]:
    return answer.number("Answer"), answer.invalid


def spoken(answer: Answer) -> tuple[str | None, str | None, str | None]:
    return answer.text("Say"), answer.text("End"), answer.text("Next")


async def test_prompts_contain_the_members_present_and_the_own_persona(make_member_model: MakeMemberModel) -> None:
    model = Scripted("Answer: 3")
    member_model = make_member_model(model, Persona(age=40, traits="You are patient."))
    await member_model.answer(harvest(seen(members=("John", "Kate", "Emma"), announced={"transparency"})), [])
    [[system, identity, question]] = model.asked
    assert (system.role, identity.role, question.role) == ("system", "user", "user")
    assert "one of 3 fishers. The others are Kate and Emma." in identity.content
    assert "You are 40 years old. You are patient." in identity.content
    assert "made known to all" in system.content
    assert "meet and talk" not in system.content


async def test_a_decision_is_a_number_from_0_to_the_stock(make_member_model: MakeMemberModel) -> None:
    model = Scripted("I think 12 is fair.\nAnswer: 12")
    memory = Passage(kind="memory", text="2024-01-01: The lake holds 40 tons.")
    assert decided(await make_member_model(model).answer(harvest(seen()), [memory])) == (12, None)
    question = model.asked[0][-1].content
    assert "It is 2024-01-01" in question
    assert "- 2024-01-01: The lake holds 40 tons." in question
    assert "from 0 to 40" in question
    assert question.endswith("Answer: <a whole number from 0 to 40>")


async def test_an_unparsable_reply_is_retried_with_the_reason(make_member_model: MakeMemberModel) -> None:
    model = Scripted("I take 50 tons.", "Answer: 4")
    assert decided(await make_member_model(model).answer(harvest(seen()), [])) == (4, None)
    first, second = model.asked
    assert list(second[: len(first)]) == list(first)
    assert (second[-2].role, second[-2].content) == ("assistant", "I take 50 tons.")
    assert "could not be used" in second[-1].content
    assert second[-1].content.endswith("Answer: <a whole number from 0 to 40>")


async def test_after_the_last_attempt_there_is_no_decision_but_a_reason(make_member_model: MakeMemberModel) -> None:
    model = Scripted(*["no idea"] * ATTEMPTS)
    answer = await make_member_model(model).answer(harvest(seen()), [])
    assert answer.values == {}
    assert answer.invalid
    assert len(answer.refusals) == ATTEMPTS
    assert len(model.asked) == ATTEMPTS == 3


TALK = Conversation(
    view=seen("2024-01-30", "discussion"),
    speakers=("John", "Kate", "Emma"),
    lines=(Line(speaker="Moderator", text="What now?"),),
)


async def test_an_utterance_is_one_line_and_cannot_pass_for_another_speakers(
    make_member_model: MakeMemberModel,
) -> None:
    model = Scripted("Say: I take 5.\n- Kate: I take 50.\nEnd: no\nNext: Emma")
    said, *rest = spoken(await make_member_model(model).answer(line(TALK), []))
    assert on_one_line(said or "") == "I take 5. - Kate: I take 50."
    assert rest == ["no", "Emma"]
    [[_, talk, _, question]] = model.asked
    assert '- Moderator: "What now?"' in talk.content
    assert question.content.endswith("End: <one of: yes, no>\nNext: <one of: Kate, Emma>")


async def test_what_all_members_share_comes_before_what_one_has(make_member_model: MakeMemberModel) -> None:
    model = Scripted("Say: Yes.\nEnd: yes", "Say: Yes.\nEnd: yes")
    member_model = make_member_model(model)
    memory = Passage(kind="memory", text="a memory")
    history = Passage(kind="month", text="What happened in 2023-12")
    await member_model.answer(line(TALK), [memory])
    await member_model.answer(line(TALK), [history, memory])
    short, long = ([message.content for message in asked] for asked in model.asked)
    rules, talk, identity, question = short
    assert "You are John" not in rules + talk
    assert identity.startswith("You are John, ")
    assert "a memory" in question
    assert long == [rules, identity, history.text, talk, question], "a history is one's own, and longer than a talk"


async def test_a_speaker_that_ends_the_discussion_need_not_name_a_next_speaker(
    make_member_model: MakeMemberModel,
) -> None:
    answer = await make_member_model(Scripted("Say: Bye.\nEnd: yes")).answer(line(TALK), [])
    assert spoken(answer) == ("Bye.", "yes", None)
    assert answer.invalid is None


async def test_the_parsable_fields_of_a_turn_are_kept_when_others_are_not(make_member_model: MakeMemberModel) -> None:
    answer = await make_member_model(Scripted(*["Say: Hello.\nEnd: no\nNext: nobody"] * ATTEMPTS)).answer(
        line(TALK), []
    )
    assert spoken(answer) == ("Hello.", "no", None)
    assert answer.invalid is not None
    assert "Kate, Emma" in answer.invalid


async def test_the_fallback_for_an_unparsable_answer_is_part_of_the_request(make_member_model: MakeMemberModel) -> None:
    parts = ["Say: Hello.\nEnd: no\nNext: nobody"] * ATTEMPTS
    strict = replace(line(TALK), keeps_parts=False, otherwise={"Say": "(nothing)", "End": "yes"})
    assert spoken(await make_member_model(Scripted(*parts)).answer(strict, [])) == ("(nothing)", "yes", None)
    partly = replace(strict, keeps_parts=True)
    assert spoken(await make_member_model(Scripted(*parts)).answer(partly, [])) == ("Hello.", "no", None)
    assert spoken(await make_member_model(Scripted("Say: Hi.\nEnd: yes")).answer(strict, [])) == ("Hi.", "yes", None)


async def test_the_terms_of_institutions_follow_the_rules_in_one_message(make_member_model: MakeMemberModel) -> None:
    model = Scripted("Answer: 3", "Answer: 3")
    member_model = make_member_model(model)
    await member_model.answer(harvest(seen()), [])
    await member_model.answer(harvest(seen(terms=("Nobody takes more than 8.", "Talk is taxed."))), [])
    without, with_terms = model.asked
    assert with_terms[0] == without[0]
    assert (with_terms[1].role, with_terms[1].content) == ("system", "Nobody takes more than 8.\nTalk is taxed.")
    assert list(with_terms[2:]) == list(without[1:])


THOUGHTS = "Remember: Ten each.\nRemember rating: 9\nInteresting: Kate smiled.\nInteresting rating: 2"


def generative(model: MemberModel, **settings: Any) -> GenerativeAgent:
    return GenerativeAgent(
        AgentContext(
            member=model.name,
            agent="generative",
            experiment=Experiment(),
            settings=Generative(**settings),
            prompts=model.prompts[None],
            recorder=model.asker._recorder,
            model=model,
        )
    )


def witness(agent: GenerativeAgent, view: View) -> None:
    """The stock and a hint, as before every harvest."""
    agent.observe(Notice(template="stock", variables={"stock": view.state.stock}), view)


def remembered(prompt: Sequence[Message]) -> list[str]:
    """The memories that a prompt shows."""
    return [line[2:] for line in prompt[-1].content.splitlines() if line.startswith("- 2024")]


async def talk_outcome(limit: int | None = None) -> DiscussionOutcome:
    return DiscussionOutcome(summary="They talked about ten.", importance=6, limit=limit)


async def a_month(agent: GenerativeAgent, month: int, *, limit: int | None = None) -> None:
    """A month of 31 days of an agent: harvest, catch, discussion, reflection."""
    view = seen(f"2024-{month:02}-01")
    witness(agent, view)
    agent.observe(Notice(template="universalization", variables={"threshold": 8}), view)
    await agent.answer(harvest(view))
    agent.observe(Notice(template="action", variables={"asked": 5}, type="action", is_always_retrieved=False), view)
    agent.observe(Notice(template="catch", variables={"asked": 5, "received": 4}), view)
    talk = seen(f"2024-{month:02}-28", "discussion")
    await agent.after_discussion(Conversation(view=talk, speakers=TALK.speakers, lines=TALK.lines), talk_outcome(limit))
    await agent.reflect(seen(f"2024-{month:02}-31", "reflection"))


REPLIES = ("Answer: 5", THOUGHTS, "Insight 1: Share.\nRating 1: 8")

STOCK = "The lake holds 40 tons of fish before anyone has fished this month."
HINT = (
    "As the lake is now, if every fisher catches more than 8 tons this month, it will hold less fish next month than "
    "today."
)
CATCH = "You asked for 5 tons of fish and caught 4."


async def test_events_last_until_the_reflection_and_thoughts_until_later_months(
    make_member_model: MakeMemberModel,
) -> None:
    model = Scripted(*REPLIES, *REPLIES)
    agent = generative(make_member_model(model))
    await a_month(agent, 1, limit=10)
    await a_month(agent, 3)
    acting, _, reflecting, acting_again = model.asked[:4]
    assert remembered(acting) == [f"2024-01-01: {STOCK}", f"2024-01-01: {HINT}"]
    agreed = "2024-01-28: The group agreed that nobody takes more than 10 tons of fish a month."
    thoughts = ['2024-01-28: "Ten each."', '2024-01-28: "Kate smiled."']
    assert remembered(reflecting) == [*remembered(acting), f"2024-01-01: {CATCH}", agreed, *thoughts]
    assert remembered(acting_again) == [
        agreed,
        *thoughts,
        '2024-01-31: "Share."',
        f"2024-03-01: {STOCK}",
        f"2024-03-01: {HINT}",
    ]


async def test_memories_always_retrieved_are_added_to_the_best(make_member_model: MakeMemberModel) -> None:
    model = Scripted(*REPLIES, *REPLIES)
    agent = generative(make_member_model(model), top_acting=1)
    await a_month(agent, 1, limit=10)
    await a_month(agent, 3)
    assert [memory[12:] for memory in remembered(model.asked[3])] == [
        "The group agreed that nobody takes more than 10 tons of fish a month.",
        '"Ten each."',
        STOCK,
        HINT,
    ]


async def test_only_the_newest_agreement_is_retrieved(make_member_model: MakeMemberModel) -> None:
    model = Scripted(*REPLIES, *REPLIES, "Answer: 5")
    agent = generative(make_member_model(model))
    await a_month(agent, 1, limit=10)
    await a_month(agent, 3, limit=7)
    await agent.answer(harvest(seen("2024-04-01")))
    agreed = [memory for memory in remembered(model.asked[-1]) if "agreed" in memory]
    assert agreed == ["2024-03-28: The group agreed that nobody takes more than 7 tons of fish a month."]


async def test_memories_always_retrieved_can_count_towards_the_number_retrieved(
    make_member_model: MakeMemberModel,
) -> None:
    model = Scripted(*REPLIES, *REPLIES)
    agent = generative(make_member_model(model), top_acting=4, always_retrieved="included")
    await a_month(agent, 1, limit=10)
    await a_month(agent, 3)
    assert [memory[12:] for memory in remembered(model.asked[3])] == [
        "The group agreed that nobody takes more than 10 tons of fish a month.",
        '"Ten each."',
        STOCK,
        HINT,
    ]


async def test_all_agreements_are_retrieved_if_configured(make_member_model: MakeMemberModel) -> None:
    model = Scripted(*REPLIES, *REPLIES, "Answer: 5")
    agent = generative(make_member_model(model), agreements="all")
    await a_month(agent, 1, limit=10)
    await a_month(agent, 3, limit=7)
    await agent.answer(harvest(seen("2024-03-31")))
    agreed = [memory for memory in remembered(model.asked[-1]) if "agreed" in memory]
    assert [re.findall(r"\d+ tons", memory) for memory in agreed] == [["10 tons"], ["7 tons"]]


async def test_the_reflection_can_exclude_the_events_of_the_month(make_member_model: MakeMemberModel) -> None:
    model = Scripted(*REPLIES)
    await a_month(generative(make_member_model(model), reflects_on_month=False), 1, limit=10)
    agreed = "2024-01-28: The group agreed that nobody takes more than 10 tons of fish a month."
    assert remembered(model.asked[-1]) == [agreed, '2024-01-28: "Ten each."', '2024-01-28: "Kate smiled."']


async def test_insights_can_be_as_many_as_memories(make_member_model: MakeMemberModel) -> None:
    model = Scripted(*REPLIES)
    await a_month(generative(make_member_model(model), insights="memories"), 1, limit=10)
    prompt = model.asked[-1]
    assert f"Write up to {len(remembered(prompt))}, one sentence each." in prompt[-1].content
    assert f"Insight {len(remembered(prompt))}:" in prompt[-1].content


@pytest.mark.parametrize(("query", "expected"), [("activity", "catching fish"), ("decision", "agree agreed")])
async def test_the_query_of_the_reflection_is_configured(
    make_member_model: MakeMemberModel, query: str, expected: str
) -> None:
    asked: list[str] = []

    class Noted:
        async def of(self, texts: Sequence[str], queries: Sequence[str]) -> Similarity:
            asked.extend(queries)
            return np.zeros((len(queries), len(texts)))

    agent = generative(make_member_model(Scripted(*REPLIES)), reflection_query=query)
    agent._relevance = Noted()
    await a_month(agent, 1)
    assert asked[-1].startswith(expected)


@pytest.mark.parametrize("is_on", [True, False])
async def test_discussions_are_retrieved_only_if_enabled(make_member_model: MakeMemberModel, is_on: bool) -> None:
    model = Scripted(*REPLIES)
    await a_month(generative(make_member_model(model), retrieve_chats=is_on), 1)
    talked = '2024-01-28: "The group talked: They talked about ten."'
    assert (talked in remembered(model.asked[-1])) is is_on


async def test_a_forfeit_and_the_catches_of_others_are_observed(make_member_model: MakeMemberModel) -> None:
    model = Scripted("Insight 1: Hm.\nRating 1: 3")
    agent = generative(make_member_model(model))
    agent.observe(Notice(template="forfeit"), seen())
    others = Notice(template="others_catch", variables={"other": "Kate", "received": 9})
    agent.observe(others, seen("2024-01-30", "report"))
    await agent.reflect(seen("2024-01-31", "reflection"))
    assert remembered(model.asked[0]) == [
        "2024-01-01: You gave no answer that could be understood, so you took nothing this month.",
        "2024-01-30: Kate caught 9 tons of fish this month.",
    ]


async def test_memories_and_retrievals_are_recorded(make_member_model: MakeMemberModel, tmp_path: Path) -> None:
    model = make_member_model(Scripted(*REPLIES))
    await a_month(generative(model), 1, limit=10)
    model.asker._recorder.end_phase(["John"])
    model.asker._recorder.close()
    decoder = Decoder("run")
    lines = [decoder.event_in(line) for line in (tmp_path / "seed-0.jsonl").read_bytes().splitlines()]
    memories = [line for line in lines if isinstance(line, MemoryLine)]
    assert [memory.ordinal for memory in memories] == list(range(len(memories)))
    assert [(memory.type, memory.importance, memory.expires) for memory in memories] == [
        ("event", 10, "2024-01-31"),
        ("event", 10, "2024-01-31"),
        ("action", 10, "2024-01-31"),
        ("event", 10, "2024-01-31"),
        ("thought", 10, "2024-03-31"),
        ("chat", 6, "2024-03-31"),
        ("thought", 9, "2024-03-31"),
        ("thought", 2, "2024-03-31"),
        ("thought", 8, "2024-04-03"),
    ]
    [retrieval] = [line for line in lines if isinstance(line, Retrieval)]
    assert (retrieval.purpose, retrieval.query) == ("insights", model.prompts[None].render("query"))
    assert [scored.memory for scored in retrieval.memories] == [6, 7]
