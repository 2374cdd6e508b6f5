"""Write the reference pages from the types and commands they describe, so that they cannot drift from them.

Run ``python docs/generate.py`` to write them, and with ``--check`` to exit with 1 if one of them is stale.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import typer
from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo

from govsim.analysis.dialogue import DIALOGUE_LAYOUTS
from govsim.analysis.figures import FIGURES
from govsim.analysis.frames import KEYS, Column, Layout, layouts
from govsim.analysis.measures import all_measures
from govsim.analysis.published import DIALOGUE, NOTES, RESULTS, SUBSKILLS
from govsim.analysis.skills import SKILL_LAYOUTS
from govsim.cli.main import app
from govsim.config import Execution, Experiment, Models, Scalar, World
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

_PLAIN_TYPES = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    type(None): "null",
    Any: "anything",
    Scalar: "text, number, true, false or null",
    int | str | None: "value (whole number, text or null)",
    JsonValue: "any value",
}
_PLACEHOLDERS = {"members": "<NAME>", "prices": "<MODEL>"}
_METAVARS = {"whole number": "NUMBER", "number": "NUMBER", "path": "PATH"}
_LIMITS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting, by its dotted key."""

    name: str
    values: str
    default: str
    meaning: str


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(_cell(entry) for entry in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<NAME>", "&lt;NAME&gt;")


def _sentence(description: str | None) -> str:
    """A docstring's text for a page: its Markdown as it is, on one line."""
    return " ".join((description or "").split())


def type_in_words(annotation: Any) -> str:
    """A type as a reader of YAML or JSON thinks of it."""
    if annotation in _PLAIN_TYPES:
        return _PLAIN_TYPES[annotation]
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Annotated, Union, types.UnionType):
        alternatives = parts[:1] if origin is Annotated else parts
        return " or ".join(dict.fromkeys(type_in_words(part) for part in alternatives))
    if origin is Literal or _is_choice(annotation):
        return ", ".join(f"`{choice}`" for choice in parts or annotation)
    if origin in (tuple, list):
        return f"list of {type_in_words(parts[0])}"
    if origin is dict:
        return f"{type_in_words(parts[1])} by name"
    if _is_model(annotation):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    raise AssertionError(f"{annotation}: say in _PLAIN_TYPES what a reader calls it")


def _is_choice(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, StrEnum)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _range(field: FieldInfo) -> str:
    limits = [
        f"{sign} {_number(getattr(limit, name))}"
        for limit in field.metadata
        for name, sign in _LIMITS.items()
        if getattr(limit, name, None) is not None
    ]
    return ", ".join(limits)


def _number(value: float) -> str:
    if isinstance(value, int) and value >= 2**53 and value & (value - 1) == 0:
        return f"2^{value.bit_length() - 1}"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _values(field: FieldInfo) -> str:
    words = "number of members, or list of text" if _takes_a_count(field) else type_in_words(field.annotation)
    limits = _range(field)
    return f"{words}, {limits}" if limits else words


def _takes_a_count(field: FieldInfo) -> bool:
    return any(type(part).__name__ == "BeforeValidator" for part in field.metadata)


def _default(field: FieldInfo) -> str:
    value = field.default
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case tuple():
            return f"[{', '.join(map(str, value))}]"
        case dict():
            return "{}"
        case _:
            return str(value)


def _inner_model(field: FieldInfo) -> tuple[type[BaseModel], bool] | None:
    """The model that a field holds, and whether it holds many by name; None for a plain value."""
    annotation = field.annotation
    is_mapping = get_origin(annotation) is dict
    parts = (annotation, *get_args(annotation))
    for part in parts:
        if _is_model(part):
            return part, is_mapping
    return None


def keys_of(fields: Mapping[str, FieldInfo], prefix: str = "") -> Iterator[Key]:
    """Every setting among a model's fields and in the models inside it, in their order."""
    for name, field in fields.items():
        inner = _inner_model(field)
        if inner is None:
            yield Key(
                name=f"{prefix}{name}",
                values=_values(field),
                default="required" if field.is_required() else f"`{_default(field)}`",
                meaning=_sentence(field.description),
            )
        else:
            place = f"{name}.{_PLACEHOLDERS[name]}" if inner[1] else name
            yield from keys_of(inner[0].model_fields, f"{prefix}{place}.")


