"""The schema of scenarios: facts and words in one YAML file, prompts in templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from pydantic import Field

from govsim.config import ReplyFormat
from govsim.config.section import Frozen

PROMPTS_VERSION = 2
"""Version of govsim's own prompts: raised when their texts change, as results with different prompts are not
comparable."""

ORIGINAL_SCENARIOS = {"fishing": "fishery", "sheep": "pasture", "pollution": "pollution"}
"""Names of the scenarios of the paper, by their names in its program."""

REQUIRED_WORDS = {
    "place": "where the harvest happens, as in 'the lake'",
    "harvesting": "the activity of the members, as in 'catching fish'",
    "member": "a member, singular, as in 'fisher'",
    "members": "members, plural, as in 'fishers'",
    "unit": "unit of the resource, singular, as in 'ton of fish'",
    "units": "unit of the resource, plural, as in 'tons of fish'",
    "took": "harvested, in the past tense, as in 'caught'",
}
"""The words that every scenario defines, with their meaning; used in the shared templates."""

COMMON_WORDS = ("place", "harvesting", "member", "members", "unit", "units")
"""The words that most texts of a scenario contain, so that they do not distinguish relevant memories."""

_WORLD = {"capacity", "growth", "growth_phrase", "price"}
_MEMORIES = {"memories"}

USUAL_WORDING = {
    **{"step_by_step": False, "asks": True, "is_short": True, "may_continue": False},
    **{"when": "this month", "are_claims": False, "total": None},
    **dict.fromkeys(("transparency_total", "transparency_neighbours", "transparency_self_reported"), False),
}
"""Variables that select the wording of templates, with the values that apply unless a phase provides others."""

SCENARIO_TEMPLATES: dict[str, frozenset[str]] = {
    "rules": frozenset({"n", "example_before", "example_taken", "example_left", "example_after"}),
    "stock": frozenset({"stock"}),
    "question": frozenset({"stock"}),
    "catch": frozenset({"name", "asked", "received"}),
    "universalization": frozenset({"threshold"}),
}
"""The templates that every scenario must provide, with the variables each may use in addition to words and world."""

SHARED_TEMPLATES: dict[str, frozenset[str]] = {
    "system": frozenset(
        {
            *("n", "rules", "lag", "prices_differ", "communication", "transparency"),
            *("transparency_total", "transparency_neighbours", "transparency_self_reported"),
        }
    ),
    "identity": frozenset({"name", "others", "n", "persona"}),
    "persona": frozenset({"age", "background", "traits", "goals", "behaviour", "customs"}),
    "query": frozenset(),
    "harvest": frozenset({"name", "date", "question", "step_by_step"} | _MEMORIES),
    "forfeit": frozenset(),
    "others_catch": frozenset({"other", "received", "when"}),
    "action": frozenset({"asked"}),
    "moderator": frozenset({"catches", "asks", "are_claims", "total", "when"}),
    "conversation": frozenset({"date", "lines", "names"}),
    "line": frozenset({"name", "is_short", "may_continue"} | _MEMORIES),
    "framework": frozenset(),
    "summary": frozenset({"rates"}),
    "limit": frozenset(),
    "agreement": frozenset({"limit"}),
    "talk": frozenset({"summary"}),
    "thoughts": frozenset({"name", "remember", "interesting"}),
    "insights": frozenset({"name", "date", "count", "rates"} | _MEMORIES),
    "rating": frozenset({"name", "memory"}),
    "month": frozenset({"date", "happened", "lines", "limit"}),
    "format": frozenset({"format"}),
    "format_json": frozenset({"format"}),
    "reask": frozenset({"reason"}),
}
"""The templates that all scenarios share, with the variables each may use in addition to words and world. A scenario's
folder, or a folder of custom prompts, may replace any of them."""

WORLD_TEMPLATES: dict[str, Mapping[str, Any]] = {
    "site": {"site": "north", "others": "south", "n": 2},
    "allocation": {"phrase": "nobody receives any", "n": 5},
    "horizon_known": {"months": 12, "date": "2024-12-01"},
    "horizon_continuation": {"months": 12, "chance": "90 %"},
    "growth_realised": {"phrase": "doubles"},
    "average_growth": {"hazard": False},
    "threshold_hint": {"group": 50, "threshold": 10, "is_average": False},
    "collapse_risk": {"level": "5", "is_drawn": False},
    "shock_risk": {"risk": "(when a shock occurs, and what is lost)"},
    "shock_realised": {"lost": 20},
    "members": {"limits": ["Kate 10"], "prices": ["Kate 500"], "endowments": ["Kate 100"]},
    "observed_stock": {"low": 50, "high": 75, "reading": None, "error": 0, "is_own": False, "is_hidden": False},
    "total_catch": {"total": 50, "when": "this month"},
    "reported_catch": {"other": "Kate", "received": 10, "when": "this month"},
    "self_report": {"date": "2024-01-30", "memories": ["2024-01-01: (a memory)"]},
}
"""The templates of worlds that tell members about more than the exact stock and all catches: their site, allocation
rule, horizon, growth, shocks, collapse level, how members differ and what that changes in the hint
`universalization`, what they observe, and what is reported to them; with the variables each may use in addition to
words and world, and example values."""

FORMAT_TEMPLATES: dict[ReplyFormat, str] = {"text": "format", "structured": "format_json"}
"""The template with the reply instructions, by reply format."""

VARIABLES: dict[str, str] = {
    "capacity": "whole number",
    "growth": "text: the factor as a decimal number, as in 1.5",
    "growth_phrase": "text: verb phrase that describes the growth, as in doubles",
    "price": "text: dollars with thousands separators, as in 1,000",
    "n": "whole number: number of members present",
    "example_before": "whole number",
    "example_taken": "whole number",
    "example_left": "whole number",
    "example_after": "whole number",
    "stock": "whole number",
    "asked": "whole number",
    "received": "whole number",
    "threshold": "whole number: units that each member may take without the stock shrinking",
    "rules": "text: the rendered `rules`",
    "communication": "true or false",
    "transparency": "true or false",
    "transparency_total": "true or false: whether only the total catch is made public",
    "transparency_neighbours": "true or false: whether members learn the catches of their neighbours",
    "transparency_self_reported": "true or false: whether members state their own catches",
    "lag": "whole number: months after which catches are made public",
    "prices_differ": "true or false: whether members earn different prices",
    "total": "whole number or none: total catch of the group",
    "are_claims": "true or false: whether the catches are what members say",
    "when": "text: the month of the catches, as in this month",
    "name": "text",
    "others": "text: names, joined as in a sentence",
    "persona": "text: the rendered `persona`, or empty",
    "age": "whole number or none",
    "background": "text or none",
    "traits": "text or none",
    "goals": "text or none",
    "behaviour": "text or none",
    "customs": "text or none",
    "date": "text",
    "question": "text: the rendered `question`",
    "step_by_step": "true or false: whether step-by-step reasoning is requested",
    "memories": "list of text",
    "other": "text",
    "catches": "list of text: each member with its catch",
    "asks": "true or false: whether the moderator asks a question",
    "lines": "list of text: utterances",
    "is_short": "true or false: whether a short utterance is requested",
    "may_continue": "true or false: whether speakers can choose themselves as the next speaker",
    "names": "text: names, joined as in a sentence",
    "rates": "true or false: whether an importance rating is requested in the same reply",
    "limit": "whole number or none",
    "summary": "text",
    "remember": "true or false",
    "interesting": "true or false",
    "count": "whole number: maximum number of insights",
    "memory": "text",
    "happened": "list of text",
    "format": "text: reply format",
    "reason": "text: why a reply could not be parsed",
}
"""Type and, unless obvious from the name, content of each variable. Words of the scenario are text."""


RULES_TEMPLATE = "rules"


def is_rules(template: str) -> bool:
    """Whether a template states the rules: `rules` itself, or a paraphrase, whose name starts with `rules-`."""
    return template == RULES_TEMPLATE or template.startswith(f"{RULES_TEMPLATE}-")


def is_hint(template: str) -> bool:
    """Whether a template is a hint: `universalization`, or any template without another role."""
    return template == "universalization" or not (
        template in SCENARIO_TEMPLATES or template in SHARED_TEMPLATES or is_rules(template)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionTemplate:
    """A prompt template provided by a phase or rule.

    Attributes:
        file: the template file.
        variables: the variables it may use in addition to words and world, with example values.
    """

    file: Traversable
    variables: Mapping[str, Any]


def variables_of(template: str, words: frozenset[str], added: Mapping[str, ExtensionTemplate] = {}) -> frozenset[str]:
    """Return all variables that a template may use.

    Args:
        template: name of the template.
        words: names of the scenario's words.
        added: templates of phases and rules, by name.
    """
    if template in added:
        own = frozenset(added[template].variables) | _MEMORIES
    else:
        part = "universalization" if is_hint(template) else RULES_TEMPLATE if is_rules(template) else template
        own = {**SCENARIO_TEMPLATES, **SHARED_TEMPLATES}[part]
    return own | words | _WORLD


class Scenario(Frozen):
    """The texts of a commons. Stored in the journal's header, so that a journal can be replayed without other files."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """The scenario's name: lower-case letters, digits and hyphens."""
    title: str
    """Short title."""
    price: int = Field(1000, ge=0)
    """Dollars that one unit earns."""
    words: dict[str, str]
    """Words of the scenario. Those of `REQUIRED_WORDS` are required; more can be defined for its own templates."""
    world: dict[str, Any] = {}
    """Settings of `world` that differ from the defaults in this scenario."""
    templates: dict[str, str] = {}
    """Texts of all prompt templates, by name."""
