"""A model of collapse over a whole campaign: the hazard of collapse in each month, by the settings of the runs.

Each run contributes one row for every month in which it was at risk; the outcome is whether it collapsed in that month
(discrete-time survival analysis, Allison 1982). Censored runs contribute the months in which they were observed. The
log-odds of collapse depend on the logarithm of the month and on one effect for every level of the factors.

Campaigns are small and often perfectly separated (a model whose runs all collapse in month 1), where maximum likelihood
has no finite estimate. Fixed effects are therefore estimated by penalized likelihood (Firth 1993; Heinze and Schemper
2002), which no dependency implements. Factors with enough levels become random intercepts instead (a Bayesian mixed
logistic regression, fitted by variational Bayes in statsmodels).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
import pandas as pd
from scipy.special import chdtrc, expit
from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

from govsim.analysis.intervals import NORMAL
from govsim.analysis.measures import Floats
from govsim.analysis.runs import observed
from govsim.characters import listed
from govsim.errors import AnalysisError

FACTORS = ("model", "condition", "settings", "scenario", "paraphrase")
"""The columns whose levels can have an effect; `settings` are those that differ from the defaults."""

FIRTH, MIXED_MODEL = "penalized logistic regression", "Bayesian mixed logistic regression"

_RANDOM = ("scenario", "paraphrase")
_FEWEST_LEVELS = 5
"""Levels from which on the spread of random intercepts is estimated; with fewer, the factor has fixed effects."""

_MONTH = "log(month)"
_PRIOR_SD = 2.0
_STEPS, _PRECISION = 100, 1e-8
_TOLERATED = 1e-3
"""The largest remaining step on the scale of log-odds of estimates that converged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardTerm:
    """The effect of one level of a factor on the odds of collapse in a month.

    Attributes:
        factor: the factor, such as `condition`; `log(month)` for the trend over months.
        level: the level; empty for the trend.
        reference: the level it is compared with; empty for the trend.
        runs: runs of this level.
        collapses: how many of them collapsed.
        odds_ratio: the odds of collapse in a month, divided by those of the reference; above 0.
        low: lower end of its 95 % interval.
        high: upper end.
        p: the p value of no effect (penalized likelihood ratio); None for a mixed model.
    """

    factor: str
    level: str
    reference: str
    runs: int
    collapses: int
    odds_ratio: float
    low: float
    high: float
    p: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollapseModel:
    """A fitted model of the hazard of collapse.

    Attributes:
        method: `penalized logistic regression` or `Bayesian mixed logistic regression`.
        terms: the effects; empty if nothing can be estimated.
        random: the standard deviation of the random intercepts of each factor that has them, on the scale of log-odds.
        runs: runs in the model.
        months: months at risk of all runs, the rows of the model.
        collapses: runs that collapsed.
        remarks: what was not fitted and why, one sentence each.
    """

    method: str
    terms: tuple[HazardTerm, ...]
    random: Mapping[str, float]
    runs: int
    months: int
    collapses: int
    remarks: tuple[str, ...]


