"""The framework's own model: it writes talks up and reads agreements from them. It is no member."""

from __future__ import annotations

from govsim.agents import Conversation, TalkOutcome, make_question
from govsim.agents.sentences import one_line
from govsim.concurrency import together
from govsim.journal import FRAMEWORK
from govsim.models.asking import Asker
from govsim.models.client import LanguageModel
from govsim.models.question import Occasion, Reply
from govsim.models.reply_format import Field, NumberField, TextField
from govsim.scenarios import Prompts

SUMMARY, IMPORTANCE, LIMIT = "Summary", "Importance", "Limit"


class Framework:
    """Writes up talks."""

    def __init__(self, model: LanguageModel, prompts: Prompts, asker: Asker, *, rates_talks: bool) -> None:
        """Set up the framework.

        Args:
            model: who answers.
            prompts: the words of the society's world.
            asker: the one place that asks.
            rates_talks: whether the summary comes with a rating.
        """
        self._model = model
        self._prompts = prompts
        self._asker = asker
        self._rates_talks = rates_talks

    async def write_up(self, conversation: Conversation) -> TalkOutcome:
        """The summary of a talk and the limit agreed in it; None for what cannot be read."""
        summary_fields: tuple[Field, ...] = (TextField(tag=SUMMARY, what="one sentence"),)
        if self._rates_talks:
            summary_fields += (NumberField(tag=IMPORTANCE, low=1, high=10),)
        capacity = conversation.observation.state.capacity
        limit_fields = (NumberField(tag=LIMIT, low=0, high=capacity, may_be_none=True, units=self._prompts.units),)
        summary, limit = await together(
            (
                self._ask("summary", summary_fields, conversation),
                self._ask("limit", limit_fields, conversation),
            )
        )
        text = summary.text(SUMMARY)
        return TalkOutcome(
            summary=one_line(text) if text else None,
            importance=summary.number(IMPORTANCE),
            limit=limit.number(LIMIT),
        )

    async def _ask(self, purpose: str, fields: tuple[Field, ...], conversation: Conversation) -> Reply:
        question = make_question(
            self._prompts,
            purpose=purpose,
            system=self._prompts.render("framework"),
            template=purpose,
            fields=fields,
            talk=conversation,
            variables={"rates": self._rates_talks},
        )
        observation = conversation.observation
        occasion = Occasion(month=observation.state.month, phase=observation.phase)
        return await self._asker.ask(question, model=self._model, member=FRAMEWORK, occasion=occasion)
