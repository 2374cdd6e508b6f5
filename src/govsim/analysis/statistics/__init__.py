"""Statistics over runs: intervals, survival analysis, comparisons. Every result says on what it rests."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.statistics.comparison import adjusted, compare, compare_measures, comparisons_frame
    from govsim.analysis.statistics.effects import (
        cliffs_delta,
        hedges_g,
        paired_hedges_g,
        paired_interval,
        rank_biserial,
        welch_interval,
    )
    from govsim.analysis.statistics.rates import fisher, mcnemar, newcombe_interval, paired_newcombe_interval
    from govsim.analysis.statistics.resampling import (
        ENUMERATED,
        RESAMPLES,
        SEED,
        bootstrap_difference,
        bootstrap_mean,
        permutation,
    )
    from govsim.analysis.statistics.results import (
        Comparison,
        Omission,
        Result,
        Side,
        comparison_record,
    )
    from govsim.analysis.statistics.sides import Design
    from govsim.analysis.statistics.survival import (
        Lifetimes,
        SurvivalCurve,
        SurvivalStep,
        lifetimes_of,
        log_rank,
        log_rank_permutation,
        restricted_mean,
        restricted_mean_difference,
        survival_curve,
    )
else:
    __getattr__ = lazy_names(__name__)

__all__ = [
    "ENUMERATED",
    "RESAMPLES",
    "SEED",
    "Comparison",
    "Design",
    "Lifetimes",
    "Omission",
    "Result",
    "Side",
    "SurvivalCurve",
    "SurvivalStep",
    "adjusted",
    "bootstrap_difference",
    "bootstrap_mean",
    "cliffs_delta",
    "compare",
    "compare_measures",
    "comparison_record",
    "comparisons_frame",
    "fisher",
    "hedges_g",
    "lifetimes_of",
    "log_rank",
    "log_rank_permutation",
    "mcnemar",
    "newcombe_interval",
    "paired_hedges_g",
    "paired_interval",
    "paired_newcombe_interval",
    "permutation",
    "rank_biserial",
    "restricted_mean",
    "restricted_mean_difference",
    "survival_curve",
    "welch_interval",
]
