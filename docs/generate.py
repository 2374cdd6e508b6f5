"""Generate the reference pages from the types and commands that they describe.

Run ``python docs/generate.py`` to write the pages; with ``--check``, exit with 1 if a page is out of date.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, get_type_hints

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import govsim.inspect
import govsim.testing
from govsim.agents import POLICIES, Policy
from govsim.agents.policies import PREFIX, written_form
from govsim.analysis.columns import FrameColumn, Layout, columns_of
from govsim.analysis.dialogue.frames import DIALOGUE_LAYOUTS
from govsim.analysis.figures import FIGURES
from govsim.analysis.frames import RunKeys, layouts
from govsim.analysis.measures import all_measures
from govsim.analysis.published import DIALOGUE, NOTES, RESULTS, SUBSKILLS
from govsim.analysis.records import CALLS, MEMORIES, STUDIES
from govsim.analysis.skills.frames import SKILL_LAYOUTS
from govsim.cli.main import app
from govsim.config import DeclaredAnalysis, Execution, Experiment, Models, World
from govsim.config.describing import (
    SettingKey,
    documented_fields,
    documented_path,
    inner_model,
    one_sentence,
    setting_keys,
    type_in_words,
)
from govsim.inventory import inventory
from govsim.journal import (
    EVENTS,
    GROUPS,
    RUNS_AND_STUDIES,
    STUDY_SUFFIX,
    Event,
    Header,
    Imported,
    JudgeCheck,
    Judging,
    Probing,
    Scored,
    Shortened,
    Skills,
)
from govsim.journal.growth_lines import ShockLine
from govsim.journal.institution_lines import Account, Charged, ContractDesign, Inspected, MediatorDesign, Points
from govsim.journal.kinds import NUMBERS, TEXTS, declared_kind
from govsim.journal.permit_lines import Order, PermitBid, PermitOffer, Trade
from govsim.plugins import GOVSIM, Extension
from govsim.scenarios import (
    REQUIRED_WORDS,
    SCENARIO_TEMPLATES,
    SHARED_TEMPLATES,
    VARIABLES,
    WORLD_TEMPLATES,
    Scenario,
)
from govsim.scenarios.schema import variables_of

_EVENT_OF_A_PLUGIN = """```python
from typing import Literal

from govsim.journal import Event, Whole


class Vote(Event):
    \"\"\"The vote of one member.\"\"\"

    kind: Literal["vote"] = "vote"
    month: Whole
    phase: str = "vote"
    member: str
    limit: Whole | None
```

