"""From the journals of runs to the studies in which judges read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from govsim.config import Layer, Models, Replies, flattened, validate
from govsim.errors import ConfigError
from govsim.jobs.plan import labelled, slug
from govsim.journal import (
    STUDY_SUFFIX,
    Broken,
    Journal,
    Judging,
    read_each,
    read_journal,
)
from govsim.models.local_weights import identified_models
from govsim.plugins import GOVSIM
from govsim.scenarios import FORMATS, Prompts, Scenario, load_scenario
from govsim.studies.dialogue.question import QUESTIONS, JudgeQuestion, items_of
from govsim.studies.dialogue.talks import KINDS
from govsim.studies.study import StudyJob, study_of

_SHARED = ("conversation", "reask")
_COMMON = "judge"
"""The template that every judge is told first."""


MOST_SAMPLES = 1_000
"""The most samples of one judge: each is a study with a journal of its own."""


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


def plan_dialogue(wanted: DialogueSettings, *, broken: Broken | None = None) -> list[StudyJob]:
    """A study for each run, judge, sample and thing to ask; none where a run holds nothing to judge.

    Args:
        wanted: what judges are asked.
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
        journal = read_journal(path, kinds=KINDS)
        return [plan for question in chosen for plan in _plans(journal, question, judges, wanted.samples)]

    return [plan for plans in read_each(wanted.folder, read, broken) for plan in plans]


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
            yield StudyJob(path=path, header=study_of(subject, judge, scenario), items=items)


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
    before, after = (dict(flattened(one.model_dump(mode="json"))) for one in (models_of(judge, {}), models))
    return labelled(slug(judge), {key: value for key, value in after.items() if before.get(key) != value})


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
    common = (resources.files("govsim.studies.dialogue") / "prompts" / f"{_COMMON}.jinja").read_text(encoding="utf-8")
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
