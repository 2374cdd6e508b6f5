"""The simulation of a society: members, phases of the month, and institutions."""

from govsim.society.assembly import Assembly
from govsim.society.building import (
    build_simulation,
    framework_model,
    model_of,
    model_settings,
    models_needed,
    open_models,
)
from govsim.society.composition import (
    Composition,
    compose,
    facts_given,
    incentives_of,
    kinds_used,
    parts_used,
    plugins_used,
    resolved,
    without_defaults,
)
from govsim.society.framework import Framework
from govsim.society.outputs import PhaseOutputs, Revealed
from govsim.society.phase import PHASES, Phase
from govsim.society.rule import RULES, AddedPhase, Adjustable, Alternatives, Rule, Terms
from govsim.society.simulation import Simulation
from govsim.society.society import Society

__all__ = [
    "PHASES",
    "RULES",
    "AddedPhase",
    "Adjustable",
    "Alternatives",
    "Assembly",
    "Composition",
    "Framework",
    "Phase",
    "PhaseOutputs",
    "Revealed",
    "Rule",
    "Simulation",
    "Society",
    "Terms",
    "build_simulation",
    "compose",
    "facts_given",
    "framework_model",
    "incentives_of",
    "kinds_used",
    "model_of",
    "model_settings",
    "models_needed",
    "open_models",
    "parts_used",
    "plugins_used",
    "resolved",
    "without_defaults",
]
