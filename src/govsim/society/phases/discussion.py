"""The group discussion: opened by the moderator, one speaker at a time; then summarized and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from govsim.agents import Agent, Answer, Conversation, DiscussionOutcome, Line, Request, View, kind_of
from govsim.agents.sentences import on_one_line
from govsim.calendar import discussion_day, first_day
from govsim.commons import Stream
from govsim.concurrency import together
from govsim.config import Experiment, Section
from govsim.errors import ConfigError
from govsim.journal import MODERATOR, Agreement, Utterance
from govsim.models.fields import YES_NO, ChoiceField, NumberField, TextField
from govsim.models.fields import Field as ReplyField
from govsim.society.outputs import Revealed, Spoken
from govsim.society.phase import PHASES, Phase
from govsim.society.society import Society

LINE = "line"
SAY, END, NEXT = "Say", "End", "Next"
SUMMARY, IMPORTANCE, LIMIT = "Summary", "Importance", "Limit"
RANDOM, FIRST = "random", "first"


@PHASES.register
class DiscussionPhase(Phase):
    """The group discussion, on the second-to-last day of the month, or the first if it precedes the harvest."""

    name = "discussion"
    templates = {"opening": {"asks": True}}
    streams: ClassVar = {"opener": Stream.OPENER, "next speaker": Stream.NEXT_SPEAKER}

    class Settings(Section):
        """Settings of the discussion."""

        opener: str = RANDOM
        """First speaker: a member's name, `random` (drawn every month), or `first` (the first member present)."""
        max_lines: int = Field(10, ge=1)
        """Maximum number of utterances, including the moderator's opening."""
        next_speaker: Literal["others", "anyone"] = "others"
        """Who can be chosen as the next speaker: the `others`, or `anyone`, including the current speaker."""
        fallback_speaker: Literal["random", "first"] = "random"
        """Next speaker if none can be parsed: `random`, or the `first` member present."""
        utterances: Literal["short", "any-length"] = "short"
        """Length of utterances that members are asked for: `short` is one to three sentences."""
        moderator: Literal["question", "report"] = "question"
        """The moderator's opening: a report of the catches with a `question`, or only the `report`."""
        scope: Literal["site", "all"] = Field("site", exclude_if=lambda scope: scope == "site")
        """Who speaks in a run with several sites: the members at each `site` among themselves, or `all` together. In a
        discussion of all, the moderator reports no catches; each site receives its own."""

    settings: Settings

    @property
    def spans_sites(self) -> bool:
        """Whether the members at all sites talk together."""
        return self.settings.scope == "all"

    def check(self, experiment: Experiment, earlier: Sequence[Phase]) -> None:
        """Reject an opener that is not a member."""
        opener, roster = self.settings.opener, experiment.society.members
        if opener not in (RANDOM, FIRST, *roster):
            raise ConfigError(
                f"society.phases.{self.name}.opener = {opener}: must be {RANDOM}, {FIRST} or one of {', '.join(roster)}"
            )

    def templates_needed(self, earlier: Sequence[Phase]) -> Collection[str]:
        """Return the template of the opening, for a discussion before the harvest."""
        return () if any(phase.harvests for phase in earlier) else self.templates

    def needs_framework(self, experiment: Experiment) -> bool:
        """Whether at least two members can speak, as the framework model summarizes the discussion.

        A discussion among scripted agents alone, which do not learn from summaries, is summarized only if there is a
        framework model.
        """
        agents = [experiment.agent_of(name) for name in experiment.society.members]
        speakers = [kind for agent in agents if (kind := kind_of(agent)).answers(agent, LINE)]
        models = experiment.models
        is_useful = any(not kind.is_scripted for kind in speakers) or (models.framework or models.default) is not None
        return experiment.society.communication and len(speakers) > 1 and is_useful

    def announced(self, society: Society) -> Collection[str]:
        """Announce the discussion, if it is enabled and at least two members can speak."""
        is_held = society.experiment.society.communication and len(society.answering(LINE)) > 1
        return ("communication",) if is_held else ()

    async def run(self, society: Society) -> None:
        """Hold the discussion, if at least two members can speak; then process it, if there is a framework model."""
        if not self.announced(society):
            return
        month = society.state.month
        date = first_day(month) if _is_early(society) else discussion_day(month)
        conversation = await self._hold(society, society.view(self, date.isoformat()))
        if society.framework is not None:
            await self._keep(society, conversation)

    async def _hold(self, society: Society, view: View) -> Conversation:
        """Hold the discussion, from the moderator's opening until a speaker ends it or `max_lines` is reached."""
        draws = self.draws(society, "next speaker")
        speakers = {agent.name: agent for agent in society.answering(LINE)}
        speaker = self._opener(society, list(speakers))
        spoken = society.outputs.get(Spoken) or Spoken()
        society.outputs.put(spoken)
        lines = [self._open(society, speaker, spoken)]
        max_lines = self.settings.max_lines
        for number in range(1, max_lines):
            candidates = self._candidates(tuple(speakers), speaker)
            conversation = Conversation(view=view, speakers=tuple(speakers), lines=tuple(lines))
            answer = await society.ask_one(speakers[speaker], self._request(conversation, speaker, candidates))
            if text := _said(answer):
                lines.append(Line(speaker=speaker, text=text))
            is_last = number == max_lines - 1 or (answer.text(END) == "yes" and text is not None)
            following = None if is_last else answer.text(NEXT) or self._fallback(candidates, draws)
            society.recorder.write(self._utterance(view.month, spoken.lines, speaker, answer, following))
            spoken.lines += 1
            if following is None:
                break
            speaker = following
        return Conversation(view=view, speakers=tuple(speakers), lines=tuple(lines))

    async def _keep(self, society: Society, conversation: Conversation) -> None:
        """Summarize the discussion while its speakers process it, and record the agreement."""
        outcome = asyncio.ensure_future(_write_up(society, conversation))
        speakers: list[Agent] = society.answering(LINE)
        try:
            await together(
                agent.after_discussion(
                    replace(conversation, view=society.local(conversation.view, agent.name)), outcome
                )
                for agent in speakers
            )
            result = await outcome
        finally:
            outcome.cancel()
            # Its remaining events must be recorded before the end of the run.
            await asyncio.gather(outcome, return_exceptions=True)
        society.outputs.put(result)
        society.recorder.note(
            Agreement(
                month=conversation.view.month,
                phase=self.name,
                summary=result.summary,
                importance=result.importance,
                limit=result.limit,
            )
        )

    def _opener(self, society: Society, speakers: list[str]) -> str:
        """Return the first speaker: the chair or the configured one if able to speak, or else a random one."""
        chair = society.institutions.chair
        named = chair if chair in speakers else self.settings.opener
        if named in speakers:
            return named
        return speakers[0] if named == FIRST else _draw(tuple(speakers), self.draws(society, "opener"))

    def _candidates(self, speakers: tuple[str, ...], speaker: str) -> tuple[str, ...]:
        """Return the possible next speakers, in roster order."""
        is_anyone = self.settings.next_speaker == "anyone"
        return tuple(name for name in speakers if is_anyone or name != speaker)

    def _fallback(self, candidates: tuple[str, ...], draws: np.random.Generator) -> str:
        """Return the next speaker if none can be parsed."""
        return candidates[0] if self.settings.fallback_speaker == FIRST else _draw(candidates, draws)

    def _request(self, conversation: Conversation, speaker: str, candidates: tuple[str, ...]) -> Request:
        """Build the request for an utterance: its text, whether it ends the discussion, and the next speaker."""
        return Request(
            purpose=LINE,
            template="line",
            fields=(
                TextField(tag=SAY, what="what you say to the others"),
                ChoiceField(tag=END, options=YES_NO),
                ChoiceField(tag=NEXT, options=candidates, unless=(END, "yes")),
            ),
            view=conversation.view,
            variables={
                "name": speaker,
                "is_short": self.settings.utterances == "short",
                "may_continue": speaker in candidates,
            },
            discussion=conversation,
            keeps_parts=True,
        )

    def _open(self, society: Society, opener: str, spoken: Spoken) -> Line:
        revealed = society.outputs.get(Revealed) or Revealed(catches={})
        catches = [f"{name} {units}" for name, units in revealed.catches.items()]
        prompts = society.prompts
        asks = self.settings.moderator == "question"
        if _is_early(society):
            text = prompts.render("opening", asks=asks)
        else:
            text = prompts.render(
                "moderator",
                catches=catches,
                asks=asks,
                total=revealed.total,
                are_claims=revealed.are_claims,
                when=revealed.when,
            )
        line = Line(speaker=MODERATOR.capitalize(), text=text)
        society.recorder.write(
            Utterance(
                month=society.state.month,
                phase=self.name,
                member=MODERATOR,
                ordinal=spoken.lines,
                text=line.text,
                next_speaker=opener if self.settings.max_lines > 1 else None,
            )
        )
        spoken.lines += 1
        return line

    def _utterance(self, month: int, ordinal: int, speaker: str, answer: Answer, following: str | None) -> Utterance:
        text = _said(answer)
        return Utterance(
            month=month,
            phase=self.name,
            member=speaker,
            ordinal=ordinal,
            text=text,
            ends=answer.text(END) == "yes" and text is not None,
            next_speaker=following,
            next_is_drawn=following is not None and following != answer.text(NEXT),
            invalid=answer.invalid,
        )


