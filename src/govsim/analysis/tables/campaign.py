"""Tables over a whole campaign: hazard of collapse, variance components, reliability, equivalence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from govsim.analysis.cells import Cell
from govsim.analysis.measures import Measure, measure_named
from govsim.analysis.statistics.equivalence import Equivalence
from govsim.analysis.statistics.hazard import MIXED_MODEL, CollapseModel
from govsim.analysis.statistics.reliability import all_of, per, worst_of
from govsim.analysis.statistics.variance import MOMENTS, VarianceComponents
from govsim.analysis.tables.formatting import count
from govsim.analysis.tables.table import Column, Row, Table

_TOKENS = 1000
_MOST_ODDS = 1_000

_EQUIVALENCE = (
    "Two one-sided tests at the 5 % level. With each difference: its 90 % interval. Equivalent: the interval lies "
    "within the margins; not inferior: above the lower margin. Not shown is no evidence of a difference."
)
_P_VALUES = "p below and p above: the p values that the difference is at or beyond the lower and the upper margin."
_NOTHING_COMPARED = (
    "There is nothing to compare: no groups of runs differ only in the compared setting. Choose another one with --by, "
    "or another baseline."
)
_VARIANCE = (
    "Linear mixed model with crossed random intercepts. Standard deviation: in the unit of the measure. "
    "Remainder: between runs with the same levels."
)
_BECAUSE = {MOMENTS: ", as restricted maximum likelihood does not converge where a variance is close to 0"}


def hazard_table(model: CollapseModel) -> Table:
    """Return the effects of a hazard model as a table, with the factor and its reference above the rows of its levels.

    Args:
        model: the model.
    """
    rows = [asdict(term) for term in model.terms]
    is_extreme = any(term.high > _MOST_ODDS for term in model.terms)
    extreme = f"Larger odds ratios are shown as {count(_MOST_ODDS)}: these groups are almost or completely separated."
    fitted = (
        f"{model.method[:1].upper()}{model.method[1:]} of {model.months} months at risk in {model.runs} runs, "
        f"{model.collapses} of which collapsed. Odds ratio: odds of collapse in a month, divided by those of the "
        "reference; log(month): for each increase of log(month) by 1."
    )
    spreads = [
        f"Random intercepts: standard deviation {spread:.2f} of the {name} on the scale of log-odds."
        for name, spread in model.random.items()
    ]
    bayes = (
        ["Intervals are posterior intervals of variational Bayes, which tend to be narrow; there are no p values."]
        if model.method == MIXED_MODEL
        else ["p: penalized likelihood ratio test."]
    )
    return Table(
        name="hazard",
        title="Hazard of collapse",
        columns=(
            Column(name="factor", place="label"),
            Column(name="reference", place="label", is_named=True),
            Column(name="level", place="stub", of=lambda row: row["level"] or "per unit"),
            Column(name="runs", kind="count"),
            Column(name="collapses", kind="count"),
            Column(name="odds_ratio", heading="odds ratio", kind="estimate", of=_shown_odds),
            Column(name="p", kind="p", is_optional=True),
        ),
        data=rows,
        notes=(
            *([fitted, *spreads, *bayes] if rows else []),
            *([extreme] if is_extreme else []),
            *model.remarks,
        ),
    )


def _shown_odds(row: Row) -> dict[str, float]:
    ends = {"value": row["odds_ratio"]}
    if row["low"] < _MOST_ODDS:
        ends |= {"low": row["low"], "high": row["high"]}
    return {name: min(value, _MOST_ODDS) for name, value in ends.items()}


def variance_table(components: Iterable[VarianceComponents]) -> Table:
    """Return variance components as a table, one row for each measure and factor.

    Args:
        components: the components of several measures.
    """
    found = list(components)
    rows: list[Row] = []
    for one in found:
        measure = measure_named(one.measure)
        rows += [
            {
                "measure": measure.title,
                "factor": part.factor,
                "levels": part.levels,
                "deviation": measure.scale * part.variance**0.5,
                "share": 100 * part.share,
                "runs": one.n,
                "method": one.method,
            }
            for part in one.components
        ]
    undefined = [f"{measure_named(one.measure).title}: undefined, {one.reason}." for one in found if one.reason]
    methods = [
        f"{measure_named(one.measure).title}: estimated by {one.method}{_BECAUSE.get(one.method, '')}."
        for one in found
        if one.method
    ]
    remarks = dict.fromkeys(remark for one in found for remark in one.remarks)
    return Table(
        name="variance",
        title="Variance components",
        columns=(
            Column(name="measure", place="stub"),
            Column(name="factor", place="stub"),
            Column(name="levels", kind="count", of=lambda row: row["levels"] or None, is_optional=True),
            Column(name="deviation", heading="standard deviation", kind="number"),
            Column(name="share", heading="share of variance", unit="%", kind="number", digits=1),
            Column(name="runs", kind="count"),
        ),
        data=rows,
        notes=(
            *([_VARIANCE] if rows else []),
            *methods,
            *undefined,
            *remarks,
        ),
    )


def reliability_table(cells: Sequence[Cell], k: int) -> Table:
    """Return what holds for all of several runs of each cell, and results by dollars and tokens.

    Args:
        cells: the cells.
        k: the number of runs, 1 or more.

    Raises:
        AnalysisError: `k` is below 1.
    """
    return Table(
        name="reliability",
        title=f"Reliability over {k} runs, and results by cost",
        columns=(
            Column(name="scenario", place="label"),
            Column(name="condition", place="label"),
            Column(name="setup", place="label"),
            Column(name="runs", kind="count"),
            Column(name="all_survive", heading=f"all {k} survive", unit="%", kind="number", digits=1),
            Column(name="worst", heading=f"worst of {k}", unit="months", kind="number"),
            Column(name="months_per_dollar", heading="months per $", kind="number", is_optional=True),
            Column(name="gain_per_dollar", heading="gain per $", kind="number", is_optional=True),
            Column(name="months_per_1000_tokens", heading="months per 1,000 tokens", kind="number"),
            Column(name="gain_per_1000_tokens", heading="gain per 1,000 tokens", kind="number"),
        ),
        data=[_reliability(cell, k) for cell in cells],
        notes=(
            f"All {k} survive: probability that {k} further runs all survive, the share of subsets of {k} runs in "
            f"which all did. Worst of {k}: expected survival time of the worst of {k} runs, the mean over these "
            "subsets. Both are unbiased, and missing with fewer runs. Runs: counted runs.",
            "Months and gains (units per member) of counted runs, divided by the cost and tokens of the same runs; "
            "missing if a price or a token count is unknown, or if nothing was spent.",
        ),
    )


def _reliability(cell: Cell, k: int) -> Row:
    runs = cell.counted
    months = [float(run.values["survival_time"] or 0) for run in runs]
    gains = sum(float(gain) for run in runs if (gain := run.values["gain"]) is not None)
    survived = sum(bool(run.values["survival_rate"]) for run in runs)
    chance = all_of(survived, len(runs), k)
    costs, tokens = [run.cost for run in runs], [run.tokens for run in runs]
    cost = None if None in costs else sum(cost for cost in costs if cost is not None)
    spent = None if None in tokens else sum(count for count in tokens if count is not None)
    return {
        "scenario": cell.scenario,
        "condition": cell.condition,
        "setup": cell.setup,
        "runs": len(runs),
        "all_survive": None if chance is None else 100 * chance,
        "worst": worst_of(months, k),
        "months_per_dollar": per(sum(months), cost),
        "gain_per_dollar": per(gains, cost),
        "months_per_1000_tokens": per(sum(months), spent, _TOKENS),
        "gain_per_1000_tokens": per(gains, spent, _TOKENS),
    }


def equivalence_table(found: Sequence[tuple[str, str, str, Equivalence]], measure: Measure) -> Table:
    """Return tests of equivalence as a table.

    Args:
        found: what the groups share, the level, the baseline and the result of each test, in the measure's shown unit.
        measure: the measure.
    """
    return Table(
        name="equivalence",
        title=f"Equivalence in {measure.title}",
        columns=(
            Column(name="within", heading="runs with", place="label"),
            Column(name="level", place="stub"),
            Column(name="baseline", place="stub"),
            Column(
                name="difference",
                unit=measure.unit_of_difference,
                kind="estimate",
                of=lambda row: {"value": row["difference"], "low": row["low"], "high": row["high"]},
            ),
            Column(name="margin", kind="number"),
            Column(name="p_lower", heading="p below", kind="p", is_optional=True),
            Column(name="p_upper", heading="p above", kind="p", is_optional=True),
            Column(name="verdict", kind="text"),
            Column(name="reason", place="remark"),
        ),
        data=[
            {"within": within, "level": level, "baseline": baseline, **asdict(one), "verdict": one.verdict}
            for within, level, baseline, one in found
        ],
        notes=(
            _EQUIVALENCE if found else _NOTHING_COMPARED,
            *([_P_VALUES] if any(one.p is not None for _, _, _, one in found) else []),
            *dict.fromkeys(remark for _, _, _, one in found for remark in one.remarks),
        ),
    )
