"""The group talks: the moderator opens, then one speaker at a time; afterwards everyone keeps what matters to it."""

from __future__ import annotations

import asyncio

import numpy as np

from govsim.agents import Conversation, Line, Observation, Spoken
from govsim.calendar import talk_day
from govsim.commons import Stream, generator
from govsim.concurrency import together
from govsim.journal import MODERATOR, Agreement, Utterance
from govsim.society.society import Society


class DiscussionPhase:
    """The talk, on the day before the month's last."""

    name = "discussion"

    async def run(self, society: Society) -> None:
        """Talk, if at least two can; then write the talk up and think about it."""
        if not society.talks:
            return
        observation = society.observe(self.name, talk_day(society.state.month).isoformat())
        conversation = await _talk(society, observation)
        await _keep(society, conversation)


async def _talk(society: Society, observation: Observation) -> Conversation:
    """The talk from the moderator's opening to its end: a speaker ends it, or the lines are used up."""
    draws = generator(society.experiment.seed, Stream.NEXT_SPEAKER, observation.state.month)
    speakers = {agent.name: agent for agent in society.speakers}
    speaker = _opener(society, list(speakers))
    lines = [_open(society, speaker)]
    max_lines = society.experiment.society.discussion.max_lines
    for ordinal in range(1, max_lines):
        others = tuple(name for name in speakers if name != speaker)
        conversation = Conversation(
            observation=observation, speakers=tuple(speakers), lines=tuple(lines), others=others
        )
        spoken = await speakers[speaker].speak(conversation)
        if spoken.text is not None:
            lines.append(Line(speaker=speaker, text=spoken.text))
        is_last = ordinal == max_lines - 1 or (spoken.ends and spoken.text is not None)
        following = None if is_last else spoken.next_speaker or _draw(others, draws)
        society.recorder.write(_utterance(observation, ordinal, speaker, spoken, following))
        if following is None:
            break
        speaker = following
    return Conversation(observation=observation, speakers=tuple(speakers), lines=tuple(lines))


async def _keep(society: Society, conversation: Conversation) -> None:
    """Write the talk up while its speakers think about it; everyone learns of what was agreed."""
    assert society.framework is not None, "where two can talk there is a framework model"
    outcome = asyncio.ensure_future(society.framework.write_up(conversation))
    try:
        await together(agent.after_talk(conversation, outcome) for agent in society.speakers)
        talk = await outcome
    finally:
        outcome.cancel()
        await asyncio.gather(outcome, return_exceptions=True)  # what it still has to record comes before the run's end
    month = conversation.observation.state.month
    society.recorder.note(Agreement(month=month, summary=talk.summary, importance=talk.importance, limit=talk.limit))


def _opener(society: Society, speakers: list[str]) -> str:
    """Who opens: the one named in the settings where it is present and can speak, else drawn from the seed."""
    named = society.experiment.society.discussion.opener
    if named in speakers:
        return named
    return _draw(tuple(speakers), generator(society.experiment.seed, Stream.OPENER, society.state.month))


def _draw(names: tuple[str, ...], draws: np.random.Generator) -> str:
    return sorted(names)[int(draws.integers(len(names)))]


def _open(society: Society, opener: str) -> Line:
    catches = [f"{name} {units}" for name, units in society.revealed.items()]
    line = Line(speaker=MODERATOR.capitalize(), text=society.prompts.render("moderator", catches=catches))
    society.recorder.write(
        Utterance(
            month=society.state.month,
            member=MODERATOR,
            ordinal=0,
            text=line.text,
            next_speaker=opener if society.experiment.society.discussion.max_lines > 1 else None,
        )
    )
    return line


def _utterance(
    observation: Observation, ordinal: int, speaker: str, spoken: Spoken, following: str | None
) -> Utterance:
    return Utterance(
        month=observation.state.month,
        member=speaker,
        ordinal=ordinal,
        text=spoken.text,
        ends=spoken.ends and spoken.text is not None,
        next_speaker=following,
        next_is_drawn=following is not None and following != spoken.next_speaker,
        invalid=spoken.invalid,
    )