def hazard_model(
    runs: pd.DataFrame, factors: Sequence[str] = FACTORS, references: Mapping[str, str] | None = None
) -> CollapseModel:
    """Fit the hazard of collapse to the runs of a campaign.

    Args:
        runs: a frame of runs with the columns `observed_months`, `has_collapsed` and the factors.
        factors: columns whose levels have an effect; those with a single level, and levels that are confounded with
            other levels and with earlier factors, are excluded.
        references: the level that others are compared with, by factor; `default`, or else the most frequent one.

    Raises:
        AnalysisError: a factor is not a column, or a reference is not one of its levels.
    """
    if missing := [name for name in factors if name not in runs.columns]:
        raise AnalysisError(f"factors = {', '.join(factors)}: there is no column {missing[0]}")
    seen = observed(runs)
    seen = seen[seen["observed_months"] >= 1].reset_index(drop=True)
    rows = _months_at_risk(seen)
    varying, remarks = _varying(seen, factors)
    if not seen["has_collapsed"].any():
        remarks.append("No run collapsed, so no hazard can be estimated.")
        return _model(seen, rows, FIRTH, (), {}, remarks)
    base = {name: _reference(seen[name].astype(str), name, references or {}) for name in varying}
    kept = _distinguishable(rows, varying, base)
    if coinciding := [name for name in varying if not kept[name]]:
        remarks.append(f"Excluded as confounded with other factors in these runs: {', '.join(coinciding)}.")
        varying = [name for name in varying if name not in coinciding]
    random, too_few = _random_factors(seen, varying)
    remarks += too_few
    remarks += _on_levels(seen, [name for name in varying if name not in random], base, kept)
    if random:
        design = _Design(rows, {name: kept[name] for name in varying if name not in random})
        if (found := _mixed(design, rows, random)) is not None:
            effects, spreads = found
            return _model(seen, rows, MIXED_MODEL, _terms(design, seen, base, effects), spreads, remarks)
        remarks.append(f"Random intercepts of {' and '.join(random)} could not be fitted; their effects are fixed.")
    design = _Design(rows, {name: kept[name] for name in varying})
    effects = _fixed(design)
    estimates = np.array([estimate for estimate, _, _ in effects])
    if np.abs(_newton(design.matrix, design.outcome, estimates)[0]).max() > _TOLERATED:
        remarks.append("The estimation did not converge: do not rely on these effects.")
    return _model(seen, rows, FIRTH, _terms(design, seen, base, effects), {}, remarks)


_Effects = Sequence[tuple[float, float, float | None]]
"""The estimate, the standard error and the p value of each column of a design."""


def _model(  # noqa: PLR0917 - the parts of a model
    seen: pd.DataFrame,
    rows: pd.DataFrame,
    method: str,
    terms: tuple[HazardTerm, ...],
    random: Mapping[str, float],
    remarks: Sequence[str],
) -> CollapseModel:
    return CollapseModel(
        method=method,
        terms=terms,
        random=random,
        runs=len(seen),
        months=len(rows),
        collapses=int(seen["has_collapsed"].sum()),
        remarks=tuple(remarks),
    )


def _random_factors(seen: pd.DataFrame, varying: Sequence[str]) -> tuple[list[str], list[str]]:
    """The factors with random intercepts, and remarks on those that have too few levels for them."""
    candidates = {name: seen[name].nunique() for name in varying if name in _RANDOM}
    remarks = [
        f"The effect of the {name} is fixed: random intercepts need at least {_FEWEST_LEVELS} levels, it has {levels}."
        for name, levels in candidates.items()
        if levels < _FEWEST_LEVELS
    ]
    return [name for name, levels in candidates.items() if levels >= _FEWEST_LEVELS], remarks


def _fixed(design: _Design) -> _Effects:
    """Estimate fixed effects by penalized likelihood."""
    estimates, errors = firth(design.matrix, design.outcome)
    whole = _penalized(design.matrix, design.outcome, estimates)
    return [
        (estimate, error, _likelihood_ratio_p(design.matrix, design.outcome, column, whole) if column else None)
        for column, (estimate, error) in enumerate(zip(estimates, errors, strict=True))
    ]


def firth(matrix: Floats, outcome: Floats) -> tuple[Floats, Floats]:
    """Estimate a logistic regression by penalized likelihood (Firth 1993); finite even under separation.

    The score is ``X'(y - p + h(1/2 - p))`` with h the diagonal of the hat matrix.

    Args:
        matrix: shape (rows, columns), of full column rank.
        outcome: 0 or 1, shape (rows,).

    Returns:
        Estimates and standard errors on the scale of log-odds, shape (columns,).
    """
    estimates = np.zeros(matrix.shape[1])
    for _ in range(_STEPS):
        step, covariance = _newton(matrix, outcome, estimates)
        step *= min(1.0, 5.0 / max(np.abs(step).max(), _PRECISION))
        before, estimates = estimates, _improved(matrix, outcome, estimates, step)
        if estimates is before or np.abs(step).max() < _PRECISION:
            break  # without an improvement, all further steps are the same
    return estimates, np.sqrt(np.diag(covariance))


