"""Scenarios: the texts of a commons as data, with their schema and loader; includes the built-in scenarios."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.scenarios.copying import export_scenario
    from govsim.scenarios.loader import SCENARIOS, load_scenario, scenario_names, template_names, world_templates
    from govsim.scenarios.prompts import Prompts, sample_variables
    from govsim.scenarios.schema import (
        COMMON_WORDS,
        FORMAT_TEMPLATES,
        ORIGINAL_SCENARIOS,
        PROMPTS_VERSION,
        REQUIRED_WORDS,
        SCENARIO_TEMPLATES,
        SHARED_TEMPLATES,
        VARIABLES,
        WORLD_TEMPLATES,
        ExtensionTemplate,
        Scenario,
        is_hint,
        is_rules,
    )
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "COMMON_WORDS",
    "FORMAT_TEMPLATES",
    "ORIGINAL_SCENARIOS",
    "PROMPTS_VERSION",
    "REQUIRED_WORDS",
    "SCENARIOS",
    "SCENARIO_TEMPLATES",
    "SHARED_TEMPLATES",
    "VARIABLES",
    "WORLD_TEMPLATES",
    "ExtensionTemplate",
    "Prompts",
    "Scenario",
    "export_scenario",
    "is_hint",
    "is_rules",
    "load_scenario",
    "sample_variables",
    "scenario_names",
    "template_names",
    "world_templates",
]
