"""Measures of runs: their definitions, their formulas as pure functions of arrays, and their registry.

Amounts are whole units as floats. Arrays have one row for each month with a harvest, in order, and one column for each
member of the roster: `asked` is NaN where a member was absent or forfeited, `received` is NaN where it was absent.
Members are counted if they were present in at least one of the considered months.

Functions return NaN for undefined values, and measures None. Formulas and names follow Piatti et al. 2024, "Cooperate
or Collapse", section 2 and appendix, unless the docstring names another source.

Each module of this package registers its measures in `MEASURES`, and defines their formulas.
"""

# Tables show measures in the order in which these modules register them; those of other modules follow.
# isort: off
from govsim.analysis.measures import (  # noqa: F401
    survival,
    catch,
    usage,
    optimal,
    reporting,
    income,
    sanctions,
    agreements,
    permits,
    mobility,
    decisions,
)

# isort: on
from govsim.analysis.measures.measure import (
    MEASURES,
    PER_CENT,
    SURVIVAL_RATE,
    SURVIVAL_TIME,
    CountedRun,
    Harvests,
    Measure,
    MeasureKind,
    MeasureValue,
    all_measures,
    check_first_month,
    compared_measures,
    kinds_of_measures,
    measure_named,
    measure_values,
    tabulated_measures,
)
from govsim.game.model import Floats

__all__ = [
    "MEASURES",
    "PER_CENT",
    "SURVIVAL_RATE",
    "SURVIVAL_TIME",
    "CountedRun",
    "Floats",
    "Harvests",
    "Measure",
    "MeasureKind",
    "MeasureValue",
    "all_measures",
    "check_first_month",
    "compared_measures",
    "kinds_of_measures",
    "measure_named",
    "measure_values",
    "tabulated_measures",
]
