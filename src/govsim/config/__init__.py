"""Typed settings of experiments and of their execution, read from YAML files, conditions and the command line."""

from govsim.config.addresses import EXAMPLE_ADDRESS, flaw_of_address, flaw_of_key
from govsim.config.analysis import DeclaredAnalysis
from govsim.config.configurable import Configurable, Used, is_subclass_of
from govsim.config.entries import AS, ExtensionEntry, flattened
from govsim.config.execution import MAX_RUNS, Budget, Execution, Price
from govsim.config.experiment import (
    DEFAULT_PHASES,
    EMBEDDED,
    LOCAL,
    MAX_SEED,
    Agents,
    Example,
    Experiment,
    Member,
    Models,
    Persona,
    Replies,
    Sampling,
    Scalar,
    SocietySettings,
    World,
)
from govsim.config.grid import ANALYSIS, GRID, cells_in
from govsim.config.loading import (
    Layer,
    assignment,
    experiment_from,
    load_experiment_file,
    load_yaml,
    merge,
    nested,
    validate,
)
from govsim.config.observation import Extent, IntervalStock, NoisyStock, Observation
from govsim.config.paths import expanded
from govsim.config.presets import (
    CONDITIONS,
    DEFAULT,
    PROTOCOLS,
    condition_names,
    load_condition,
    load_protocol,
    protocol_names,
)
from govsim.config.section import Section

__all__ = [
    "ANALYSIS",
    "AS",
    "CONDITIONS",
    "DEFAULT",
    "DEFAULT_PHASES",
    "EMBEDDED",
    "EXAMPLE_ADDRESS",
    "GRID",
    "LOCAL",
    "MAX_RUNS",
    "MAX_SEED",
    "PROTOCOLS",
    "Agents",
    "Budget",
    "Configurable",
    "DeclaredAnalysis",
    "Example",
    "Execution",
    "Experiment",
    "ExtensionEntry",
    "Extent",
    "IntervalStock",
    "Layer",
    "Member",
    "Models",
    "NoisyStock",
    "Observation",
    "Persona",
    "Price",
    "Replies",
    "Sampling",
    "Scalar",
    "Section",
    "SocietySettings",
    "Used",
    "World",
    "assignment",
    "cells_in",
    "condition_names",
    "expanded",
    "experiment_from",
    "flattened",
    "flaw_of_address",
    "flaw_of_key",
    "is_subclass_of",
    "load_condition",
    "load_experiment_file",
    "load_protocol",
    "load_yaml",
    "merge",
    "nested",
    "protocol_names",
    "validate",
]
