"""Variance components: how much of the spread between runs comes from the scenario, the paraphrase and the seed.

A linear mixed model with a random intercept for each factor. Its variances are estimated by restricted maximum
likelihood (statsmodels), whose optimization often stops without convergence where a variance is close to 0, at the
boundary of its values. Then they are estimated by the method of moments, which needs no optimization. The remainder is
what is left between runs with the same levels of all factors.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from govsim.errors import AnalysisError

REMAINDER = "remainder"

Method = Literal["restricted maximum likelihood", "method of moments"]
"""How variances were estimated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceComponent:
    """The variance of one factor.

    Attributes:
        factor: the factor; `remainder` for what is left.
        levels: the number of its levels; None for the remainder.
        variance: in the squared unit of the measure, 0 or more.
        share: its share of the sum of all components, 0..1.
    """

    factor: str
    levels: int | None
    variance: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceComponents:
    """The components of the variance of a measure between runs.

    Attributes:
        measure: the column.
        components: one for each factor with several levels, then the remainder; empty if undefined.
        n: runs.
        method: the method of estimation; None if undefined.
        reason: why they are undefined; None if they are not.
        remarks: remarks on the fit, one sentence each.
    """

    measure: str
    components: tuple[VarianceComponent, ...]
    n: int
    method: Method | None = None
    reason: str | None = None
    remarks: tuple[str, ...] = ()


def variance_components(runs: pd.DataFrame, measure: str, factors: Sequence[str]) -> VarianceComponents:
    """Estimate how much of the variance of a measure each factor accounts for.

    Args:
        runs: a frame of runs; only counted runs with the measure are used.
        measure: a column of numbers.
        factors: columns such as `scenario`, `paraphrase` and `seed`; those with a single level are left out.

    Raises:
        AnalysisError: there is no such column.
    """
    for name in (measure, *factors):
        if name not in runs.columns:
            raise AnalysisError(f"{name}: there is no such column")
    used = runs[runs["is_counted"] & runs[measure].notna()]
    values = used[measure].to_numpy(dtype=float)
    varying = [name for name in factors if used[name].astype(str).nunique() > 1]
    if len(used) < 3 or not varying or np.ptp(values) == 0:
        reason = "all values are equal" if len(used) > 1 and np.ptp(values) == 0 else "too few runs or levels"
        return VarianceComponents(measure=measure, components=(), n=len(used), reason=reason)
    dummies = [pd.get_dummies(used[name].astype(str), dtype=float) for name in varying]
    if all(part.shape[1] == len(used) for part in dummies):
        reason = "every run has levels of its own, so that factors and remainder cannot be told apart"
        return VarianceComponents(measure=measure, components=(), n=len(used), reason=reason)
    variances, method = _estimated(values, varying, dummies)
    total = sum(variances.values())
    levels = {name: part.shape[1] for name, part in zip(varying, dummies, strict=True)}
    remarks = []
    if 0 in variances.values():
        remarks.append("A component of 0 lies at the boundary of the possible values.")
    few = [name for name, count in levels.items() if count < 5]
    if few:
        remarks.append(f"Uncertain, as there are fewer than five levels: {', '.join(few)}.")
    return VarianceComponents(
        measure=measure,
        components=tuple(
            VarianceComponent(
                factor=name,
                levels=levels.get(name),
                variance=variance,
                share=variance / total if total else 0.0,
            )
            for name, variance in variances.items()
        ),
        n=len(used),
        method=method,
        remarks=tuple(remarks),
    )


def _estimated(
    values: np.ndarray, varying: Sequence[str], dummies: Sequence[pd.DataFrame]
) -> tuple[dict[str, float], Method]:
    """The variances of crossed random intercepts and of the remainder, and the method that estimated them."""
    spec = VCSpec(
        list(varying), [[list(map(str, part.columns))] for part in dummies], [[part.to_numpy()] for part in dummies]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence, which is checked
        result = MixedLM(values, np.ones((len(values), 1)), np.zeros(len(values)), exog_vc=spec).fit(reml=True)
    names = [*varying, REMAINDER]
    if result.converged:
        return dict(zip(names, map(float, (*result.vcomp, result.scale)), strict=True)), "restricted maximum likelihood"
    found = moments([part.to_numpy() for part in dummies], values)
    return dict(zip(names, found, strict=True)), "method of moments"


def moments(designs: Sequence[np.ndarray], values: np.ndarray) -> list[float]:
    """Estimate variance components by the method of moments (Hartley, Rao and LaMotte 1978).

    The sums of squares y'MZZ'My of the factors, with M subtracting the mean, are equated with their expectations. In a
    balanced campaign these are the estimates of the analysis of variance. A factor with a negative estimate gets 0, and
    the others are estimated without it.

    Args:
        designs: for each factor 1 where a run has a level, shape (runs, levels).
        values: shape (runs,).

    Returns:
        A variance for each factor, then the remainder's, 0 or more.
    """
    centred = values - values.mean()
    parts = [design - design.mean(axis=0) for design in designs]
    kernels = [*(part @ part.T for part in parts), np.eye(len(values)) - 1 / len(values)]
    kept = list(range(len(kernels)))
    while True:
        expected = np.array([[np.vdot(kernels[one], kernels[other]) for other in kept] for one in kept])
        squares = np.array([centred @ kernels[one] @ centred for one in kept])
        found = np.linalg.lstsq(expected, squares)[0]
        worst = int(found.argmin())
        if found[worst] >= 0 or len(kept) == 1:
            break
        kept.pop(worst)
    by_part = dict(zip(kept, map(float, found), strict=True))
    return [by_part.get(part, 0.0) for part in range(len(kernels))]