```toml
[project.entry-points."govsim.events"]
vote = "govsim_vote:Vote"
```"""

FOLDER = Path(__file__).parent / "reference"

NOTICE = "<!-- Generated from the code by docs/generate.py; do not edit. -->"

_WITHOUT_DOCSTRING = {
    "month": "The month, counted from 1.",
    "phase": "The phase of the month.",
    "member": "The member's name.",
    "hash": "The hash by which `messages` in other lines refer to it.",
    "role": "The role of the message: the rules, the program, or the model itself in an earlier attempt.",
    "content": "The message as sent.",
    "model": "The model that answered.",
    "stock_before": "Units before the harvest.",
    "stock_after_harvest": "Units left after the harvest; determines whether the commons has collapsed.",
    "stock_after_growth": "Units at the start of the next month.",
    "is_collapsed": "Whether fewer units than `world.collapse` were left.",
    "type": "An observation, a thought, the summary of a discussion, or an action of the member.",
    "description": "The remembered sentence.",
    "query": "The search query.",
    "status": "The final status.",
    "study": "The type of study.",
    "recency": "The decay factor to the power of the memory's rank from the newest.",
    "importance": "The rating, scaled.",
    "relevance": "The relevance of the memory to the query.",
}


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(_cell(entry) for entry in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<NAME>", "&lt;NAME&gt;")


def _keys_table(keys: Iterable[SettingKey]) -> str:
    rows = (
        [
            f"`{key.name}`".replace("<NAME>", "NAME").replace("<MODEL>", "MODEL"),
            key.values,
            "required" if key.default is None else f"`{key.default}`",
            key.meaning,
        ]
        for key in keys
    )
    return table(("key", "values", "default", "meaning"), rows)


def _section(name: str, field: FieldInfo) -> Iterator[str]:
    inner = inner_model(field)
    assert inner is not None, "plain keys are in a separate table"
    yield f"### `{name}`"
    yield one_sentence(field.description)
    yield _keys_table(setting_keys(documented_fields(inner), f"{documented_path(name, field)}."))


def _as_link(model: type) -> str:
    if model is DeclaredAnalysis:
        return "[analysis](configuration.md#analysis)"
    return f"[{model.__name__}](#{model.__name__.lower()})"


def configuration() -> str:
    """Return the page of all settings."""
    fields = documented_fields(Experiment)
    parts = [
        NOTICE,
        "# Configuration",
        "An experiment file is a YAML file with the keys of the first half of this page. The key `execution` contains "
        "the keys of the second half, `analysis` declares how results will be compared, and `extends` names one file "
        "or a list of files (in the same folder) that this file overrides. On the command line, `--set KEY=VALUE` sets "
        "any key, as in `--set world.growth=1.5` or `--set execution.retries=0`, and `--member NAME.KEY=VALUE` any key "
        "of one member. "
        "[Set up experiments](../how-to/experiments.md#precedence) explains the order of precedence. An unknown key or "
        "an invalid value is rejected with an error that gives the key, the allowed values and, if there is one, the "
        "most similar key.",
        "In the column *values*, *text by name* and the like are mappings from names to such values, and *null* means "
        "that the key is not set.",
        "## Experiment",
        "Settings that determine the result. They are recorded in the journal's header and must match when a run is "
        "resumed.",
        _keys_table(setting_keys({name: field for name, field in fields.items() if inner_model(field) is None})),
    ]
    for name, field in fields.items():
        if inner_model(field) is not None:
            parts += _section(name, field)
    parts += _extension_parts()
    parts += ["## Execution", _first_paragraph(Execution), _keys_table(setting_keys(documented_fields(Execution)))]
    parts += [
        "## Analysis",
        _first_paragraph(DeclaredAnalysis),
        _keys_table(setting_keys(documented_fields(DeclaredAnalysis))),
    ]
    parts += _scenario_parts()
    return _page(parts)


def _extension_parts() -> Iterator[str]:
    """Yield the extensions that an experiment can use, with their settings."""
    yield "## Extensions"
    yield (
        "Phases, rules, growth laws, shocks, agents and policies are extensions: they are registered under a name, by "
        "govsim or by a plug-in, and have their own settings. `govsim plugins` lists all installed extensions, "
        "including those of plug-ins; the tables below list those of govsim, and [Policies](policies.md) its policies."
    )
    yield (
        "An entry of `society.phases`, `institutions` or `world.shocks`, and the value of `world.growth`, is written "
        "as `NAME`, or as `{NAME: {KEY: VALUE}}` with settings. The key `as` gives an entry another name, so that an "
        "extension can be used twice; its settings and its random stream then use that name:"
    )
    yield _ENTRIES
    yield (
        "Individual settings are set by the dotted keys below, also on the command line, as in "
        "`--set society.phases.discussion.max_lines=4` or `--set institutions.quota.amount=8`; the entry must be in "
        "the list. They can also be axes of a `grid`: `grid: {society.phases.discussion.max_lines: [4, 10]}` creates "
        "two cells, and `grid: {institutions: [[], [{quota: {amount: 8}}]]}` compares a society without and with a "
        "rule."
    )
    for kind in inventory():
        if kind.group in _WITH_SETTINGS:
            yield f"### {_WITH_SETTINGS[kind.group]}"
            own = [one for one in kind.extensions if one.origin == GOVSIM]
            yield table(("name", "description"), ([f"`{one.written or one.name}`", one.summary] for one in own))
            if keys := [key for one in own for key in one.settings]:
                yield _keys_table(keys)


def _scenario_parts() -> Iterator[str]:
    yield "## Scenario"
    yield (
        "The file `scenario.yaml` in a scenario's folder has these keys; "
        "[Write a scenario](../how-to/scenario.md) explains them with an example."
    )
    fields = {name: field for name, field in documented_fields(Scenario).items() if name != "templates"}
    yield _keys_table(setting_keys(fields))
    yield "Every scenario defines this vocabulary (`words`):"
    yield table(("word", "meaning"), ([f"`{word}`", what] for word, what in REQUIRED_WORDS.items()))
    yield (
        "Each template is a file `NAME.jinja`. In addition to the variables below, all templates may use the "
        "scenario's vocabulary and "
        + _listed(variables_of("framework", frozenset()))
        + ". Every scenario provides the first five templates; the others are shared and can be replaced. A template "
        "named `rules-NAME` contains alternative rules and may use the same variables as `rules` (`society.rules` "
        "selects it). Any other template in the folder is a hint and may use the same variables as `universalization`."
    )
    templates = {**SCENARIO_TEMPLATES, **SHARED_TEMPLATES}
    yield table(
        ("template", "provided by", "variables"),
        (
            [f"`{name}`", "the scenario" if name in SCENARIO_TEMPLATES else "govsim", _listed(own) or "none"]
            for name, own in templates.items()
        ),
    )
    yield (
        "Worlds whose horizon, growth or shocks are stated to members ([Change the world]"
        "(../how-to/change-the-world.md)) use these templates of govsim, which can be replaced like the shared ones:"
    )
    yield table(
        ("template", "variables"), ([f"`{name}`", _listed(own) or "none"] for name, own in WORLD_TEMPLATES.items())
    )
    yield "The type of each variable; the words of the scenario are text:"
    yield table(("variable", "type"), ([f"`{name}`", kind] for name, kind in VARIABLES.items()))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def events() -> tuple[type[Event], ...]:
    """Return the event types of govsim, in the order of their definition."""
    return tuple(found.value for found in EVENTS if found.origin == GOVSIM)


def kinds_in_words(events: Iterable[type[Event]]) -> str:
    """Return the kinds of the given events, separated by commas."""
    return ", ".join(f"`{declared_kind(event)}`" for event in events)


def _event_section(event: type[Event], level: int = 2) -> Iterator[str]:
    yield f"{'#' * level} `{declared_kind(event)}`"
    remark = "" if event.is_compared else " Ignored by comparisons."
    yield _first_paragraph(event) + remark
    yield _fields_table(event, event.clock_fields)


def _fields_table(model: type[BaseModel], clock_fields: frozenset[str] = frozenset()) -> str:
    fields = [(name, field) for name, field in documented_fields(model).items() if name not in ("kind", "site")]
    rows = ([f"`{name}`", _journal_type(field), _meaning(name, field, clock_fields)] for name, field in fields)
    return table(("field", "values", "meaning"), rows)


def _journal_type(field: FieldInfo) -> str:
    if field.annotation in (Experiment, Scenario, Models, World):
        return f"[{field.annotation.__name__.lower()}](configuration.md#{field.annotation.__name__.lower()})"
    return type_in_words(field.annotation, _as_link)


def _meaning(name: str, field: FieldInfo, clock_fields: frozenset[str]) -> str:
    clock = "*Clock field.* " if name in clock_fields else ""
    return clock + (one_sentence(field.description) or _WITHOUT_DOCSTRING.get(name, ""))


def journal() -> str:
    """Return the page of the journal format."""
    of_runs = sorted(
        (event for event in events() if "run" in event.journals),
        key=lambda event: event.__module__ != Header.__module__,  # those of every run first
    )
    excluded = kinds_in_words(event for event in of_runs if not event.is_compared)
    clock_fields = {name for event in of_runs for name in event.clock_fields}
    parts = [
        NOTICE,
        "# The journal",
        "Each run writes one file in the JSON Lines format (UTF-8), `OUT/SCENARIO/CONDITION/SOCIETY/seed-N.jsonl`. "
        "Every line is an event: an object whose first key, `kind`, gives its type. Journals are append-only, and each "
        "line is passed to the operating system before the run continues. A last line that was truncated by a killed "
        "process is not an error: readers ignore it, and resuming the run removes it. Any other line that is "
        "unreadable or duplicated is an error that gives its location.",
        f"**What comparisons ignore.** `govsim diff`, `govsim replay` and resuming ignore these kinds of events: "
        f"{excluded}; only the status in the last `end` counts. In other events they ignore the clock fields: "
        + ", ".join(f"`{name}`" for name in sorted(clock_fields))
        + ". Events are matched by their identifying fields (month, phase, member, kind, purpose, ordinal, attempt, "
        "hash, site), not by their position in the file.",
        "In a run with several sites, events of one site have its name in `site`, directly after `kind`. Other events, "
        "and all events of other runs, do not have this field.",
        "`member` contains a member's name, `framework` for the framework model, or `moderator` for the moderator of a "
        "discussion. `purpose` is what a question asks for; `line` is an utterance. In the column *values*, *text by "
        "name* and the like are mappings from names, such as those of members, to such values.",
    ]
    for event in of_runs:
        parts += _event_section(event)
    for part in (
        Imported,
        Shortened,
        Scored,
        ShockLine,
        Inspected,
        Points,
        ContractDesign,
        MediatorDesign,
        PermitBid,
        Order,
        Trade,
        PermitOffer,
        Charged,
        Account,
    ):
        parts += [f"## {part.__name__}", _first_paragraph(part), _fields_table(part)]
    return _page([*parts, *_study_parts(), *_plugin_parts()])


def _plugin_parts() -> Iterator[str]:
    yield "## Events of plug-ins"
    yield (
        "A plug-in defines an event as a class and declares it, by its kind, in the entry-point group "
        f"`{EVENTS.group}`:"
    )
    yield _EVENT_OF_A_PLUGIN
    yield (
        f"An event is identified by its kind and its fields {_listed_in_order((*NUMBERS, *TEXTS))}, if present: no two "
        "events of a journal may agree in all of these. Integer fields among them are declared as `Whole`. Class "
        "variables define its other properties:"
    )
    described = inspect.getdoc(Event) or ""
    yield table(("class variable", "default", "meaning"), _class_variables(described))
    yield (
        "Only events of registered kinds can be written to a journal. An invalid class is rejected with an error when "
        "it is registered: a field that cannot be represented in JSON, an alias, or a `model_config` that ignores "
        "unknown fields."
    )
    yield "## Events of unknown kinds"
    yield (
        "A journal can be read without the plug-in that wrote some of its events. An event of a kind that no installed "
        "package defines is read as data: its fields are not validated. Such events are counted, and `diff`, `table`, "
        "`compare`, `report`, `status` and the page of a run list their kinds. They do not affect results. `diff` "
        "compares all of their fields; `replay` and resuming require the plug-in and report an error without it. All "
        "other checks are the same as for known kinds: a line that is not a JSON object, has no kind, is truncated, or "
        "is duplicated is an error."
    )


def _class_variables(described: str) -> Iterator[Sequence[str]]:
    """Yield name, default and meaning of each class variable of events, from the docstring of `Event`."""
    _, _, attributes = described.partition("Attributes:\n")
    for name, meaning in re.findall(r"^    (\w+): (.*(?:\n        .*)*)", attributes, re.MULTILINE):
        value = getattr(Event, name)
        default = ", ".join(sorted(value)) or "none" if isinstance(value, frozenset) else str(value)
        yield f"`{name}`", default, one_sentence(meaning)


def _listed_in_order(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _study_parts() -> Iterator[str]:
    groups = "; ".join(f"{group} ({', '.join(labels)})" for group, labels in GROUPS.items())
    shared = kinds_in_words(event for event in events() if event.journals == RUNS_AND_STUDIES)
    yield "## Journals of studies"
    yield (
        "Questions to models outside a society are recorded in files of the same format, with names that end in "
        f"`{STUDY_SUFFIX}`: sub-skill tests in `OUT/skills/SCENARIO/MODEL/seed-N{STUDY_SUFFIX}`, probes in "
        f"`OUT/probe/SCENARIO/MODEL{STUDY_SUFFIX}`, judges beside the journal of the run that they read. Journals of "
        "runs and of studies contain different kinds of events, except "
        f"for the kinds that both have: {shared}. The first line is `study`. Month and member of a question refer to "
        "the month and member that it is about, or are 0 and empty. The labels of an utterance belong to groups: "
        f"{groups}."
    )
    for event in events():
        if "run" not in event.journals:
            yield from _event_section(event, level=3)
    for part in (Skills, Probing, Judging, JudgeCheck):
        yield f"### {part.__name__}"
        yield _first_paragraph(part)
        yield _fields_table(part)


def _first_paragraph(described: object) -> str:
    return one_sentence((inspect.getdoc(described) or "").partition("\n\n")[0])


_ENTRIES = """\
```yaml
society:
  phases:
    - discussion: {as: talk-before, max_lines: 4}
    - harvest
    - report
    - discussion
    - reflection
institutions:
  - quota: {amount: 8}
```"""

_WITH_SETTINGS = {
    "phases": "Phases",
    "rules": "Institutions",
    "growth_laws": "Growth laws",
    "shocks": "Shocks",
    "agents": "Agent types",
    "allocations": "Allocation rules",
}
"""Types of extensions that an experiment can use, with the headings of their sections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """The parts of a command's help text."""

    text: str
    examples: tuple[str, ...]


