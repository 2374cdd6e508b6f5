"""What to run and how: typed settings, read from YAML files, conditions and the command line."""

from govsim.config.addresses import EXAMPLE_ADDRESS, flaw_of_address, flaw_of_key
from govsim.config.execution import Budget, Execution, Price
from govsim.config.experiment import (
    Agents,
    Direct,
    Discussion,
    Experiment,
    Generative,
    Member,
    Models,
    Persona,
    Sampling,
    Scalar,
    Society,
    World,
)
from govsim.config.grid import GRID, cells_in
from govsim.config.loading import (
    Layer,
    assignment,
    condition_names,
    experiment_from,
    load_condition,
    load_experiment_file,
    load_yaml,
    merge,
    nested,
    validate,
)

__all__ = [
    "EXAMPLE_ADDRESS",
    "GRID",
    "Agents",
    "Budget",
    "Direct",
    "Discussion",
    "Execution",
    "Experiment",
    "Generative",
    "Layer",
    "Member",
    "Models",
    "Persona",
    "Price",
    "Sampling",
    "Scalar",
    "Society",
    "World",
    "assignment",
    "cells_in",
    "condition_names",
    "experiment_from",
    "flaw_of_address",
    "flaw_of_key",
    "load_condition",
    "load_experiment_file",
    "load_yaml",
    "merge",
    "nested",
    "validate",
]
