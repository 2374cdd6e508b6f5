"""Measures of runs: their definitions, their formulas as pure functions of arrays, and their registry.

Amounts are whole units as floats. Arrays have one row for each month with a harvest, in order, and one column for each
member of the roster: `asked` is NaN where a member was absent or forfeited, `received` is NaN where it was absent.
Members are counted if they were present in at least one of the considered months.

Functions return NaN for undefined values, and measures None. Formulas and names follow Piatti et al. 2024, "Cooperate
or Collapse", section 2 and appendix, unless the docstring names another source.
"""

from govsim.analysis.measures.measure import (
    MEASURES,
    PER_CENT,
    SURVIVAL_RATE,
    SURVIVAL_TIME,
    CountedRun,
    Floats,
    Harvests,
    Measure,
    MeasureKind,
    MeasureValue,
    all_measures,
    check_first_month,
    compared_measures,
    kinds_of_measures,
    measure_named,
    tabulated_measures,
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
from govsim.analysis.measures.optimal import (
    References,
    hindsight_regret_of,
    optimal_path,
    optimal_stocks,
    place_between,
    references_of,
    regret_of,
    share_of_optimum,
    valued_optimum,
)

# isort: split
from govsim.analysis.measures.reporting import underreporting

# isort: split
from govsim.analysis.measures.income import enforcement_cost, income_equality, net_income, tax_revenue

# isort: split
from govsim.analysis.measures.sanctions import (
    antisocial_share,
    punishment_slope,
    reward_share,
    sanction_points,
    second_order_free_riding,
)

# isort: split
from govsim.analysis.measures.agreements import (
    contract_rate,
    delegation_rate,
    exclusion_rate,
    overturned,
    rating_spread,
    signature_rate,
)

# isort: split
from govsim.analysis.measures.permits import permit_concentration, permit_price, permit_turnover

# isort: split
from govsim.analysis.measures.mobility import exit_rate, migration_rate, turnover

# isort: split
from govsim.analysis.measures.decisions import (
    agenda_kept,
    decision_error,
    manipulation,
    promise_gap,
    report_honesty,
    turnout,
)

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
    "References",
    "agenda_kept",
    "all_measures",
    "antisocial_share",
    "check_first_month",
    "compared_measures",
    "contract_rate",
    "decision_error",
    "delegation_rate",
    "efficiency",
    "enforcement_cost",
    "equality",
    "exclusion_rate",
    "exit_rate",
    "gain",
    "gains",
    "hindsight_regret_of",
    "income_equality",
    "is_survivor",
    "kinds_of_measures",
    "manipulation",
    "measure_named",
    "migration_rate",
    "net_income",
    "optimal_path",
    "optimal_stocks",
    "over_usage",
    "over_usage_granted",
    "overturned",
    "permit_concentration",
    "permit_price",
    "permit_turnover",
    "place_between",
    "promise_gap",
    "punishment_slope",
    "rating_spread",
    "references_of",
    "regret_of",
    "report_honesty",
    "reward_share",
    "sanction_points",
    "second_order_free_riding",
    "share_of_optimum",
    "signature_rate",
    "survival_time",
    "tabulated_measures",
    "tax_revenue",
    "turnout",
    "turnover",
    "underreporting",
    "valued_optimum",
    "values_of",
]
