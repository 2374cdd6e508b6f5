"""From the journals of runs to the studies in which judges read them; and to those in which judges are checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from govsim.agents import Line
from govsim.config import Layer, Models, Replies, Society, World, validate
from govsim.config.section import Frozen
from govsim.config.yaml import parse as parse_yaml
from govsim.errors import ConfigError
from govsim.journal import (
    STUDY_SUFFIX,
    Broken,
    Journal,
    JudgeCheck,
    Judging,
    LabelName,
    read_each,
    read_journal,
)
from govsim.models.local_weights import identified_models
from govsim.plugins import GOVSIM
from govsim.scenarios import FORMATS, Prompts, Scenario, load_scenario
from govsim.studies.dialogue.judging import LABELLING
from govsim.studies.dialogue.question import QUESTIONS, JudgeQuestion, item_of, items_of, judged_line
from govsim.studies.dialogue.talks import KINDS, Said, ShownTalk
from govsim.studies.study import Item, StudyJob, study_label

_SHARED = ("conversation", "reask")
_COMMON = "judge"
"""The template that every judge is told first."""

MOST_SAMPLES = 1_000
"""The most samples of one judge: each is a study with a journal of its own."""


CHECKS = "judges"
"""Where the journals of checks lie below the output folder."""

_CHECK_DATE = "2024-01-30"
_CHECK_SCENARIO = "fishery"
_PACKAGE = resources.files("govsim.studies.dialogue")


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogueSettings:
    """What judges are asked, and how.

    Attributes:
        folder: where the journals of runs lie, at any depth.
        judges: who judges, by name.
        asked: names of questions.
        samples: how often each judge is asked the same.
        settings: keys of `models` that differ from the default, such as `sampling` and `extra_body`.
    """

    folder: Path
    judges: Sequence[str]
    asked: Sequence[str] = ("labels", "promises")
    samples: int = 1
    settings: Layer


class Example(Frozen):
    """An utterance whose label is known."""

    label: LabelName
    """What it mainly does."""
    speaker: str
    """Who says it."""
    text: Annotated[str, Field(min_length=1)]
    """What is said."""
    before: tuple[str, ...] = ()
    """The lines before it, each as `NAME: what is said`, where it cannot be understood without."""


@cache
def examples() -> tuple[Example, ...]:
    """The utterances that judges are checked with: at least ten for each label, written for this purpose."""
    content = _PACKAGE / "examples.yaml"
    return TypeAdapter(tuple[Example, ...]).validate_python(parse_yaml(content.read_bytes()))


def plan_dialogue(
    wanted: DialogueSettings, *, runs: Sequence[Path] | None = None, broken: Broken | None = None
) -> list[StudyJob]:
    """A study for each run, judge, sample and thing to ask; none where a run holds nothing to judge.

    Args:
        wanted: what judges are asked.
        runs: the journals of the runs that judges are asked about; all in the folder if None.
        broken: told of each run's journal that cannot be read, which is then left out; raised when None.

    Raises:
        ConfigError: a setting cannot be used; names it.
        JournalError: there is no journal, or none that can be read.
    """
    asked = {name: QUESTIONS.get(name, key="ask") for name in wanted.asked}
    chosen = [asked[name] for name in QUESTIONS.names if name in asked]
    judges = [models_of(judge, wanted.settings) for judge in dict.fromkeys(wanted.judges)]
    for judge in judges:
        _check_samples(wanted.samples, judge)

    def read(path: Path) -> list[StudyJob]:
        journal = read_journal(path, kinds=KINDS, torn=None if wanted.folder.is_file() else broken)
        return [plan for question in chosen for plan in _plans(journal, question, judges, wanted.samples)]

    found = read_each(wanted.folder, read, broken) if runs is None else map(read, runs)
    return [plan for plans in found for plan in plans]


def _plans(journal: Journal, question: JudgeQuestion, judges: Sequence[Models], samples: int) -> Iterator[StudyJob]:
    replies = judges[0].replies
    scenario = with_judge_templates(journal.header.scenario, question, replies=replies)
    items = tuple(items_of(question, journal, Prompts(scenario, journal.header.experiment.world, replies=replies)))
    if not items:
        return
    for judge in judges:
        for sample in range(1, samples + 1):
            rater = judge_label(judge) + (f".{sample}" if sample > 1 else "")
            subject = Judging(study=question.name, journal=journal.path.name, rater=rater, sample=sample)
            path = journal.path.with_name(f"{journal.path.stem}.{question.name}.{rater}{STUDY_SUFFIX}")
            yield StudyJob.of(path, subject, judge, scenario, items)


def plan_check(judge: str, settings: Layer, out: Path) -> StudyJob:
    """The study in which a judge labels the examples.

    Args:
        judge: who judges, by name.
        settings: keys of `models` that differ from the default.
        out: the output folder.

    Raises:
        ConfigError: a setting cannot be used; names it.
    """
    models = models_of(judge, settings)
    scenario = with_judge_templates(load_scenario(_CHECK_SCENARIO), replies=models.replies)
    prompts = Prompts(scenario, World(), replies=models.replies)
    path = out / CHECKS / judge_label(models) / f"check{STUDY_SUFFIX}"
    items = (_example(example, number, prompts) for number, example in enumerate(examples()))
    return StudyJob.of(path, JudgeCheck(), models, scenario, items)


def _example(example: Example, number: int, prompts: Prompts) -> Item:
    before = [Line(speaker=name, text=text) for name, _, text in (line.partition(": ") for line in example.before)]
    said = Said(speaker=example.speaker, by=example.speaker, text=example.text, said=example.text, ordinal=number)
    talk = ShownTalk(date=_CHECK_DATE, speakers=Society().members, lines=(*before, said))
    judged = judged_line(said, talk, month=0, phase="discussion", capacity=World().capacity, expected=example.label)
    return item_of(LABELLING, judged, prompts)


def models_of(judge: str, settings: Layer) -> Models:
    """A judge, and how it is asked.

    Raises:
        ConfigError: a setting cannot be used; names it.
        ModelUnavailable: the file of a local model cannot be used.
    """
    return identified_models(validate(Models, [settings, {"default": judge}], source="models"))


def judge_label(models: Models) -> str:
    """The judge's name, and a short hash of how it is asked where that is not the usual way."""
    judge = str(models.default)
    return study_label(judge, models_of(judge, {}).model_dump(mode="json"), models.model_dump(mode="json"))


