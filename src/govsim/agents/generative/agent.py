"""The generative agent: it remembers, retrieves, acts, speaks, and reflects (Piatti et al. 2024, section 3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import date, timedelta

from govsim.agents.generative.memory import Memory, MemoryStream
from govsim.agents.generative.relevance import LexicalRelevance, Relevance, VectorRelevance
from govsim.agents.generative.retrieval import ScoredMemory, in_order_of_time, score
from govsim.agents.generative.settings import Generative
from govsim.agents.generative.thinking import MergedThinking, SeparateThinking, Thinking, Thought
from govsim.agents.protocol import (
    AGENTS,
    Agent,
    AgentContext,
    Answer,
    Conversation,
    DiscussionOutcome,
    MemoryType,
    Notice,
    Request,
)
from govsim.agents.view import View
from govsim.calendar import last_day
from govsim.journal import MemoryLine, Retrieval, Scored
from govsim.models.embedding import EmbedderSettings
from govsim.models.question import Passage
from govsim.scenarios import COMMON_WORDS

INSIGHTS = "insights"


@AGENTS.register
class GenerativeAgent(Agent):
    """A language model with a memory stream: it remembers, retrieves, decides, discusses and reflects."""

    name = "generative"
    asks_model = True

    Settings = Generative

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        assert context.model is not None, "a generative agent has a language model"
        is_merged = context.experiment.society.cognition == "merged"
        self._model = context.model
        self._recorder = context.recorder
        self._thinking: Thinking = MergedThinking(context.model) if is_merged else SeparateThinking(context.model)
        self._settings: Generative = context.settings
        self._relevance: Relevance = LexicalRelevance(
            [context.prompts.word(name) for name in COMMON_WORDS] if self._settings.stop_words else ()
        )
        if context.embedder is not None:
            self._relevance = VectorRelevance(context.embedder, self._settings.query_prefix)
        self._memories = MemoryStream(keeps_superseded=self._settings.agreements == "all")
        self._retrievals: dict[tuple[int, str], int] = {}

    @classmethod
    def embedder_of(cls, settings: Generative) -> EmbedderSettings | None:
        """Return the settings of the embedding model; None if relevance is lexical."""
        if settings.relevance == "lexical" or settings.embedding_model is None:
            return None
        return EmbedderSettings(model=settings.embedding_model, is_local=settings.relevance == "sentence-transformers")

    async def answer(self, request: Request) -> Answer:
        """Retrieve memories for the request's queries or the last utterances of a discussion, and ask the model."""
        queries, top = list(request.queries), self._settings.top_acting
        if request.discussion is not None:
            queries = [line.text for line in request.discussion.lines[-self._settings.lines_queried :]]
            top = self._settings.top_talking
        memories = await self._retrieve(queries, top, request.purpose, request.view)
        return await self._model.answer(request, memories)

    def observe(self, notice: Notice, view: View) -> None:
        """Remember something that happened."""
        memory = self._model.rendered(notice, view)
        self._store(
            notice.type,
            memory,
            view,
            notice.importance,
            lasts=notice.lasts,
            is_always_retrieved=notice.is_always_retrieved,
            topic=notice.template if notice.supersedes else None,
        )

    async def after_discussion(self, conversation: Conversation, outcome: Awaitable[DiscussionOutcome]) -> None:
        """Store memories of a discussion: the agreement, the summary, and two thoughts."""
        view = conversation.view
        async with asyncio.TaskGroup() as group:
            thinking = group.create_task(self._thinking.about_discussion(conversation))
            writing_up = group.create_task(self._rated_summary(outcome, view))
        result, chat = writing_up.result()
        if result.limit is not None:
            agreed = Notice(
                template="agreement", variables={"limit": result.limit}, type="thought", lasts=True, supersedes=True
            )
            self.observe(agreed, view)
        if chat is not None:
            self._store("chat", chat.text, view, chat.importance)
        for thought in thinking.result():
            self._store("thought", thought.text, view, thought.importance)

    async def reflect(self, view: View) -> None:
        """Generate insights from retrieved memories."""
        prompts = self._model.prompts_at(view)
        is_activity = self._settings.reflection_query == "activity"
        query = prompts.word("harvesting") if is_activity else prompts.render("query")
        memories = await self._retrieve([query], self._settings.top_reflecting, INSIGHTS, view)
        most = self._settings.insights
        insights = await self._thinking.insights(memories, max(1, len(memories)) if most == "memories" else most, view)
        for insight in insights:
            self._store("thought", insight.text, view, insight.importance)

    async def _rated_summary(
        self, outcome: Awaitable[DiscussionOutcome], view: View
    ) -> tuple[DiscussionOutcome, Thought | None]:
        result = await outcome
        if result.summary is None:
            return result, None
        text = self._model.prompts_at(view).render("talk", summary=result.summary)
        return result, await self._thinking.rated(text, result.importance, view)

    def _store(
        self,
        type_: MemoryType,
        description: str,
        view: View,
        importance: int | None,
        *,
        lasts: bool = True,
        is_always_retrieved: bool = False,
        topic: str | None = None,
    ) -> None:
        today = date.fromisoformat(view.date)
        memory = Memory(
            id=len(self._memories),
            type=type_,
            description=description,
            created=today,
            expires=today + timedelta(days=self._settings.lifetime_days) if lasts else last_day(today),
            importance=importance,
            is_always_retrieved=is_always_retrieved,
            topic=topic,
        )
        self._memories.store(memory)
        self._recorder.note(_as_line(memory, self.name, view))

    async def _retrieve(self, queries: Sequence[str], top: int, purpose: str, view: View) -> list[Passage]:
        """Retrieve the best memories for each query, plus those that are always retrieved."""
        alive = self._alive(purpose, date.fromisoformat(view.date))
        found = [memory for memory in alive if memory.is_always_retrieved]
        if self._settings.always_retrieved == "included":
            top = max(top - len(found), 0)
        candidates = [memory for memory in alive if not memory.is_always_retrieved and self._can_return(memory)]
        if not candidates or not top:
            return _as_passages(found)
        relevance = await self._relevance.of([memory.description for memory in candidates], queries)
        for query, row in zip(queries, relevance.tolist(), strict=True):
            best = score(candidates, row, self._memories.importance_of, self._settings)[:top]
            found.extend(item.memory for item in best)
            self._note_retrieval(query, best, purpose, view)
        return _as_passages(found)

    def _alive(self, purpose: str, today: date) -> list[Memory]:
        """Return the memories that have not expired; the reflection can exclude those that expire on its day."""
        alive = self._memories.alive(today)
        if purpose != INSIGHTS or self._settings.reflects_on_month:
            return alive
        return [memory for memory in alive if memory.expires > today]

    def _can_return(self, memory: Memory) -> bool:
        # The event of the member's catch includes the action, so actions are recorded for the journal only.
        return memory.type != "action" and (memory.type != "chat" or self._settings.retrieve_chats)

    def _note_retrieval(self, query: str, best: Sequence[ScoredMemory], purpose: str, view: View) -> None:
        place = (view.month, view.phase)
        ordinal = self._retrievals.get(place, 0)
        self._retrievals[place] = ordinal + 1
        retrieval = Retrieval(
            site=view.state.site,
            month=view.month,
            phase=view.phase,
            member=self.name,
            purpose=purpose,
            ordinal=ordinal,
            query=query,
            memories=tuple(_as_scored(item) for item in best),
        )
        self._recorder.note(retrieval)


def _as_passages(memories: Sequence[Memory]) -> list[Passage]:
    return [
        Passage(kind="memory", text=str(memory), is_essential=memory.is_always_retrieved)
        for memory in in_order_of_time(memories)
    ]


def _as_line(memory: Memory, member: str, view: View) -> MemoryLine:
    return MemoryLine(
        site=view.state.site,
        month=view.month,
        phase=view.phase,
        member=member,
        ordinal=memory.id,
        type=memory.type,
        description=memory.description,
        created=memory.created.isoformat(),
        expires=memory.expires.isoformat(),
        importance=memory.importance,
        is_always_retrieved=memory.is_always_retrieved,
        is_agreement=memory.topic is not None,
    )


def _as_scored(item: ScoredMemory) -> Scored:
    return Scored(
        memory=item.memory.id,
        recency=round(item.recency, 6),
        importance=round(item.importance, 6),
        relevance=round(item.relevance, 6),
        score=round(item.score, 6),
    )