def _newton(matrix: Floats, outcome: Floats, estimates: Floats) -> tuple[Floats, Floats]:
    """The step to a zero of the penalized score, and the covariance of the estimates."""
    share = expit(matrix @ estimates)
    weighted = matrix * np.sqrt(share * (1 - share))[:, np.newaxis]
    covariance = np.asarray(np.linalg.inv(weighted.T @ weighted), dtype=np.float64)
    leverage = _leverage(weighted, covariance)
    return covariance @ (matrix.T @ (outcome - share + leverage * (0.5 - share))), covariance


def _leverage(weighted: Floats, covariance: Floats) -> Floats:
    """The diagonal of the hat matrix; by matrix products, as the sum over three factors takes minutes."""
    return np.asarray(((weighted @ covariance) * weighted).sum(axis=1), dtype=np.float64)


def _improved(matrix: Floats, outcome: Floats, estimates: Floats, step: Floats) -> Floats:
    """Take a step, halved as long as that increases the penalized likelihood, which full steps can oscillate around."""
    best, highest = estimates, _penalized(matrix, outcome, estimates)
    for _ in range(20):
        reached = _penalized(matrix, outcome, estimates + step)
        if reached >= highest:
            best, highest = estimates + step, reached
        elif best is not estimates:
            break
        step = step / 2
    return best


def _penalized(matrix: Floats, outcome: Floats, estimates: Floats) -> float:
    """The log-likelihood plus half the log-determinant of the information matrix."""
    score = matrix @ estimates
    share = expit(score)
    weighted = matrix * np.sqrt(share * (1 - share))[:, np.newaxis]
    likelihood = float((outcome * score - np.logaddexp(0, score)).sum())
    return likelihood + 0.5 * float(np.linalg.slogdet(weighted.T @ weighted)[1])


def _likelihood_ratio_p(matrix: Floats, outcome: Floats, column: int, whole: float) -> float:
    """The p value that the effect of a column is 0, from twice the difference of penalized log-likelihoods.

    The effect is fixed at 0 with the penalty of the whole model (Heinze and Schemper 2002).

    Args:
        matrix: as for `firth`.
        outcome: as for `firth`.
        column: the number of the column.
        whole: the penalized log-likelihood of the whole model.
    """
    restricted = _penalized(matrix, outcome, _with_zero(matrix, outcome, column))
    return float(chdtrc(1, max(0.0, 2 * (whole - restricted))))


def _with_zero(matrix: Floats, outcome: Floats, column: int) -> Floats:
    """The penalized estimates with the effect of a column fixed at 0."""
    free = [index for index in range(matrix.shape[1]) if index != column]
    estimates = np.zeros(matrix.shape[1])
    for _ in range(_STEPS):
        share = expit(matrix @ estimates)
        weighted = matrix * np.sqrt(share * (1 - share))[:, np.newaxis]
        leverage = _leverage(weighted, np.asarray(np.linalg.inv(weighted.T @ weighted), dtype=np.float64))
        score = matrix.T @ (outcome - share + leverage * (0.5 - share))
        step = np.zeros_like(estimates)
        step[free] = np.linalg.solve(weighted[:, free].T @ weighted[:, free], score[free])
        step *= min(1.0, 5.0 / max(np.abs(step).max(), _PRECISION))
        before, estimates = estimates, _improved(matrix, outcome, estimates, step)
        if estimates is before or np.abs(step).max() < _PRECISION:
            break  # without an improvement, all further steps are the same
    return estimates