def help_of(callback: Callable[..., Any]) -> Help:
    """Split a command's docstring into its text and its examples."""
    text, _, examples = re.sub(r"\nExamples?:", "\0", inspect.getdoc(callback) or "").partition("\0")
    lines = tuple(line.strip() for line in examples.splitlines() if line.strip())
    return Help(text=text.strip(), examples=lines)


def _options_table(callback: Callable[..., Any], parameters: Sequence[Any]) -> str:
    hints = get_type_hints(callback)
    rows = [
        [f"`{_spelling(parameter, hints)}`", one_sentence(parameter.help)]
        for parameter in parameters
        if parameter.name in hints
    ]
    return table(("argument or option", "meaning"), rows)


def _spelling(parameter: Any, hints: Mapping[str, Any]) -> str:
    kind = type_in_words(hints[parameter.name])
    spelled = ", ".join(sorted(parameter.opts, key=len))
    if not spelled.startswith("-"):
        name = str(parameter.metavar or parameter.name.upper())
        return name if parameter.required else f"[{name}]"
    if kind == "true or false":
        return str(spelled)
    return f"{spelled} {parameter.metavar}" + (" ..." if kind.startswith("list") else "")


def _command_section(name: str, command: Any) -> Iterator[str]:
    described = help_of(command.callback)
    yield f"## `govsim {name}`"
    yield described.text
    if command.params:
        yield _options_table(command.callback, command.params)
    if described.examples:
        yield "```bash\n" + "\n".join(described.examples) + "\n```"


def commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name, including those of groups."""
    for name in group.list_commands(typer.Context(group)):
        _, command, _ = group.resolve_command(typer.Context(group), [name])  # loaded, and not its outline alone
        if getattr(command, "commands", None):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def command_line() -> str:
    """Return the page of the command line."""
    group: Any = typer.main.get_command(app)
    parts = [
        NOTICE,
        "# The command line",
        f"{group.help} Results are written to stdout, progress and warnings to stderr. Every command has `--help` "
        "(`-h`), and `govsim --install-completion` installs shell completion. `...` marks an option that can be "
        "repeated.",
        "The exit code is 0 on success (a collapse is a result), 1 if a run failed or a comparison found a difference, "
        "2 for invalid input, 3 if a budget was exhausted, 130 if the command was interrupted, and 141 if the output "
        "pipe was closed.",
        "Stdout uses the encoding of the terminal or of `PYTHONIOENCODING`: symbols that it lacks are replaced by "
        "similar ones (`–` by `-`), and other characters are escaped as `\\u00e9`. Files are always UTF-8. In paths, "
        "`~`, `$NAME` and `${NAME}` are expanded.",
    ]
    for name, command in commands(group):
        parts += _command_section(name, command)
    return _page(parts)


def frames() -> str:
    """Return the page of the data frames."""
    keys = ", ".join(f"`{name}`" for name in RunKeys._fields)
    parts = [
        NOTICE,
        "# Data frames",
        "`govsim.analysis.load` reads all journals in a folder (searched recursively) once and returns `Results` with "
        "the data frames on this page: `load(folder).runs` has one row for each run. `runs_frame` creates the same "
        "frame from measured runs, optionally with columns of their settings. `write_frames` and `govsim export` write "
        "all frames as CSV or Parquet. Columns have pandas types that do not depend on their values: undefined and "
        "unknown values are missing (`<NA>`, or NaN in a `float64` column). Shares are in 0..1. "
        "[Statistics](../explanation/statistics.md) describes their analysis.",
        f"Every frame of runs begins with the same columns, which identify the run: {keys}.",
        _columns_table(columns_of(RunKeys)),
    ]
    for layout in layouts():
        parts += _layout_parts(layout, layout.columns[len(RunKeys._fields) :], "Its other columns are:")
    parts += _layout_parts(MEMORIES, MEMORIES.columns[len(RunKeys._fields) :], "Its other columns are:")
    for recorded in (CALLS, STUDIES):
        parts += _layout_parts(recorded, recorded.columns, "Its columns are:")
    parts.append("## Sub-skills")
    parts.append(
        "`govsim.analysis.skills.skill_frames` creates the frames of sub-skill tests from `load(folder).skills`, and "
        "`govsim export` writes them if there are any."
    )
    for layout in SKILL_LAYOUTS:
        parts += _layout_parts(layout, layout.columns, "Its columns are:", level=3)
    parts.append("## Judgements")
    parts.append(
        "`load(folder).dialogue` contains the results of judges in four more frames, and `govsim export` writes those "
        "that are not empty. They begin with the same columns as the frames of runs."
    )
    for layout in DIALOGUE_LAYOUTS:
        parts += _layout_parts(layout, layout.columns[len(RunKeys._fields) :], "Its other columns are:", level=3)
    parts.append("## Published results")
    parts.append(
        "The results published in the paper, as frames for side-by-side tables: `govsim.analysis.published_results`, "
        "`published_subskills` and `published_dialogue`."
    )
    for layout in (RESULTS, SUBSKILLS, DIALOGUE):
        parts += _layout_parts(layout, layout.columns, "Its columns are:", level=3)
    parts.append("### Notes")
    parts.append("The notes that `published_notes` returns for the keys in `notes`:")
    parts.append(table(("key", "note"), ([f"`{key}`", note.text] for key, note in NOTES.items())))
    return _page(parts)


def measures() -> str:
    """Return the page of measures and figures."""
    measured = (
        [
            f"`{one.name}`",
            one.title,
            one.unit,
            one.kind,
            one.formula,
            one.undefined or "never",
            _choice("table" if one.is_tabulated else "", "comparison" if one.is_compared else "")
            + (" (if defined)" if one.is_optional else ""),
            one.source,
        ]
        for one in all_measures()
    )
    drawn = ([f"`{one.name}`", one.value.title, one.value.description] for one in FIGURES)
    return _page(
        [
            NOTICE,
            "# Measures and figures",
            "Tables, data frames, comparisons, reports and web pages show the measures of one registry, "
            "`govsim.analysis.measures.MEASURES`. [Measures](../explanation/measures.md) explains the notation of the "
            "formulas and which runs count.",
            "A `rate` is the share of runs with a property, a `share` is in 0..1 in data frames and shown in per cent, "
            "an `amount` has its own unit, and a `lifetime` is censored if a run stopped early. All measures are "
            "columns of the [frame of runs](frames.md#runs), where the survival rate is the boolean `is_survivor`. "
            "`govsim compare --measure` accepts all of them.",
            table(("name", "title", "unit", "kind", "formula", "undefined", "shown by default", "source"), measured),
            "## Figures",
            "`govsim figure --kind` selects figures by name; by default, all figures that have data are drawn.",
            table(("name", "title", "content"), drawn),
        ]
    )


def testing() -> str:
    """Return the page of conformance checks."""
    about, _, example = (inspect.getdoc(govsim.testing) or "").partition("In a test of a plug-in::")
    code, _, rest = example.partition("\n\nNo check")
    parts = [
        NOTICE,
        "# Conformance checks",
        f"The package `govsim.testing`. {one_sentence(about)}",
        f"```python\n{inspect.cleandoc(code)}\n```",
        one_sentence(f"No check{rest}"),
    ]
    for name in govsim.testing.__all__:
        parts += _function_parts(name, getattr(govsim.testing, name))
    return _page(parts)


def inspect_tasks() -> str:
    """Return the page of the tasks for Inspect: their parameters, the solver and the scorer."""
    name, create = next(iter(govsim.inspect.TASKS.items()))
    parts = [
        NOTICE,
        "# Inspect tasks",
        f"Tasks: {_listed(f'govsim/{each}' for each in govsim.inspect.TASKS)}, and one for each scenario of a plug-in. "
        "All have the same parameters (`-T NAME=VALUE`). [Run as an Inspect task](../how-to/inspect.md) shows how to "
        "use them.",
    ]
    parts += list(_function_parts(f"govsim/{name}", create))[2:]
    for each in (govsim.inspect.society, govsim.inspect.measures):
        parts += _function_parts(each.__name__, each)
    return _page(parts)


def _function_parts(name: str, described: Any) -> Iterator[str]:
    """Yield the section of a function or class: signature, description and arguments."""
    text, _, sections = (inspect.getdoc(described) or "").partition("\n\nArgs:\n")
    yield f"## `{name}`"
    if inspect.isfunction(described):
        parameters = ", ".join(inspect.signature(described).parameters)
        yield f"`{name}({parameters})`"
    yield from map(one_sentence, text.split("\n\n"))
    arguments = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", sections.partition("\n\n")[0], re.MULTILINE)
    if arguments:
        yield table(("argument", "meaning"), ([f"`{one}`", one_sentence(meaning)] for one, meaning in arguments))


def policies() -> str:
    """Return the page of policies, by family."""
    own = [one for one in POLICIES if one.origin == GOVSIM]
    parts = [
        NOTICE,
        "# Policies",
        "A policy is a scripted member, written as `policy:NAME`. Settings follow the name in the order given here or "
        "as `KEY=VALUE`, as in `policy:conditional:1.2` or `policy:noisy:p=.2:base=fixed:10`; settings in brackets are "
        "optional. In the rules, the *threshold* is the largest harvest from which the stock recovers, the "
        "*per-member threshold* is the member's share of it by its weight, rounded down, and *last month* is the last "
        "month observed.",
        "A policy sees what a member knows: the stock, its own catches, and the catches that are made public. If the "
        "stock is not known exactly, the middle of the known range takes its place. Policies that respond to the "
        "catches of the others use the last month of which these are known, if only for some of them; as long as none "
        "is known, they act as in the first month. An *informed* policy is also given facts that members do not know, "
        "and a *random* one draws from the random stream of its member. "
        "Except for `promise-breaker`, policies do not speak. Unless stated otherwise, they report the truth and "
        "propose the per-member threshold in votes. Asked for sanctions, they assign a point of punishment for every "
        "unit that a member is known to have taken above its threshold, unless they exceeded theirs.",
        "[Run a tournament](../how-to/tournament.md) shows how policies perform against each other, and "
        "[Extend govsim](../how-to/extend.md#a-policy-and-an-agent) how to write one.",
    ]
    for family, members in groupby(own, key=lambda one: one.value.__module__):
        parts += _family_parts(family, list(members))
    return _page(parts)


def _family_parts(module: str, members: Sequence[Extension[type[Policy]]]) -> Iterator[str]:
    """Yield the section of policies that one module defines."""
    yield f"## {one_sentence(sys.modules[module].__doc__ or '').rstrip('.')}"
    rows = []
    for one in members:
        random = "random" if one.value.is_random else ""
        known = f"informed: {', '.join(sorted(one.value.knows))}" if one.value.knows else ""
        about = one_sentence(inspect.cleandoc(one.value.__doc__ or ""))
        rows.append([f"`{written_form(one)}`", about, "; ".join(filter(None, (random, known))) or "–"])
    yield table(("policy", "rule", "properties"), rows)
    keys = [
        key for one in members for key in setting_keys(documented_fields(one.value.Settings), f"{PREFIX}{one.name}:")
    ]
    if keys:
        yield _keys_table(keys)


def _choice(*parts: str) -> str:
    return ", ".join(part for part in parts if part) or "–"


def _layout_parts(layout: Layout, columns: Sequence[FrameColumn], lead: str, level: int = 2) -> Iterator[str]:
    yield f"{'#' * level} `{layout.name}`"
    yield f"Each row is {layout.row}. {lead}"
    yield _columns_table(columns)


def _columns_table(columns: Iterable[FrameColumn]) -> str:
    rows = ([f"`{column.name}`", column.kind, column.unit or "–", column.meaning] for column in columns)
    return table(("column", "type", "unit", "meaning"), rows)


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "configuration.md": configuration,
    "journal.md": journal,
    "cli.md": command_line,
    "frames.md": frames,
    "measures.md": measures,
    "policies.md": policies,
    "testing.md": testing,
    "inspect.md": inspect_tasks,
}


def stale() -> list[str]:
    """Return the names of the pages that are out of date."""
    return [name for name, page in PAGES.items() if not _is_current(FOLDER / name, page())]


def _is_current(path: Path, content: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == content


def main(arguments: Sequence[str]) -> int:
    """Write or check the pages, and return the exit code."""
    if list(arguments) == ["--check"]:
        for name in stale():
            print(f"docs/reference/{name} is out of date: run python docs/generate.py", file=sys.stderr)
        return 1 if stale() else 0
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
