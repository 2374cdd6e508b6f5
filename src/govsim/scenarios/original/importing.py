"""Writes the prompts of the original GovSim, from a user's own copy of it, to a folder of custom prompts."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from govsim.config import expanded
from govsim.errors import ConfigError, ScenarioError
from govsim.scenarios.copying import check_free, write_folder
from govsim.scenarios.loader import TEMPLATE_SUFFIX, load_scenario
from govsim.scenarios.original.python_source import (
    NAMES,
    Bindings,
    Function,
    Module,
    Person,
    PromptPart,
    Text,
    Unmapped,
    Variable,
    source_of,
)
from govsim.scenarios.schema import ORIGINAL_SCENARIOS

ORIGINAL_REPOSITORY = "https://github.com/giorgiopiatti/GovSim"
"""Where the program of the paper can be cloned from."""

_COGNITION = Path("agents", "persona_v3", "cognition")
_SYSTEM = "get_sytem_prompt"  # spelt as in the original
_CUE = "reasoning_steps_prompt"
_FORMAT = re.compile(r"answer:|output format|\[fill in\]|\[yes/no\]", re.IGNORECASE)
_LOOP = re.compile(r"\{%\+ for (\w+) in")

_REPLY = "the reply format is omitted, as govsim states its own"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPrompts:
    """The result of an import.

    Attributes:
        files: the templates written.
        unmapped: what could not be converted, or has no counterpart in govsim, with file and function.
    """

    files: Sequence[Path]
    unmapped: Sequence[str]


def import_prompts(checkout: Path, folder: Path, scenario: str = "fishery", version: str = "v3") -> ImportedPrompts:
    """Convert the prompts of one scenario of the original to templates in a new folder.

    Args:
        checkout: the folder of the original program.
        folder: destination; it must not exist, or must be empty.
        scenario: govsim's name of the scenario.
        version: version of the original's system prompt, as in its configuration.

    Raises:
        ConfigError: the scenario or version does not exist, the structure of the checkout is not recognized, or the
            folder cannot be written.
    """
    theirs = next((name for name, ours in ORIGINAL_SCENARIOS.items() if ours == scenario), None)
    if theirs is None:
        raise ConfigError(
            f"scenario = {scenario}: the original has no such scenario; choose from "
            f"{', '.join(ORIGINAL_SCENARIOS.values())}"
        )
    checkout, folder = expanded(checkout), expanded(folder)
    check_free(folder)
    module = _module_of(checkout, checkout / "simulation" / "scenarios" / theirs)
    templates = _Templates(module, version).made()
    _refuse_unknown_structure(checkout, templates)
    write_folder(folder, {f"{name}{TEMPLATE_SUFFIX}": f"{text.strip()}\n" for name, text in templates.items()})
    try:
        load_scenario(scenario, folder)
    except ScenarioError as error:
        raise ConfigError(f"{checkout}: its prompts cannot be converted: {error}") from error
    return ImportedPrompts(files=sorted(folder.iterdir()), unmapped=tuple(module.unmapped))


def _module_of(checkout: Path, root: Path) -> Module:
    """Read all files with texts of a scenario."""
    cognition = root / _COGNITION
    if not cognition.is_dir():
        flaw = f"has no folder {cognition.relative_to(checkout)}" if checkout.is_dir() else "there is no such folder"
        raise ConfigError(f"{checkout}: {flaw}; give a clone of the original GovSim: git clone {ORIGINAL_REPOSITORY}")
    module = Module()
    for file in [*sorted(cognition.glob("*.py")), *sorted((root / "environment").glob("*.py"))]:
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file}: cannot be read as Python ({error})") from error
        module.add(file.relative_to(checkout), tree)
    return module


def _refuse_unknown_structure(checkout: Path, templates: Mapping[str, str]) -> None:
    missing = [name for name in ("identity", "question", "line") if not templates.get(name, "").strip()]
    if missing:
        raise ConfigError(
            f"{checkout}: the structure of its prompts is not recognized: found no text for {', '.join(missing)}; "
            "use an unchanged checkout of the original GovSim"
        )


class _Templates:
    """The templates made from the functions of the original."""

    def __init__(self, module: Module, version: str) -> None:
        self._module = module
        self._version = version
        module.omitted.add(_SYSTEM)

    def made(self) -> dict[str, str]:
        """Return the source of each template by its name."""
        steps: tuple[Callable[[], Mapping[str, str]], ...] = (
            self._identity,
            self._harvest,
            self._discussion,
            self._after_discussion,
            self._reflection,
            self._notices,
        )
        return {name: text for step in steps for name, text in step().items()}

    def _identity(self) -> dict[str, str]:
        versions = [
            name.removeprefix(f"{_SYSTEM}_") for name in self._module.functions if name.startswith(f"{_SYSTEM}_")
        ]
        if self._version not in versions:
            known = f"choose from {', '.join(versions)}" if versions else "found none"
            raise ConfigError(f"version = {self._version}: there is no such version of the system prompt; {known}")
        for other in versions:
            if other != self._version:
                self._leave(f"{_SYSTEM}_{other}", f"another version of the system prompt; use --version {other}")
        text = self._returned(f"{_SYSTEM}_{self._version}")
        # The text starts with the member's name, so that no part of it is common to all members.
        return {"identity": text, "system": "{# Part of identity.jinja #}"}

    def _harvest(self) -> dict[str, str]:
        before, after = _split(self._pieces("prompt_action_choose_amount"), "memories")
        cue = [piece for piece in after if piece.function == _CUE]
        asked = _joined([piece for piece in after if piece not in cue])
        # Spaces around the question are removed when it is rendered.
        shown = asked.replace(asked.strip(), "{{ question }}") if asked.strip() else ""
        return {"harvest": f"{_joined(before)}{shown}{_joined(cue)}", "question": asked}

    def _discussion(self) -> dict[str, str]:
        before, after = _split(self._pieces("prompt_converse_utterance_in_group"), "lines")
        memories = [piece for piece in before if _loops(piece, "memories")]
        shared = [piece for piece in before if piece not in memories]
        return {"conversation": _joined(shared), "line": _joined([*memories, *after])}

    def _after_discussion(self) -> dict[str, str]:
        summary = self._about_discussion("prompt_summarize_conversation")
        limit = self._about_discussion("prompt_find_harvesting_limit")
        remember = self._about_discussion("prompt_planning_thought")
        interesting = self._about_discussion("prompt_memorize")
        thoughts = (
            f"{{%+ if remember +%}}{remember}{{%+ endif +%}}\n{{%+ if interesting +%}}{interesting}{{%+ endif +%}}"
            if remember and interesting
            else ""
        )
        return _present({"summary": summary, "limit": limit, "thoughts": thoughts})

    def _about_discussion(self, name: str) -> str:
        """Return a question about a discussion without the discussion and its heading, which are shown before it."""
        before, after = _split(self._pieces(name), "lines")
        return "\n".join(part for part in (_joined(before[:-2]).strip(), _joined(after)) if part)

    def _reflection(self) -> dict[str, str]:
        for kind in ("chat", "event", "action"):
            self._leave(f"prompt_importance_{kind}", "all ratings use the question about a thought")
        insights, rating = (self._pieces(name) for name in ("prompt_insight_and_evidence", "prompt_importance_thought"))
        return _present({"insights": _joined(insights), "rating": _joined(rating)})

    def _notices(self) -> dict[str, str]:
        other = Person(Variable("other"))
        return _present(
            {
                "stock": self._returned("_prompt_pool_amount_of_resource"),
                "catch": self._returned("_prompt_pool_amount_of_resource_after_harvesting"),
                "universalization": self._returned("_prompt_universalization"),
                "others_catch": self._returned("_prompt_home_observe_agent_resource", {"agent_id_to_name": other}),
                "agreement": self._agreement(),
                "moderator": self._report(),
            }
        )

    def _agreement(self) -> str:
        """Return the text that members remember of an agreed limit: the argument of `store_thought`."""
        function = self._find("converse_group")
        if function is None:
            return ""
        calls = (node for node in ast.walk(function.node) if isinstance(node, ast.Call))
        thoughts = (
            call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "store_thought"
        )
        thought = next(thoughts, None)
        return "" if thought is None else self._value(function, thought.args[0])

    def _report(self) -> str:
        """Return the moderator's report: a loop that adds to `report`, and the text that contains it."""
        function = self._find("converse_group")
        if function is None:
            return ""
        nodes = list(ast.walk(function.node))
        lines = [node.value for node in nodes if isinstance(node, ast.AugAssign) and _is_named(node.target, "report")]
        texts = [node for node in nodes if isinstance(node, ast.JoinedStr) and _is_report(node)]
        if not lines or not texts:
            return ""
        name, amount = Variable('catch.rpartition(" ")[0]'), Variable('catch.rpartition(" ")[2]')
        line = self._value(function, lines[0], {"identity_name": name, "agent_resource_num": amount})
        loop = f"{{%+ for catch in catches +%}}{line}{{%+ endfor +%}}"
        return self._value(function, texts[0], {"report": Text(loop)})

    def _find(self, prefix: str) -> Function | None:
        """Return the function whose name starts with a prefix; None, reported, if there is none."""
        found = next((one for name, one in self._module.functions.items() if name.startswith(prefix)), None)
        if found is None:
            self._module.unmapped.append(f"{prefix}: there is no such function; govsim's own text is used")
        return found

    def _leave(self, name: str, why: str) -> None:
        if name in self._module.functions:
            function = self._module.functions[name]
            self._module.report(function, function.node.lineno, why)

    def _pieces(self, prefix: str) -> list[PromptPart]:
        """Return the pieces of a prompt, without its reply format."""
        function = self._find(prefix)
        if function is None:
            return []
        pieces = self._module.prompt(function.node.name, {})
        kept = [piece for piece in pieces if not _FORMAT.search(piece.text)]
        if len(kept) < len(pieces):
            self._module.report(function, function.node.lineno, _REPLY)
        return kept

    def _returned(self, name: str, bindings: Bindings = NAMES) -> str:
        function = self._find(name)
        if function is None:
            return ""
        try:
            return source_of(self._module.returned(function.node.name, bindings))
        except Unmapped as error:
            self._module.report(function, function.node.lineno, str(error))
            return ""

    def _value(self, function: Function, node: ast.expr, bindings: Bindings = NAMES) -> str:
        try:
            return source_of(self._module.value(function, node, bindings))
        except Unmapped as error:
            self._module.report(function, node.lineno, str(error))
            return ""


def _split(pieces: Sequence[PromptPart], sequence: str) -> tuple[list[PromptPart], list[PromptPart]]:
    """Split pieces after the one that lists memories or utterances; without one, all come after."""
    place = next((number for number, piece in enumerate(pieces, 1) if _loops(piece, sequence)), 0)
    return list(pieces[:place]), list(pieces[place:])


def _loops(piece: PromptPart, sequence: str) -> bool:
    return f" in {sequence} " in piece.text and _LOOP.search(piece.text) is not None


def _joined(pieces: Sequence[PromptPart]) -> str:
    return "".join(piece.text for piece in pieces)


def _present(templates: Mapping[str, str]) -> dict[str, str]:
    """Return the templates that have a text."""
    return {name: text for name, text in templates.items() if text.strip()}


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_report(text: ast.JoinedStr) -> bool:
    return any(isinstance(part, ast.FormattedValue) and _is_named(part.value, "report") for part in text.values)
