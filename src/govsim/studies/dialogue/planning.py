"""Planning of studies in which judges annotate runs, and of studies that check judges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from govsim.agents import Line
from govsim.config import Layer, Models, ReplyFormat, SocietySettings, World, validate
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
from govsim.scenarios import FORMAT_TEMPLATES, Prompts, Scenario, load_scenario
from govsim.studies.dialogue.discussions import EVENTS_READ, DiscussionExcerpt, DiscussionLine
from govsim.studies.dialogue.judge_question import QUESTIONS, JudgeQuestion, item_of, items_of, judged_line
from govsim.studies.dialogue.judging import LABELLING
from govsim.studies.study import Item, StudyJob, study_label

_SHARED = ("conversation", "reask")
_COMMON = "judge"
"""Name of the template that begins every prompt for a judge."""

MAX_SAMPLES = 1_000
"""Maximum number of samples per judge; each is a study with its own journal."""

CHECKS_FOLDER = "judges"
"""Subfolder of the output folder for the journals of checks."""

_CHECK_DATE = "2024-01-30"
_CHECK_SCENARIO = "fishery"
_PACKAGE = resources.files("govsim.studies.dialogue")


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogueSettings:
    """Which runs are judged, by which judges, and how.

    Attributes:
        folder: folder with journals of runs, searched recursively.
        judges: names of the judges' models.
        asked: names of questions.
        samples: number of times that each judge is asked each question.
        settings: keys of `models` that differ from the default, such as `sampling` and `extra_body`.
    """

    folder: Path
    judges: Sequence[str]
    asked: Sequence[str] = ("labels", "promises")
    samples: int = 1
    settings: Layer


class Example(Frozen):
    """An utterance with a known label."""

    label: LabelName
    """Its main function."""
    speaker: str
    """The speaker."""
    text: Annotated[str, Field(min_length=1)]
    """The utterance."""
    before: tuple[str, ...] = ()
    """Preceding utterances that are needed to understand it, each as `NAME: TEXT`."""


@cache
def examples() -> tuple[Example, ...]:
    """Return the utterances used to check judges: at least ten for each label, written for this purpose."""
    content = _PACKAGE / "examples.yaml"
    return TypeAdapter(tuple[Example, ...]).validate_python(parse_yaml(content.read_bytes()))


def plan_dialogue(
    wanted: DialogueSettings, *, runs: Sequence[Path] | None = None, broken: Broken | None = None
) -> list[StudyJob]:
    """Plan a study for each run, question, judge and sample; runs without anything to judge are skipped.

    Args:
        wanted: the runs, judges and questions.
        runs: paths of the journals to judge; all in the folder if None.
        broken: called with the error for each unreadable journal, which is skipped; if None, the error is raised.

    Raises:
        ConfigError: a setting is invalid; names it.
        JournalError: there is no readable journal.
    """
    asked = {name: QUESTIONS.get(name, key="ask") for name in wanted.asked}
    chosen = [asked[name] for name in QUESTIONS.names if name in asked]
    judges = [models_of(judge, wanted.settings) for judge in dict.fromkeys(wanted.judges)]
    for judge in judges:
        _check_samples(wanted.samples, judge)

    def read(path: Path) -> list[StudyJob]:
        journal = read_journal(path, kinds=EVENTS_READ, on_truncated=None if wanted.folder.is_file() else broken)
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
    """Plan the study in which a judge labels the examples.

    Args:
        judge: name of the judge's model.
        settings: keys of `models` that differ from the default.
        out: the output folder.

    Raises:
        ConfigError: a setting is invalid; names it.
    """
    models = models_of(judge, settings)
    scenario = with_judge_templates(load_scenario(_CHECK_SCENARIO), replies=models.replies)
    prompts = Prompts(scenario, World(), replies=models.replies)
    path = out / CHECKS_FOLDER / judge_label(models) / f"check{STUDY_SUFFIX}"
    items = (_example(example, number, prompts) for number, example in enumerate(examples()))
    return StudyJob.of(path, JudgeCheck(), models, scenario, items)


def _example(example: Example, number: int, prompts: Prompts) -> Item:
    before = [Line(speaker=name, text=text) for name, _, text in (line.partition(": ") for line in example.before)]
    said = DiscussionLine(
        speaker=example.speaker, by=example.speaker, text=example.text, said=example.text, ordinal=number
    )
    discussion = DiscussionExcerpt(date=_CHECK_DATE, speakers=SocietySettings().members, lines=(*before, said))
    judged = judged_line(
        said, discussion, month=0, phase="discussion", capacity=World().capacity, expected=example.label
    )
    return item_of(LABELLING, judged, prompts)


def models_of(judge: str, settings: Layer) -> Models:
    """Return the model settings of a judge.

    Raises:
        ConfigError: a setting is invalid; names it.
        ModelUnavailable: the file of a local model cannot be used.
    """
    return identified_models(validate(Models, [settings, {"default": judge}], source="models"))


def judge_label(models: Models) -> str:
    """Return the judge's name, with a short hash of its settings if they differ from the default."""
    judge = str(models.default)
    return study_label(judge, models_of(judge, {}).model_dump(mode="json"), models.model_dump(mode="json"))


def with_judge_templates(scenario: Scenario, *questions: JudgeQuestion, replies: ReplyFormat = "text") -> Scenario:
    """Return a scenario with only the templates of the built-in questions and some others.

    They are the same for every run, and studies with built-in questions do not depend on installed plug-ins.

    Args:
        scenario: the scenario.
        questions: the other questions.
        replies: the reply format.
    """
    own = {name: text for question in questions for name, text in question.templates.items()}
    return scenario.model_copy(update={"templates": {**_templates(replies), **own}})


@cache
def _templates(replies: ReplyFormat) -> dict[str, str]:
    shared = load_scenario("fishery", replies=replies).templates
    common = (_PACKAGE / "prompts" / f"{_COMMON}.jinja").read_text(encoding="utf-8")
    own = {
        name: text
        for extension in QUESTIONS
        if extension.origin == GOVSIM
        for name, text in extension.value.templates.items()
    }
    return {**{name: shared[name] for name in (*_SHARED, FORMAT_TEMPLATES[replies])}, _COMMON: common, **own}


def _check_samples(samples: int, models: Models) -> None:
    if not 1 <= samples <= MAX_SAMPLES:
        raise ConfigError(f"samples = {samples}: must be from 1 to {MAX_SAMPLES:,}")
    if samples > 1 and models.sampling.temperature == 0:
        raise ConfigError(
            f"samples = {samples}: at models.sampling.temperature = 0 all samples are identical; set a "
            "higher temperature with --set models.sampling.temperature=0.7"
        )