def _is_early(society: Society) -> bool:
    """Whether the discussion precedes the harvest; journals of older versions have no template for that."""
    return not society.is_harvested and "opening" in society.prompts.scenario.templates


def _said(answer: Answer) -> str | None:
    """Return the text of the utterance on one line; None if it could not be parsed."""
    said = answer.text(SAY)
    return on_one_line(said) if said else None


def _draw(names: tuple[str, ...], draws: np.random.Generator) -> str:
    return sorted(names)[int(draws.integers(len(names)))]


async def _write_up(society: Society, conversation: Conversation) -> DiscussionOutcome:
    """Have the framework model summarize a discussion and extract the agreed limit; None for what cannot be parsed."""
    framework = society.framework
    assert framework is not None, "discussions are summarized only if there is one"
    rates = society.experiment.society.cognition == "merged"
    view = conversation.view
    summary_fields: tuple[ReplyField, ...] = (TextField(tag=SUMMARY, what="one sentence"),)
    if rates:
        summary_fields += (NumberField(tag=IMPORTANCE, low=1, high=10),)
    limit_fields = (
        NumberField(tag=LIMIT, low=0, high=view.state.capacity, may_be_none=True, units=society.prompts.units),
    )
    summary, limit = await together(
        (
            framework.ask("summary", summary_fields, view, discussion=conversation, rates=rates),
            framework.ask("limit", limit_fields, view, discussion=conversation),
        )
    )
    text = summary.text(SUMMARY)
    return DiscussionOutcome(
        summary=on_one_line(text) if text else None,
        importance=summary.number(IMPORTANCE),
        limit=limit.number(LIMIT),
    )
