"""Write the reference pages from the types and commands they describe, so that they cannot drift from them.

Run ``python docs/generate.py`` to write them, and with ``--check`` to exit with 1 if one of them is stale.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import govsim.testing
from govsim.analysis.columns import Column, Layout, columns_of
from govsim.analysis.dialogue.frames import DIALOGUE_LAYOUTS
from govsim.analysis.figures import FIGURES
from govsim.analysis.frames import RunKeys, layouts
from govsim.analysis.measures import all_measures
from govsim.analysis.published import DIALOGUE, NOTES, RESULTS, SUBSKILLS
from govsim.analysis.records import CALLS, MEMORIES, STUDIES
from govsim.analysis.skills.frames import SKILL_LAYOUTS
from govsim.cli.main import app
from govsim.config import Execution, Experiment, Models, World
from govsim.config.describing import Key, documented_fields, inner_model, keys_of, one_sentence, place_of, type_in_words
from govsim.inventory import inventory
from govsim.journal import (
    EVENTS,
    GROUPS,
    RUNS_AND_STUDIES,
    STUDY_SUFFIX,
    Event,
    Imported,
    JudgeCheck,
    Judging,
    Scored,
    Shortened,
    Skills,
)
from govsim.journal.institution_lines import Account, Charged
from govsim.journal.kinds import NUMBERS, TEXTS, name_of
from govsim.plugins import GOVSIM
from govsim.scenarios import SCENARIO_TEMPLATES, SHARED_TEMPLATES, VARIABLES, WORDS, Scenario
from govsim.scenarios.schema import variables_of

_EVENT_OF_A_PLUGIN = """```python
from typing import Literal

from govsim.journal import Event, Whole


class Vote(Event):
    \"\"\"What a member voted for.\"\"\"

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

NOTICE = "<!-- Written by docs/generate.py from the code; changes belong there. -->"

_METAVARS = {"whole number": "NUMBER", "number": "NUMBER", "path": "PATH"}
_WITHOUT_DOCSTRING = {
    "month": "The month, counted from 1.",
    "phase": "The phase of the month.",
    "member": "The member's name.",
    "hash": "The hash that `messages` of other lines name it by.",
    "role": "Who speaks to the model: the rules, the program, or the model itself in an earlier attempt.",
    "content": "The message as it was sent.",
    "model": "The model that gave it.",
    "stock_before": "Units that the members found.",
    "stock_after_harvest": "Units that were left; the collapse is judged by this.",
    "stock_after_growth": "Units that the next month starts with.",
    "is_collapsed": "Whether fewer units than `world.collapse` were left.",
    "type": "Something witnessed, a thought, a summary of a talk, or what the member did.",
    "description": "The sentence that is remembered.",
    "query": "What was looked for.",
    "status": "How it ended.",
    "study": "What is studied.",
    "recency": "The decay to the power of the memory's rank from the newest.",
    "importance": "The rating, scaled.",
    "relevance": "Of the memory to the query.",
}


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(_cell(entry) for entry in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<NAME>", "&lt;NAME&gt;")


def _keys_table(keys: Iterable[Key]) -> str:
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
    assert inner is not None, "plain keys stand in a table of their own"
    yield f"### `{name}`"
    yield one_sentence(field.description)
    yield _keys_table(keys_of(documented_fields(inner), f"{place_of(name, field)}."))


def _as_link(model: type) -> str:
    return f"[{model.__name__}](#{model.__name__.lower()})"


def configuration() -> str:
    """The page of all settings."""
    fields = documented_fields(Experiment)
    parts = [
        NOTICE,
        "# Configuration",
        "An experiment file is YAML with the keys below, a key `execution` that holds those of the second half, and "
        "`extends`, which names one file or several (beside this one) whose keys lie under its own. On the command "
        "line any key is set with `--set KEY=VALUE`, as in `--set world.growth=1.5` or `--set execution.retries=0`, "
        "and any key of one member with `--member NAME.KEY=VALUE`. [Experiments](../how-to/experiments.md) shows how "
        "they are laid over each other. A key that does not exist, or a value that cannot be, is refused in one line "
        "that names it, says what is allowed and, where there is one, the nearest key.",
        "## Experiment",
        "Decides the result. It stands in the journal's header and must match when a run is continued.",
        _keys_table(keys_of({name: field for name, field in fields.items() if inner_model(field) is None})),
    ]
    for name, field in fields.items():
        if inner_model(field) is not None:
            parts += _section(name, field)
    parts += _extension_parts()
    parts += ["## Execution", _first_paragraph(Execution), _keys_table(keys_of(documented_fields(Execution)))]
    parts += _scenario_parts()
    return _page(parts)


def _extension_parts() -> Iterator[str]:
    """What can be named in an experiment, with its settings."""
    yield "## Extensions"
    yield (
        "Phases, rules, growth laws, agents and policies are extensions: they are registered under a name, by govsim "
        "or by a plug-in, and have settings of their own. `govsim plugins` lists those that are installed, those of "
        "plug-ins included; the tables below list those of govsim."
    )
    yield (
        "An entry of `society.phases` and `institutions`, and `world.growth`, is written as `NAME`, or as "
        "`{NAME: {KEY: VALUE}}` with settings. The key `as` gives an entry a name of its own, so that an extension can "
        "be used twice; its settings and its random numbers then go by that name:"
    )
    yield _ENTRIES
    yield (
        "A setting that is not given has its default. Single settings are set by the dotted keys below, on the command "
        "line too, as in `--set society.phases.discussion.max_lines=4` or `--set institutions.quota.amount=8`; the "
        "entry must be in the list. A `grid` takes them as well: "
        "`grid: {society.phases.discussion.max_lines: [4, 10]}` makes two cells, and "
        "`grid: {institutions: [[], [{quota: {amount: 8}}]]}` compares a society with a rule and one without."
    )
    for kind in inventory():
        if kind.group in _WITH_SETTINGS:
            yield f"### {_WITH_SETTINGS[kind.group]}"
            own = [one for one in kind.extensions if one.origin == GOVSIM]
            yield table(("name", "what it is"), ([f"`{one.written or one.name}`", one.summary] for one in own))
            if keys := [key for one in own for key in one.settings]:
                yield _keys_table(keys)


def _scenario_parts() -> Iterator[str]:
    yield "## Scenario"
    yield (
        "The file `scenario.yaml` of a scenario's folder has these keys; "
        "[how to write a scenario](../how-to/scenario.md) walks through one."
    )
    fields = {name: field for name, field in documented_fields(Scenario).items() if name != "templates"}
    yield _keys_table(keys_of(fields))
    yield "The words that every scenario defines (`WORDS`):"
    yield table(("word", "what it is"), ([f"`{word}`", what] for word, what in WORDS.items()))
    yield (
        "The templates, each a file `NAME.jinja`, and the variables each may use beside the scenario's own words and "
        + _listed(variables_of("framework", frozenset()))
        + ". Every scenario brings the first five; of the others it has those that all scenarios share, and may "
        "replace any. A template named `rules-` and something tells the rules in other words and may use what `rules` "
        "may (`society.rules` chooses it). Any other template in the folder is a hint and may use what "
        "`universalization` may."
    )
    templates = {**SCENARIO_TEMPLATES, **SHARED_TEMPLATES}
    yield table(
        ("template", "brought by", "variables"),
        (
            [f"`{name}`", "the scenario" if name in SCENARIO_TEMPLATES else "all share it", _listed(own) or "none"]
            for name, own in templates.items()
        ),
    )
    yield "The kind of each variable; words of the scenario are text:"
    yield table(("variable", "kind"), ([f"`{name}`", kind] for name, kind in VARIABLES.items()))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def events() -> tuple[type[Event], ...]:
    """The kinds of event of govsim, in the order in which the code defines them."""
    return tuple(found.value for found in EVENTS if found.origin == GOVSIM)


def kinds_in_words(events: Iterable[type[Event]]) -> str:
    """The kinds of events, in one line."""
    return ", ".join(f"`{name_of(event)}`" for event in events)


def _event_section(event: type[Event], level: int = 2) -> Iterator[str]:
    yield f"{'#' * level} `{name_of(event)}`"
    remark = "" if event.is_compared else " Comparisons leave this line out."
    yield _first_paragraph(event) + remark
    yield _fields_table(event, event.clock_fields)


def _fields_table(model: type[BaseModel], clock_fields: frozenset[str] = frozenset()) -> str:
    fields = [(name, field) for name, field in documented_fields(model).items() if name != "kind"]
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
    """The page of the journal's lines."""
    of_runs = [event for event in events() if "run" in event.journals]
    left_out = kinds_in_words(event for event in of_runs if not event.is_compared)
    clock_fields = {name for event in of_runs for name in event.clock_fields}
    parts = [
        NOTICE,
        "# The journal",
        "One run leaves one file: JSON Lines in UTF-8, at `OUT/SCENARIO/CONDITION/SOCIETY/seed-N.jsonl`. Every line is "
        "one object whose first key, `kind`, says which of the lines below it is. Lines are only ever appended, and "
        "each reaches the operating system before the run goes on. A last line that was cut by a kill is no error: "
        "readers leave it out, and the run that continues the journal cuts it off. Any other line that cannot be read, "
        "or stands there twice, is an error that names it.",
        f"**What comparisons leave out.** `govsim diff`, `govsim replay` and resuming pass over these kinds of line: "
        f"{left_out}; only the status in the last `end` counts. Of the other lines they pass over the clock fields: "
        + ", ".join(f"`{name}`" for name in sorted(clock_fields))
        + ". Lines are compared by what names them (month, phase, member, kind, purpose, ordinal, attempt, hash), "
        "not by their place in the file.",
        "A member's name stands in `member`; `framework` stands there for the framework's model, and `moderator` for "
        "the moderator of a talk.",
    ]
    for event in of_runs:
        parts += _event_section(event)
    for part in (Imported, Shortened, Scored, Charged, Account):
        parts += [f"## {part.__name__}", _first_paragraph(part), _fields_table(part)]
    return _page([*parts, *_study_parts(), *_plugin_parts()])


def _plugin_parts() -> Iterator[str]:
    yield "## Events of plug-ins"
    yield (
        "A plug-in defines an event as a class and names it, under its kind, in the entry-point group "
        f"`{EVENTS.group}`:"
    )
    yield _EVENT_OF_A_PLUGIN
    yield (
        f"An event is identified by its fields {_listed_in_order((*NUMBERS, *TEXTS))}, as far as it has them, and by "
        "its kind: no two events of a journal may agree in all of these. Whole numbers among them are declared as "
        "`Whole`. Class variables say the rest:"
    )
    described = inspect.getdoc(Event) or ""
    yield table(("class variable", "default", "meaning"), _class_variables(described))
    yield (
        "A journal accepts events of registered kinds only, and refuses any other at once. What is wrong with a class "
        "is said when it is registered: a field that JSON cannot hold, an alias, a `model_config` that ignores unknown "
        "fields."
    )
    yield "## Lines of unknown kinds"
    yield (
        "A journal can be read without the plug-in that wrote into it. A line of a kind that no installed package "
        "defines becomes an event whose fields are data. It is counted, and `diff`, `table`, `compare`, `report`, "
        "`status` and the page of a run name its kind, as nothing about it was checked. Figures do not depend on it. "
        "`diff` compares all of its fields; `replay` and continuing the run need the plug-in and say so. All else is "
        "as strict as with known kinds: a line that is no JSON object, names no kind, was cut, or is there twice is an "
        "error."
    )


def _class_variables(described: str) -> Iterator[Sequence[str]]:
    """Name, default and meaning of each class variable of events, as the docstring of `Event` has them."""
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
        "What models were asked outside a society lies in files of the same make whose names end in "
        f"`{STUDY_SUFFIX}`: sub-skill tests at `OUT/skills/SCENARIO/MODEL/seed-N{STUDY_SUFFIX}`, judges beside the "
        "journal of the run that they read. No line of a study stands in a run's journal, nor the other way round, but "
        f"for those that both have: {shared}. The first line is `study`, and month and members of a question are those "
        f"that it is about: 0 and empty where it is about none. The labels of an utterance come in groups: {groups}."
    )
    for event in events():
        if "run" not in event.journals:
            yield from _event_section(event, level=3)
    for part in (Skills, Judging, JudgeCheck):
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
    "agents": "Kinds of agent",
    "policies": "Policies",
    "allocations": "Rules of allocation",
}
"""Kinds of extension that an experiment names, with the heading of their section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """A command's help, taken apart."""

    text: str
    examples: tuple[str, ...]


def help_of(callback: Callable[..., Any]) -> Help:
    """The sentences and the examples of a command's docstring."""
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
    placeholder = parameter.metavar or _METAVARS.get(kind.removesuffix(" or null"), "TEXT")
    spelled = ", ".join(sorted(parameter.opts, key=len))
    if not spelled.startswith("-"):
        name = str(parameter.metavar or parameter.name.upper())
        return name if parameter.required else f"[{name}]"
    if kind == "true or false":
        return str(spelled)
    return f"{spelled} {placeholder}" + (" ..." if kind.startswith("list") else "")


def _command_section(name: str, command: Any) -> Iterator[str]:
    told = help_of(command.callback)
    yield f"## `govsim {name}`"
    yield told.text
    if command.params:
        yield _options_table(command.callback, command.params)
    if told.examples:
        yield "```bash\n" + "\n".join(told.examples) + "\n```"


def commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with its full name, those of groups included."""
    for name, command in group.commands.items():
        if getattr(command, "commands", None):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def command_line() -> str:
    """The page of the command line."""
    group: Any = typer.main.get_command(app)
    parts = [
        NOTICE,
        "# The command line",
        f"{group.help} Results go to stdout, progress and complaints to stderr. Every command has `--help` (`-h`), "
        "and `govsim --install-completion` lets the shell complete commands and options. "
        "`...` marks an option that may be given several times.",
        "The exit code is 0 when all is done (a collapse is a result), 1 when a run failed or a comparison differs, 2 "
        "when something that was given cannot be used, 3 when a budget stopped it, 130 when the command was "
        "interrupted, and 141 when the pipe that it writes into was closed.",
        "Results go to standard output in the encoding of the terminal or of `PYTHONIOENCODING`: signs that it lacks "
        "are replaced by similar ones (`–` by `-`), other characters are written as `\\u00e9`. Files are always UTF-8. "
        "In paths `~`, `$NAME` and `${NAME}` are replaced.",
    ]
    for name, command in commands(group):
        parts += _command_section(name, command)
    return _page(parts)


def frames() -> str:
    """The page of the frames."""
    keys = ", ".join(f"`{name}`" for name in RunKeys._fields)
    parts = [
        NOTICE,
        "# Frames",
        "`govsim.analysis.load` reads all journals below a folder once, and gives `Results` with the frames on this "
        "page: `load(folder).runs` has a row for each run. `runs_frame` makes that frame from measured runs, with "
        "columns of their settings where they are asked for. `write_frames` and `govsim export` write all frames as "
        "CSV or Parquet. Types are pandas' own, and the same whatever the rows hold: what is undefined or unknown is "
        "missing (`<NA>`, or NaN in a column of `float64`). Shares lie in 0..1. "
        "[Statistics](../explanation/statistics.md) says what is done with them.",
        f"Every frame of runs begins with the same columns, which name the run: {keys}.",
        _columns_table(columns_of(RunKeys)),
    ]
    for layout in layouts():
        parts += _layout_parts(layout, layout.columns[len(RunKeys._fields) :], "After these columns it has:")
    parts += _layout_parts(MEMORIES, MEMORIES.columns[len(RunKeys._fields) :], "After these columns it has:")
    for recorded in (CALLS, STUDIES):
        parts += _layout_parts(recorded, recorded.columns, "It has:")
    parts.append("## Sub-skills")
    parts.append(
        "`govsim.analysis.skills.skill_frames` makes the frames of sub-skill tests from `load(folder).skills`, and "
        "`govsim export` writes them where there are any."
    )
    for layout in SKILL_LAYOUTS:
        parts += _layout_parts(layout, layout.columns, "It has:", level=3)
    parts.append("## What judges said")
    parts.append(
        "`load(folder).dialogue` has what judges made of the runs in four more frames, and `govsim export` writes them "
        "where there is anything in them. They begin with the same columns as the frames of runs."
    )
    for layout in DIALOGUE_LAYOUTS:
        parts += _layout_parts(layout, layout.columns[len(RunKeys._fields) :], "After these columns it has:", level=3)
    parts.append("## Printed figures")
    parts.append(
        "The figures that the paper prints, as frames for side-by-side tables: `govsim.analysis.published_results`, "
        "`published_subskills` and `published_dialogue`."
    )
    for layout in (RESULTS, SUBSKILLS, DIALOGUE):
        parts += _layout_parts(layout, layout.columns, "It has:", level=3)
    parts.append("### Notes")
    parts.append("What `published_notes` says of the keys in `notes`:")
    parts.append(table(("key", "note"), ([f"`{key}`", note.text] for key, note in NOTES.items())))
    return _page(parts)


def measures() -> str:
    """The page of measures and figures."""
    measured = (
        [
            f"`{one.name}`",
            one.title,
            one.unit,
            one.kind,
            one.formula,
            one.undefined or "never",
            _choice("table" if one.is_tabulated else "", "comparison" if one.is_compared else ""),
            one.source,
        ]
        for one in all_measures()
    )
    drawn = ([f"`{one.name}`", one.value.title, one.value.description] for one in FIGURES)
    return _page(
        [
            NOTICE,
            "# Measures and figures",
            "Every table, frame, comparison, report and page shows the measures of one registry, "
            "`govsim.analysis.measures.MEASURES`. [Measures](../explanation/measures.md) explains the notation of the "
            "formulas and which runs count.",
            "A `rate` is a claim about each run, a `share` lies in 0..1 in frames and is shown in per cent, an "
            "`amount` has a unit of its own, and a `lifetime` is censored where a run stopped early. All of them are "
            "columns of the [frame of runs](frames.md#runs), where the survival rate is `is_survivor`; any of them can "
            "be named in `govsim compare --measure`.",
            table(("name", "title", "unit", "kind", "formula", "undefined", "shown by default", "source"), measured),
            "## Figures",
            "`govsim figure` draws these by name, and those that have data where none is named.",
            table(("name", "title", "what it shows"), drawn),
        ]
    )


def testing() -> str:
    """The page of conformance checks."""
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


def _function_parts(name: str, described: Any) -> Iterator[str]:
    """The section of a function or class: how it is called, what it does, and its arguments."""
    text, _, sections = (inspect.getdoc(described) or "").partition("\n\nArgs:\n")
    yield f"## `{name}`"
    if inspect.isfunction(described):
        parameters = ", ".join(inspect.signature(described).parameters)
        yield f"`{name}({parameters})`"
    yield from map(one_sentence, text.split("\n\n"))
    arguments = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", sections.partition("\n\n")[0], re.MULTILINE)
    if arguments:
        yield table(("argument", "meaning"), ([f"`{one}`", one_sentence(meaning)] for one, meaning in arguments))


def _choice(*parts: str) -> str:
    return ", ".join(part for part in parts if part) or "nowhere"


def _layout_parts(layout: Layout, columns: Sequence[Column], lead: str, level: int = 2) -> Iterator[str]:
    yield f"{'#' * level} `{layout.name}`"
    yield f"A row stands for {layout.row}. {lead}"
    yield _columns_table(columns)


def _columns_table(columns: Iterable[Column]) -> str:
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
    "testing.md": testing,
}


def stale() -> list[str]:
    """Names of the pages that are not what the code says."""
    return [name for name, page in PAGES.items() if not _is_current(FOLDER / name, page())]


def _is_current(path: Path, content: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == content


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or check them; the exit code."""
    if list(arguments) == ["--check"]:
        for name in stale():
            print(f"docs/reference/{name} is stale: run python docs/generate.py", file=sys.stderr)
        return 1 if stale() else 0
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
