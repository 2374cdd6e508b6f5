"""The generative agent: it remembers, retrieves, acts, talks, and reflects (Piatti et al. 2024, section 3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import date, timedelta

from govsim.agents.generative.memory import MOST_IMPORTANT, Memory, MemoryStream, MemoryType
from govsim.agents.generative.relevance import Relevance
from govsim.agents.generative.retrieval import ScoredMemory, in_order_of_time, score
from govsim.agents.generative.thinking import Thinking, Thought
from govsim.agents.mind import Mind
from govsim.agents.protocol import (
    Catch,
    Conversation,
    Decision,
    News,
    Observation,
    OthersCatch,
    Spoken,
    TalkOutcome,
)
from govsim.calendar import last_day
from govsim.config import Generative
from govsim.journal import MemoryLine, Retrieval, Scored
from govsim.models.question import Passage


class GenerativeAgent:
    """A member with a memory stream."""

    speaks = True

    def __init__(self, mind: Mind, thinking: Thinking, relevance: Relevance, settings: Generative) -> None:
        self.name = mind.name
        self._mind = mind
        self._thinking = thinking
        self._relevance = relevance
        self._settings = settings
        self._memories = MemoryStream()
        self._retrievals: dict[tuple[int, str], int] = {}

    async def harvest(self, observation: Observation) -> Decision:
        """Notice the stock and the hints, call memories to mind, and decide."""
        prompts = self._mind.prompts
        self._witness(prompts.render("stock", stock=observation.state.stock), observation)
        for hint in observation.hints:
            self._witness(hint, observation)
        place = prompts.word("place")
        memories = await self._retrieve([place], self._settings.top_acting, "harvest", observation)
        decision = await self._mind.decide(observation, memories)
        if decision.units is not None:
            self._store("action", prompts.render("action", asked=decision.units), observation, MOST_IMPORTANT)
        return decision

    def learn(self, news: News, observation: Observation) -> None:
        """Witness one's own catch, or another member's."""
        prompts = self._mind.prompts
        match news:
            case Catch(asked=None):
                self._witness(prompts.render("forfeit"), observation)
            case Catch(asked=asked, received=received):
                self._witness(prompts.render("catch", asked=asked, received=received), observation)
            case OthersCatch(other=other, received=received):
                self._witness(prompts.render("others_catch", other=other, received=received), observation)

    async def speak(self, conversation: Conversation) -> Spoken:
        """Call to mind what the last lines are about, and say something."""
        queries = [line.text for line in conversation.lines[-self._settings.lines_queried :]]
        observation = conversation.observation
        memories = await self._retrieve(queries, self._settings.top_talking, "line", observation)
        return await self._mind.say(conversation, memories)

    async def after_talk(self, conversation: Conversation, outcome: Awaitable[TalkOutcome]) -> None:
        """Keep what matters of a talk: the agreement, its summary, and two thoughts."""
        observation = conversation.observation
        async with asyncio.TaskGroup() as group:
            thinking = group.create_task(self._thinking.about_talk(conversation))
            writing_up = group.create_task(self._rated_summary(outcome, observation))
        talk, chat = writing_up.result()
        if talk.limit is not None:
            agreed = self._mind.prompts.render("agreement", limit=talk.limit)
            self._store("thought", agreed, observation, MOST_IMPORTANT, is_always_retrieved=True, is_agreement=True)
        if chat is not None:
            self._store("chat", chat.text, observation, chat.importance)
        for thought in thinking.result():
            self._store("thought", thought.text, observation, thought.importance)

    async def reflect(self, observation: Observation) -> None:
        """Draw lessons from what comes to mind at home."""
        query = self._mind.prompts.word("harvesting")
        memories = await self._retrieve([query], self._settings.top_reflecting, "insights", observation)
        insights = await self._thinking.insights(memories, self._settings.insights, observation)
        for insight in insights:
            self._store("thought", insight.text, observation, insight.importance)

    async def _rated_summary(
        self, outcome: Awaitable[TalkOutcome], observation: Observation
    ) -> tuple[TalkOutcome, Thought | None]:
        talk = await outcome
        if talk.summary is None:
            return talk, None
        text = self._mind.prompts.render("talk", summary=talk.summary)
        return talk, await self._thinking.rated(text, talk.importance, observation)

    def _witness(self, description: str, observation: Observation) -> None:
        """Remember an event: of the highest importance, always in mind, until its month has been reflected on."""
        self._store("event", description, observation, MOST_IMPORTANT, is_always_retrieved=True)

    def _store(
        self,
        type_: MemoryType,
        description: str,
        observation: Observation,
        importance: int | None,
        *,
        is_always_retrieved: bool = False,
        is_agreement: bool = False,
    ) -> None:
        today = date.fromisoformat(observation.date)
        lasting = type_ in ("thought", "chat")
        memory = Memory(
            id=len(self._memories),
            type=type_,
            description=description,
            created=today,
            expires=today + timedelta(days=self._settings.lifetime_days) if lasting else last_day(today),
            importance=importance,
            is_always_retrieved=is_always_retrieved,
            is_agreement=is_agreement,
        )
        self._memories.store(memory)
        self._mind.recorder.note(_as_line(memory, self.name, observation))

    async def _retrieve(
        self, queries: Sequence[str], top: int, purpose: str, observation: Observation
    ) -> list[Passage]:
        """What comes to mind for the queries: the best of each, and what is always retrieved on top of them."""
        alive = self._memories.alive(date.fromisoformat(observation.date))
        found = [memory for memory in alive if memory.is_always_retrieved]
        candidates = [memory for memory in alive if not memory.is_always_retrieved and self._can_return(memory)]
        if not candidates or not top:
            return _as_passages(found)
        relevance = await self._relevance.of([memory.description for memory in candidates], queries)
        for query, row in zip(queries, relevance.tolist(), strict=True):
            best = score(candidates, row, self._memories.importance_of, self._settings)[:top]
            found.extend(item.memory for item in best)
            self._note_retrieval(query, best, purpose, observation)
        return _as_passages(found)

    def _can_return(self, memory: Memory) -> bool:
        # What one did is told by the event of one's catch, so actions are kept for readers of the journal only.
        return memory.type != "action" and (memory.type != "chat" or self._settings.retrieve_chats)

    def _note_retrieval(self, query: str, best: Sequence[ScoredMemory], purpose: str, observation: Observation) -> None:
        place = (observation.state.month, observation.phase)
        ordinal = self._retrievals.get(place, 0)
        self._retrievals[place] = ordinal + 1
        retrieval = Retrieval(
            month=observation.state.month,
            phase=observation.phase,
            member=self.name,
            purpose=purpose,
            ordinal=ordinal,
            query=query,
            memories=tuple(_as_scored(item) for item in best),
        )
        self._mind.recorder.note(retrieval)


def _as_passages(memories: Sequence[Memory]) -> list[Passage]:
    return [
        Passage(kind="memory", text=str(memory), is_essential=memory.is_always_retrieved)
        for memory in in_order_of_time(memories)
    ]


def _as_line(memory: Memory, member: str, observation: Observation) -> MemoryLine:
    return MemoryLine(
        month=observation.state.month,
        phase=observation.phase,
        member=member,
        ordinal=memory.id,
        type=memory.type,
        description=memory.description,
        created=memory.created.isoformat(),
        expires=memory.expires.isoformat(),
        importance=memory.importance,
        is_always_retrieved=memory.is_always_retrieved,
        is_agreement=memory.is_agreement,
    )


def _as_scored(item: ScoredMemory) -> Scored:
    return Scored(
        memory=item.memory.id,
        recency=round(item.recency, 6),
        importance=round(item.importance, 6),
        relevance=round(item.relevance, 6),
        score=round(item.score, 6),
    )
