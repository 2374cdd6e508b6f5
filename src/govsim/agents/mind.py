"""What every member with a language model has: its model, its prompts, and the questions both kinds of agent ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from govsim.agents.protocol import Conversation, Decision, Observation, Spoken
from govsim.agents.questions import make_question
from govsim.agents.sentences import one_line
from govsim.config import Persona
from govsim.journal import Recorder
from govsim.models.asking import Asker
from govsim.models.client import LanguageModel
from govsim.models.question import Occasion, Passage, Reply
from govsim.models.reply_format import YES_NO, ChoiceField, Field, NumberField, TextField
from govsim.scenarios import Prompts, enumeration

ANSWER, SAY, END, NEXT = "Answer", "Say", "End", "Next"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """One member's means of thinking.

    Attributes:
        name: the member's.
        persona: what it is told of itself.
        model: who answers for it.
        prompts: the words of its world.
        asker: the one place that asks.
        recorder: the run's journal.
    """

    name: str
    persona: Persona | None
    model: LanguageModel
    prompts: Prompts
    asker: Asker
    recorder: Recorder

    async def ask(
        self,
        purpose: str,
        template: str,
        fields: tuple[Field, ...],
        observation: Observation,
        *,
        passages: Sequence[Passage] = (),
        talk: Conversation | None = None,
        **variables: object,
    ) -> Reply:
        """Ask this member's model.

        Args:
            purpose: what for.
            template: the words of the question.
            fields: what the reply is to contain.
            observation: when, and in which company.
            passages: past months, and memories.
            talk: the talk that the question is about.
            **variables: what else the template needs.
        """
        question = make_question(
            self.prompts,
            purpose=purpose,
            system=self._rules(observation),
            identity=self._identity(observation),
            talk=talk,
            template=template,
            fields=fields,
            passages=passages,
            variables=variables,
        )
        occasion = Occasion(month=observation.state.month, phase=observation.phase)
        return await self.asker.ask(question, model=self.model, member=self.name, occasion=occasion)

    async def decide(self, observation: Observation, passages: Sequence[Passage]) -> Decision:
        """Ask how much to harvest: between nothing and the stock."""
        stock = observation.state.stock
        reply = await self.ask(
            "harvest",
            "harvest",
            (NumberField(tag=ANSWER, low=0, high=stock, units=self.prompts.units),),
            observation,
            passages=passages,
            date=observation.date,
            question=self.prompts.render("question", stock=stock),
        )
        units = None if reply.invalid is not None else reply.number(ANSWER)
        return Decision(units=units, invalid=reply.invalid, refusals=reply.refusals)

    async def say(self, conversation: Conversation, passages: Sequence[Passage]) -> Spoken:
        """Ask for a line of a talk."""
        fields = (
            TextField(tag=SAY, what="what you say to the others"),
            ChoiceField(tag=END, options=YES_NO),
            ChoiceField(tag=NEXT, options=conversation.others, unless=(END, "yes")),
        )
        reply = await self.ask(
            "line", "line", fields, conversation.observation, passages=passages, talk=conversation, name=self.name
        )
        said = reply.text(SAY)
        return Spoken(
            text=one_line(said) if said else None,
            ends=reply.text(END) == "yes",
            next_speaker=reply.text(NEXT),
            invalid=reply.invalid,
        )

    def _rules(self, observation: Observation) -> str:
        n = len(observation.state.members)
        switches = {"communication": observation.talks, "transparency": observation.reveals}
        return self.prompts.standing("system", n=n, rules=self.prompts.rules(n), **switches)

    def _identity(self, observation: Observation) -> str:
        others = [name for name in observation.state.members if name != self.name]
        persona = self.prompts.render("persona", **self.persona.model_dump()) if self.persona else ""
        return self.prompts.standing(
            "identity", name=self.name, others=enumeration(others), n=len(others) + 1, persona=persona
        )
