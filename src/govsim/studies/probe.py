"""Planning of contamination probes: whether a model recognizes the experiment of the paper from its description."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from govsim.agents import make_question
from govsim.config import Layer, ReplyFormat, experiment_from
from govsim.errors import ConfigError
from govsim.jobs.plan import check_secrets
from govsim.journal import STUDY_SUFFIX, Probing, Recognition, recognizes
from govsim.models.answers import ANY
from govsim.models.fields import Field, NumberField, TextField
from govsim.models.local_weights import with_identified_models
from govsim.models.question import Occasion, Reply
from govsim.scenarios import FORMAT_TEMPLATES, Prompts, Scenario, load_scenario
from govsim.studies.study import Item, StudyJob, study_label

MAX_SAMPLES = 1_000
"""Maximum number of answers to each question."""

PROBE_FOLDER = "probe"
"""Subfolder of the output folder for the journals of probes."""

_FOLDER = resources.files("govsim.studies") / "prompts"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeQuestion:
    """A question about the experiment of the paper that its description does not answer.

    Attributes:
        name: its name in journals and tables; its template is `probe-NAME.jinja`.
        field: what the reply must contain.
        expected: the answers that show recognition: names that a reply contains, or a number that it equals.
    """

    name: str
    field: Field
    expected: tuple[str, ...]


PROBES = (
    ProbeQuestion(
        name="game",
        field=TextField(tag="Name", what="a name"),
        expected=("GovSim", "Governance of the Commons Simulation"),
    ),
    ProbeQuestion(
        name="paper",
        field=TextField(tag="Paper", what="a title and an author"),
        expected=("Cooperate or Collapse", "Piatti"),
    ),
    ProbeQuestion(
        name="capacity",
        field=NumberField(tag="Start", low=0, high=ANY, may_be_none=True),
        expected=("100",),
    ),
    ProbeQuestion(
        name="threshold",
        field=NumberField(tag="Most", low=0, high=ANY, may_be_none=True),
        expected=("10",),
    ),
)
"""All questions of a probe, in the order of tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSettings:
    """Which models to probe, and how.

    Attributes:
        models: names of models.
        scenarios: names or folders of the scenarios that are described.
        samples: number of answers to each question.
        out: the output folder.
        settings: keys of `models` that differ from the defaults.
    """

    models: Sequence[str]
    scenarios: Sequence[str]
    samples: int = 1
    out: Path = Path("runs")
    settings: Layer


def plan_probes(wanted: ProbeSettings) -> list[StudyJob]:
    """Plan a study for each model and scenario.

    Raises:
        ConfigError: a setting is invalid; names it.
        ScenarioError: a scenario is invalid.
    """
    if not 1 <= wanted.samples <= MAX_SAMPLES:
        raise ConfigError(f"samples = {wanted.samples}: must be from 1 to {MAX_SAMPLES:,}")
    return [
        _plan(wanted, reference, model)
        for model in dict.fromkeys(wanted.models)
        for reference in dict.fromkeys(wanted.scenarios)
    ]


def _plan(wanted: ProbeSettings, reference: str, model: str) -> StudyJob:
    default = experiment_from({"models": {"default": model}})
    experiment = with_identified_models(experiment_from(wanted.settings, {"models": {"default": model}}))
    if wanted.samples > 1 and experiment.models.sampling.temperature == 0:
        raise ConfigError(
            f"samples = {wanted.samples}: at temperature 0, further answers are copies of the first; use 1 sample, or "
            "--set models.sampling.temperature=1"
        )
    replies = experiment.models.replies
    scenario = _with_templates(load_scenario(reference, replies=replies), replies)
    prompts = Prompts(scenario, experiment.world, replies=replies)
    before, settings = ({"models": one.models.model_dump(mode="json")} for one in (default, experiment))
    label = study_label(model, before, settings)
    path = wanted.out / PROBE_FOLDER / scenario.name / f"{label}{STUDY_SUFFIX}"
    study = StudyJob.of(path, Probing(), experiment.models, scenario, _items(prompts, wanted.samples))
    check_secrets(study.header.model_dump(mode="json"))
    return study


def _with_templates(scenario: Scenario, replies: ReplyFormat) -> Scenario:
    """Return a scenario with only the templates of a probe."""
    kept = {name: scenario.templates[name] for name in ("reask", FORMAT_TEMPLATES[replies])}
    names = ("world", *(probe.name for probe in PROBES))
    own = {f"probe-{name}": (_FOLDER / f"probe-{name}.jinja").read_text(encoding="utf-8") for name in names}
    return scenario.model_copy(update={"templates": {**kept, **own}})


def _items(prompts: Prompts, samples: int) -> Iterator[Item]:
    return (_item(probe, sample, prompts) for probe in PROBES for sample in range(samples))


def _item(probe: ProbeQuestion, sample: int, prompts: Prompts) -> Item:
    question = make_question(
        prompts,
        purpose=probe.name,
        system=(),
        template=f"probe-{probe.name}",
        fields=(probe.field,),
        variables={"description": prompts.render_cached("probe-world")},
    )

    def recognition(reply: Reply) -> Recognition:
        value = None if reply.invalid is not None else reply.values.get(probe.field.tag)
        answer = "none" if value is None else str(value)
        return Recognition(
            purpose=probe.name,
            ordinal=sample,
            expected=probe.expected,
            answer=None if reply.invalid is not None else answer,
            is_recognized=None if reply.invalid is not None else recognizes(answer, probe.expected),
            invalid=reply.invalid,
        )

    return Item(
        question=question,
        occasion=Occasion(month=0, phase="probe"),
        member="",
        ordinal=sample,
        line=recognition,
    )