def with_judge_templates(scenario: Scenario, *questions: JudgeQuestion, replies: Replies = "text") -> Scenario:
    """A scenario with the templates of govsim's questions, those of some others, and no more.

    They are the same for every run, and studies of govsim's questions are the same whatever is installed.

    Args:
        scenario: the words.
        questions: the others.
        replies: the form of replies.
    """
    own = {name: text for question in questions for name, text in question.templates.items()}
    return scenario.model_copy(update={"templates": {**_templates(replies), **own}})


@cache
def _templates(replies: Replies) -> dict[str, str]:
    shared = load_scenario("fishery", replies=replies).templates
    common = (_PACKAGE / "prompts" / f"{_COMMON}.jinja").read_text(encoding="utf-8")
    own = {
        name: text
        for extension in QUESTIONS
        if extension.origin == GOVSIM
        for name, text in extension.value.templates.items()
    }
    return {**{name: shared[name] for name in (*_SHARED, FORMATS[replies])}, _COMMON: common, **own}


def _check_samples(samples: int, models: Models) -> None:
    if not 1 <= samples <= MOST_SAMPLES:
        raise ConfigError(f"samples = {samples}: must be from 1 to {MOST_SAMPLES:,}")
    if samples > 1 and models.sampling.temperature == 0:
        raise ConfigError(
            f"samples = {samples}: at models.sampling.temperature = 0 a judge answers alike every time; set "
            "a higher one with --set models.sampling.temperature=0.7"
        )
