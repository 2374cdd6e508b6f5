"""Measures of runs: what they are, their formulas as pure functions of plain numbers, and the registry of all.

Amounts are whole units held as floats. Arrays have one row for each month that was harvested, in order, and one column
for each member of the roster, whether present or not: `asked` is NaN where a member was absent or forfeited, `received`
is NaN where it was absent. Members count when they were present in at least one of the months looked at.

A formula that is undefined is NaN, the measure made from it None. Formulas and names follow Piatti et al. 2024,
"Cooperate or Collapse", section 2 and appendix, where the docstring names no other source.
"""

from govsim.analysis.measures.measure import (
    MEASURES,
    PER_CENT,
    SURVIVAL_RATE,
    SURVIVAL_TIME,
    CountedRun,
    Floats,
    Harvests,
    Kind,
    Measure,
    Value,
    all_measures,
    check_first_month,
    compared_measures,
    kinds_of_measures,
    measure_named,
    values_of,
)

# Tables show measures in the order in which these modules register them.
# isort: split
from govsim.analysis.measures.survival import is_survivor, survival_time

# isort: split
from govsim.analysis.measures.catch import efficiency, equality, gain, gains

# isort: split
from govsim.analysis.measures.usage import over_usage, over_usage_granted

# isort: split
from govsim.analysis.measures.optimal import optimum, share_of_optimum

__all__ = [
    "MEASURES",
    "PER_CENT",
    "SURVIVAL_RATE",
    "SURVIVAL_TIME",
    "CountedRun",
    "Floats",
    "Harvests",
    "Kind",
    "Measure",
    "Value",
    "all_measures",
    "check_first_month",
    "compared_measures",
    "efficiency",
    "equality",
    "gain",
    "gains",
    "is_survivor",
    "kinds_of_measures",
    "measure_named",
    "optimum",
    "over_usage",
    "over_usage_granted",
    "share_of_optimum",
    "survival_time",
    "values_of",
]
