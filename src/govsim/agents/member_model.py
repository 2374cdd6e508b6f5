"""The language model of a member, with its prompts and the composition of its questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from govsim.agents.prompting import make_question
from govsim.agents.protocol import Answer, Conversation, Notice, Request
from govsim.agents.view import View
from govsim.characters import enumerated
from govsim.config import Persona
from govsim.models.asking import Asker
from govsim.models.client import LanguageModel
from govsim.models.fields import Field
from govsim.models.question import Occasion, Passage, Reply
from govsim.scenarios import Prompts

ANNOUNCEMENTS = (
    *("communication", "transparency"),
    *("transparency_total", "transparency_neighbours", "transparency_self_reported"),
)
"""Features of the coming months that the prompt `system` can announce."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberModel:
    """The language model of one member.

    Attributes:
        name: the member's name.
        persona: what the member's prompts state about it.
        model: the model.
        prompts: the prompts of the simulation, by site; only those of None if there are no sites.
        asker: sends all questions of the run.
    """

    name: str
    persona: Persona | None
    model: LanguageModel
    prompts: Mapping[str | None, Prompts]
    asker: Asker

    async def ask(
        self,
        purpose: str,
        template: str,
        fields: tuple[Field, ...],
        view: View,
        *,
        passages: Sequence[Passage] = (),
        discussion: Conversation | None = None,
        **variables: object,
    ) -> Reply:
        """Ask this member's model a question.

        Args:
            purpose: purpose of the question.
            template: prompt template of the question.
            fields: what the reply must contain.
            view: the date, and the members present.
            passages: past months, and memories.
            discussion: the discussion that the question is about.
            **variables: further variables of the template.
        """
        question = make_question(
            self.prompts_at(view),
            purpose=purpose,
            system=self._system_texts(view),
            identity=self._identity(view),
            discussion=discussion,
            template=template,
            fields=fields,
            passages=passages,
            variables={"name": self.name, **variables},
        )
        occasion = Occasion(month=view.month, phase=view.phase, site=view.state.site)
        return await self.asker.ask(question, model=self.model, member=self.name, occasion=occasion)

    async def answer(self, request: Request, passages: Sequence[Passage]) -> Answer:
        """Answer a request with this member's model.

        Args:
            request: request of the society.
            passages: past months and memories shown in the prompt.
        """
        reply = await self.ask(
            request.purpose,
            request.template,
            request.fields,
            request.view,
            passages=passages,
            discussion=request.discussion,
            **request.variables,
        )
        return request.answer(reply.values, reply.invalid, reply.refusals)

    def rendered(self, notice: Notice, view: View) -> str:
        """Render a notice for this member."""
        return self.prompts_at(view).render(notice.template, **{"name": self.name, **notice.variables})

    def prompts_at(self, view: View) -> Prompts:
        """Return the prompts of the member's site."""
        return self.prompts[view.state.site]

    def _system_texts(self, view: View) -> tuple[str, ...]:
        """Return the rules of the commons, then those of institutions in force; identical for all members."""
        n = len(view.state.members)
        switches = {name: name in view.announced for name in ANNOUNCEMENTS}
        prompts = self.prompts_at(view)
        rules = prompts.render_cached("system", n=n, rules=prompts.rules(n), **switches)
        return (rules, "\n".join(view.terms)) if view.terms else (rules,)

    def _identity(self, view: View) -> str:
        others = [name for name in view.state.members if name != self.name]
        prompts = self.prompts_at(view)
        persona = prompts.render("persona", **self.persona.model_dump()) if self.persona else ""
        return prompts.render_cached(
            "identity", name=self.name, others=enumerated(others), n=len(others) + 1, persona=persona
        )