def _keys_table(keys: Iterable[Key]) -> str:
    rows = (
        [f"`{key.name}`".replace("<NAME>", "NAME").replace("<MODEL>", "MODEL"), key.values, key.default, key.meaning]
        for key in keys
    )
    return table(("key", "values", "default", "meaning"), rows)


def _section(name: str, field: FieldInfo) -> Iterator[str]:
    inner = _inner_model(field)
    assert inner is not None, "plain keys stand in a table of their own"
    place = f"{name}.{_PLACEHOLDERS[name]}" if inner[1] else name
    yield f"### `{name}`"
    yield _sentence(field.description)
    yield _keys_table(keys_of(inner[0].model_fields, f"{place}."))


def configuration() -> str:
    """The page of all settings."""
    fields = Experiment.model_fields
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
        _keys_table(keys_of({name: field for name, field in fields.items() if _inner_model(field) is None})),
    ]
    for name, field in fields.items():
        if _inner_model(field) is not None:
            parts += _section(name, field)
    parts += ["## Execution", _first_paragraph(Execution), _keys_table(keys_of(Execution.model_fields))]
    parts += _scenario_parts()
    return _page(parts)


def _scenario_parts() -> Iterator[str]:
    yield "## Scenario"
    yield (
        "The file `scenario.yaml` of a scenario's folder has these keys; "
        "[how to write a scenario](../how-to/scenario.md) walks through one."
    )
    fields = {name: field for name, field in Scenario.model_fields.items() if name != "templates"}
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
    fields = [(name, field) for name, field in model.model_fields.items() if name != "kind"]
    rows = ([f"`{name}`", _journal_type(field), _meaning(name, field, clock_fields)] for name, field in fields)
    return table(("field", "values", "meaning"), rows)


def _journal_type(field: FieldInfo) -> str:
    if field.annotation in (Experiment, Scenario, Models, World):
        return f"[{field.annotation.__name__.lower()}](configuration.md#{field.annotation.__name__.lower()})"
    return type_in_words(field.annotation)


def _meaning(name: str, field: FieldInfo, clock_fields: frozenset[str]) -> str:
    clock = "*Clock field.* " if name in clock_fields else ""
    return clock + (_sentence(field.description) or _WITHOUT_DOCSTRING.get(name, ""))


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
        yield f"`{name}`", default, _sentence(meaning)


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
    return _sentence((inspect.getdoc(described) or "").partition("\n\n")[0])


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
        [f"`{_spelling(parameter, hints)}`", _sentence(parameter.help)]
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
    keys = ", ".join(f"`{column.name}`" for column in KEYS)
    parts = [
        NOTICE,
        "# Frames",
        "`govsim.analysis.read_frames` reads all runs below a folder into four pandas frames, `runs_frame` makes the "
        "first of them from runs that were measured, with columns of their settings where they are asked for. "
        "`write_frames` and `govsim export` write them as CSV or Parquet. Types are pandas' own, and the same whatever "
        "the rows hold: what is undefined or unknown is missing (`<NA>`, or NaN in a column of `float64`). Shares lie "
        "in 0..1. "
        "[Statistics](../explanation/statistics.md) says what is done with them.",
        f"Every frame begins with the same columns, which name the run: {keys}.",
        _columns_table(KEYS),
    ]
    for layout in layouts():
        parts += _layout_parts(layout, layout.columns[len(KEYS) :], "After these columns it has:")
    parts.append("## Sub-skills")
    parts.append(
        "Studies have frames of their own: `govsim.analysis.skills.skill_frames` makes those of sub-skill tests from "
        "what `read_skills` reads below a folder, and `govsim export` writes them where there are any."
    )
    for layout in SKILL_LAYOUTS:
        parts += _layout_parts(layout, layout.columns, "It has:", level=3)
    parts.append("## What judges said")
    parts.append(
        "`govsim.analysis.read_dialogue` reads what judges made of the runs below a folder into four more frames, and "
        "`govsim export` writes them where there is anything in them. They begin with the same columns."
    )
    for layout in DIALOGUE_LAYOUTS:
        parts += _layout_parts(layout, layout.columns[len(KEYS) :], "After these columns it has:", level=3)
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
