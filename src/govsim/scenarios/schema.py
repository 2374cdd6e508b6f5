"""What a scenario consists of: facts and words in one YAML file, sentences in templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from pydantic import Field

from govsim.config import Replies
from govsim.config.section import Frozen

WORDS = {
    "place": "where the harvest happens, as in 'the lake'; the query for memories before a harvest",
    "harvesting": "what the members do there, as in 'catching fish'; the query for memories at home",
    "member": "what one member is, as in 'fisher'",
    "members": "several of them, as in 'fishers'",
    "unit": "one unit of what is harvested, as in 'ton of fish'",
    "units": "several of them, as in 'tons of fish'",
    "took": "past tense of harvesting an amount, as in 'caught'",
}
"""The words every scenario defines, and what each is; shared templates are built from them."""

_WORLD = {"capacity", "growth", "growth_phrase", "price"}
_MEMORIES = {"memories"}

SCENARIO_TEMPLATES: dict[str, frozenset[str]] = {
    "rules": frozenset({"n", "example_before", "example_taken", "example_left", "example_after"}),
    "stock": frozenset({"stock"}),
    "question": frozenset({"stock"}),
    "catch": frozenset({"asked", "received"}),
    "universalization": frozenset({"threshold"}),
}
"""The templates every scenario brings, with the variables each may use beside words and world."""

SHARED_TEMPLATES: dict[str, frozenset[str]] = {
    "system": frozenset({"n", "rules", "communication", "transparency"}),
    "identity": frozenset({"name", "others", "n", "persona"}),
    "persona": frozenset({"age", "background", "traits", "goals", "behaviour", "customs"}),
    "harvest": frozenset({"date", "question"} | _MEMORIES),
    "forfeit": frozenset(),
    "others_catch": frozenset({"other", "received"}),
    "action": frozenset({"asked"}),
    "moderator": frozenset({"catches"}),
    "conversation": frozenset({"date", "lines", "names"}),
    "line": frozenset({"name"} | _MEMORIES),
    "framework": frozenset(),
    "summary": frozenset({"rates"}),
    "limit": frozenset(),
    "agreement": frozenset({"limit"}),
    "talk": frozenset({"summary"}),
    "thoughts": frozenset({"remember", "interesting"}),
    "insights": frozenset({"date", "count", "rates"} | _MEMORIES),
    "rating": frozenset({"memory"}),
    "month": frozenset({"date", "happened", "lines", "limit"}),
    "format": frozenset({"format"}),
    "format_json": frozenset({"format"}),
    "reask": frozenset({"reason"}),
}
"""The templates all scenarios share, with the variables each may use beside words and world. A scenario's folder, or
a folder of one's own prompts, may replace any of them."""

FORMATS: dict[Replies, str] = {"text": "format", "structured": "format_json"}
"""The template that says how to reply, by the form of replies."""

VARIABLES: dict[str, str] = {
    "capacity": "whole number",
    "growth": "text: the factor as a decimal number, as in 1.5",
    "growth_phrase": "text: what the stock does, as in doubles",
    "price": "text: dollars with separators, as in 1,000",
    "n": "whole number: how many members are present",
    "example_before": "whole number",
    "example_taken": "whole number",
    "example_left": "whole number",
    "example_after": "whole number",
    "stock": "whole number",
    "asked": "whole number",
    "received": "whole number",
    "threshold": "whole number: what each member may take without the stock shrinking",
    "rules": "text: the rendered `rules`",
    "communication": "true or false",
    "transparency": "true or false",
    "name": "text",
    "others": "text: names as in a sentence",
    "persona": "text: the rendered `persona`, or empty",
    "age": "whole number or none",
    "background": "text or none",
    "traits": "text or none",
    "goals": "text or none",
    "behaviour": "text or none",
    "customs": "text or none",
    "date": "text",
    "question": "text: the rendered `question`",
    "memories": "list of text",
    "other": "text",
    "catches": "list of text: a member and its catch each",
    "lines": "list of text: what was said",
    "names": "text: names as in a sentence",
    "rates": "true or false: whether importance is asked for in the same reply",
    "limit": "whole number or none",
    "summary": "text",
    "remember": "true or false",
    "interesting": "true or false",
    "count": "whole number: how many insights at most",
    "memory": "text",
    "happened": "list of text",
    "format": "text: how to reply",
    "reason": "text: why a reply could not be read",
}
"""The kind of each variable, and what it holds where the name does not say it. Words of the scenario are text."""


RULES = "rules"


def is_rules(template: str) -> bool:
    """Whether a template tells the rules: `rules` itself, or the same in other words, named `rules-` and something."""
    return template == RULES or template.startswith(f"{RULES}-")


def is_hint(template: str) -> bool:
    """Whether a template is a hint: `universalization`, or any that has no other part to play."""
    return template == "universalization" or not (
        template in SCENARIO_TEMPLATES or template in SHARED_TEMPLATES or is_rules(template)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A prompt template that a phase or rule brings with it.

    Attributes:
        file: where its text is.
        variables: what it may use beside words and world, each with an example.
    """

    file: Traversable
    variables: Mapping[str, Any]


def variables_of(template: str, words: frozenset[str], brought: Mapping[str, Brought] = {}) -> frozenset[str]:
    """Every variable that a template may use beside those of its own part.

    Args:
        template: its name.
        words: names of the scenario's words.
        brought: templates that phases and rules bring, by name.
    """
    if template in brought:
        own = frozenset(brought[template].variables) | _MEMORIES
    else:
        part = "universalization" if is_hint(template) else RULES if is_rules(template) else template
        own = {**SCENARIO_TEMPLATES, **SHARED_TEMPLATES}[part]
    return own | words | _WORLD


class Scenario(Frozen):
    """A commons in words. Stands in the journal's header, so that a journal needs no other file to be re-lived."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """The scenario's name: lower-case letters, digits and hyphens."""
    title: str
    """What it is about, in a few words."""
    price: int = Field(1000, ge=0)
    """Dollars that one unit earns."""
    words: dict[str, str]
    """The scenario's words; those of `WORDS` are required, more may be used in its own templates."""
    world: dict[str, Any] = {}
    """Settings of the world that differ from the default in this scenario."""
    templates: dict[str, str] = {}
    """The text of every prompt template, by name."""