class _Design:
    """The design matrix of fixed effects: an intercept, the logarithm of the month, and one column per level."""

    def __init__(self, rows: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> None:
        self.columns: list[tuple[str, str]] = [("", ""), (_MONTH, "")]
        parts = [np.ones(len(rows)), np.log(rows["month"].to_numpy(dtype=float))]
        if rows["month"].nunique() == 1:
            del self.columns[1], parts[1]
        for name, of_factor in levels.items():
            values = rows[name].astype(str)
            for level in of_factor:
                self.columns.append((name, level))
                parts.append((values == level).to_numpy(dtype=float))
        self.matrix = np.column_stack(parts)
        self.outcome = rows["collapses"].to_numpy(dtype=float)


def _mixed(design: _Design, rows: pd.DataFrame, random: Sequence[str]) -> tuple[_Effects, dict[str, float]] | None:
    """Fit random intercepts and return the fixed effects and their spreads; None if the fit fails."""
    dummies = [pd.get_dummies(rows[name].astype(str)).to_numpy(dtype=float) for name in random]
    idents = np.concatenate([np.full(part.shape[1], index) for index, part in enumerate(dummies)])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fitted = BinomialBayesMixedGLM(
                design.outcome, design.matrix, np.column_stack(dummies), idents, vcp_p=1.0, fe_p=_PRIOR_SD
            ).fit_vb()
    except (Warning, ValueError, np.linalg.LinAlgError):
        return None
    spreads = {name: exp(mean) for name, mean in zip(random, fitted.vcp_mean, strict=True)}
    return [(float(mean), float(sd), None) for mean, sd in zip(fitted.fe_mean, fitted.fe_sd, strict=True)], spreads


def _terms(design: _Design, seen: pd.DataFrame, base: Mapping[str, str], effects: _Effects) -> tuple[HazardTerm, ...]:
    """Return the terms of a model from the estimate, standard error and p value of each column."""
    terms = []
    for (factor, level), (estimate, error, p) in zip(design.columns, effects, strict=True):
        if not factor:
            continue
        of = seen if factor == _MONTH else seen[seen[factor].astype(str) == level]
        terms.append(
            HazardTerm(
                factor=factor,
                level=level,
                reference=base.get(factor, ""),
                runs=len(of),
                collapses=int(of["has_collapsed"].sum()),
                odds_ratio=exp(estimate),
                low=exp(estimate - NORMAL * error),
                high=exp(min(estimate + NORMAL * error, 700)),
                p=p,
            )
        )
    return tuple(terms)


def _months_at_risk(seen: pd.DataFrame) -> pd.DataFrame:
    """One row for every month at risk of every run."""
    lasts = seen["observed_months"].to_numpy(dtype=int)
    rows = seen.loc[seen.index.repeat(lasts)].reset_index(drop=True)
    rows["month"] = np.concatenate([np.arange(1, last + 1) for last in lasts])
    rows["collapses"] = (rows["month"] == rows["observed_months"]) & rows["has_collapsed"].astype(bool)
    return rows


def _varying(seen: pd.DataFrame, factors: Sequence[str]) -> tuple[list[str], list[str]]:
    """The factors with several levels, and remarks on the others."""
    varying = [name for name in factors if seen[name].astype(str).nunique() > 1]
    same = [name for name in factors if name not in varying]
    remarks = [f"Excluded as the same in all runs: {', '.join(same)}."] if same and len(seen) else []
    return varying, remarks


def _distinguishable(rows: pd.DataFrame, varying: Sequence[str], base: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The levels of each factor whose effects are not confounded with those of earlier levels and factors."""
    distinct = rows[[*varying, "month", "collapses"]].drop_duplicates()
    kept: dict[str, tuple[str, ...]] = {}
    for name in varying:
        kept[name] = ()
        for level in sorted(set(distinct[name].astype(str)) - {base[name]}):
            tried = {**kept, name: (*kept[name], level)}
            matrix = _Design(distinct, tried).matrix
            if np.linalg.matrix_rank(matrix) == matrix.shape[1]:
                kept = tried
    return kept


def _on_levels(
    seen: pd.DataFrame, factors: Sequence[str], base: Mapping[str, str], kept: Mapping[str, Sequence[str]]
) -> list[str]:
    """Remarks on the levels that are excluded because their effects are confounded with others."""
    dropped = {name: sorted(set(seen[name].astype(str)) - {base[name], *kept[name]}) for name in factors}
    return [
        f"Excluded as confounded with other factors in these runs: {listed(levels)} ({name}); their effect is part "
        "of those factors."
        for name, levels in dropped.items()
        if levels
    ]


def _reference(values: pd.Series[str], name: str, references: Mapping[str, str]) -> str:
    if (given := references.get(name)) is not None:
        if given not in set(values):
            raise AnalysisError(
                f"reference = {given}: no runs with this {name}; choose one of {listed(sorted(set(values)))}"
            )
        return given
    return "default" if "default" in set(values) else str(values.value_counts().index[0])
