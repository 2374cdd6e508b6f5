"""Checking a judge: it labels utterances whose labels are known."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from govsim.agents import Line
from govsim.config import Layer, Society, World
from govsim.config.section import Frozen
from govsim.config.yaml import parse as parse_yaml
from govsim.journal import STUDY_SUFFIX, JudgeCheck, LabelName
from govsim.scenarios import Prompts, load_scenario
from govsim.studies.dialogue.judging import LABELLING
from govsim.studies.dialogue.planning import judge_label, models_of, with_judge_templates
from govsim.studies.dialogue.question import item_of, judged_line
from govsim.studies.dialogue.talks import Said, ShownTalk
from govsim.studies.study import Item, StudyJob, study_of

FOLDER = "judges"
"""Where the journals of checks lie below the output folder."""

_DATE = "2024-01-30"
_SCENARIO = "fishery"


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
    content = resources.files("govsim.studies.dialogue") / "examples.yaml"
    return TypeAdapter(tuple[Example, ...]).validate_python(parse_yaml(content.read_bytes()))


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
    scenario = with_judge_templates(load_scenario(_SCENARIO), replies=models.replies)
    prompts = Prompts(scenario, World(), replies=models.replies)
    return StudyJob(
        path=out / FOLDER / judge_label(models) / f"check{STUDY_SUFFIX}",
        header=study_of(JudgeCheck(), models, scenario),
        items=tuple(_item(example, number, prompts) for number, example in enumerate(examples())),
    )


def _item(example: Example, number: int, prompts: Prompts) -> Item:
    before = [Line(speaker=name, text=text) for name, _, text in (line.partition(": ") for line in example.before)]
    said = Said(speaker=example.speaker, by=example.speaker, text=example.text, said=example.text, ordinal=number)
    talk = ShownTalk(date=_DATE, speakers=Society().members, lines=(*before, said))
    judged = judged_line(said, talk, month=0, phase="discussion", capacity=World().capacity, expected=example.label)
    return item_of(LABELLING, judged, prompts)
