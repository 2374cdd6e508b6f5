"""What every member with a language model has: its model, its prompts, and the questions both kinds of agent ask."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from govsim.agents.protocol import Conversation, Decision, Observation, Spoken
from govsim.agents.sentences import one_line
from govsim.config import Persona
from govsim.journal import Recorder
from govsim.models.asking import Asker
from govsim.models.client import LanguageModel
from govsim.models.question import Message, Occasion, Question, Reply
from govsim.models.reply_format import YES_NO, ChoiceField, Field, NumberField, TextField, format_lines
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
        text: str,
        fields: tuple[Field, ...],
        observation: Observation,
        *,
        history: tuple[Message, ...] = (),
        talk: Conversation | None = None,
    ) -> Reply:
        """Ask this member's model.

        Args:
            purpose: what for.
            text: the question, without the lines that say how to reply.
            fields: what the reply is to contain.
            observation: when, and in which company.
            history: messages on what this member has lived through.
            talk: the talk that the question is about.
        """
        said = () if talk is None else (said_so_far(self.prompts, talk),)
        own = (self._identity(observation), *history)
        # What all members share comes first, so that a provider reads it once; but a history is longer than a talk.
        before = (*own, *said) if history else (*said, *own)
        messages = (self._rules(observation), *before, asking(self.prompts, text, fields))
        again = partial(asking_again, self.prompts, fields)
        question = Question(purpose=purpose, messages=messages, fields=fields, again=again)
        occasion = Occasion(month=observation.state.month, phase=observation.phase)
        return await self.asker.ask(question, model=self.model, member=self.name, occasion=occasion)

    async def decide(
        self, observation: Observation, memories: list[str], history: tuple[Message, ...] = ()
    ) -> Decision:
        """Ask how much to harvest: between nothing and the stock."""
        stock = observation.state.stock
        text = self.prompts.render(
            "harvest",
            date=observation.date,
            memories=memories,
            question=self.prompts.render("question", stock=stock),
        )
        reply = await self.ask(
            "harvest", text, (NumberField(tag=ANSWER, low=0, high=stock),), observation, history=history
        )
        return Decision(units=reply.number(ANSWER), invalid=reply.invalid)

    async def say(self, conversation: Conversation, memories: list[str], history: tuple[Message, ...] = ()) -> Spoken:
        """Ask for a line of a talk."""
        fields = (
            TextField(tag=SAY, what="what you say to the others"),
            ChoiceField(tag=END, options=YES_NO),
            ChoiceField(tag=NEXT, options=conversation.others, unless=(END, "yes")),
        )
        text = self.prompts.render("line", name=self.name, memories=memories)
        reply = await self.ask("line", text, fields, conversation.observation, history=history, talk=conversation)
        said = reply.text(SAY)
        return Spoken(
            text=one_line(said) if said else None,
            ends=reply.text(END) == "yes",
            next_speaker=reply.text(NEXT),
            invalid=reply.invalid,
        )

    def _rules(self, observation: Observation) -> Message:
        n = len(observation.state.members)
        switches = {"communication": observation.talks, "transparency": observation.reveals}
        return Message(
            role="system", content=self.prompts.standing("system", n=n, rules=self.prompts.rules(n), **switches)
        )

    def _identity(self, observation: Observation) -> Message:
        others = [name for name in observation.state.members if name != self.name]
        persona = self.prompts.render("persona", **self.persona.model_dump()) if self.persona else ""
        text = self.prompts.standing(
            "identity", name=self.name, others=enumeration(others), n=len(others) + 1, persona=persona
        )
        return Message(role="user", content=text)


def asking(prompts: Prompts, text: str, fields: tuple[Field, ...]) -> Message:
    """The message that asks for fields: the text, then how to reply."""
    how = prompts.standing("format", format=format_lines(fields))
    return Message(role="user", content=f"{text}\n\n{how}")


def asking_again(prompts: Prompts, fields: tuple[Field, ...], reason: str) -> str:
    """What is said to a model whose reply could not be read."""
    return asking(prompts, prompts.render("reask", reason=one_line(reason)), fields).content


def said_so_far(prompts: Prompts, conversation: Conversation) -> Message:
    """The message that tells what has been said in a talk, the same for everyone who is asked about it."""
    text = prompts.render(
        "conversation",
        date=conversation.observation.date,
        names=enumeration(conversation.speakers),
        lines=[str(line) for line in conversation.lines],
    )
    return Message(role="user", content=text)
