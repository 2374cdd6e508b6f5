"""Measures of the catch: gain, efficiency and equality."""

from __future__ import annotations

import numpy as np

from govsim.analysis.measures.measure import MEASURES, CountedRun, Measure, check_first_month, defined
from govsim.game.model import Floats

_KINDS = ("charges",)
"""Institutions return units by charges."""


def gains(received: Floats, from_month: int = 1) -> Floats:
    """Return the total units that each member received: ``R_i = sum_t r_i^t``, over the months in which it was present.

    Args:
        received: units received, shape (months, members), NaN where a member was absent.
        from_month: the first month that counts.

    Returns:
        Units, shape (members,); NaN for a member that was never present.

    Raises:
        AnalysisError: `from_month` is below 1.
    """
    counted = _since(received, from_month)
    absent = np.isnan(counted).all(axis=0)
    return np.where(absent, np.nan, np.nansum(counted, axis=0))


def gain(received: Floats, from_month: int = 1) -> float:
    """Return the mean over members of the total units received: ``R = mean_i R_i``.

    Args:
        received: units received, shape (months, members), NaN where a member was absent.
        from_month: the first month that counts.

    Returns:
        Units, 0 or more; NaN if no member was present, as after a collapse before `from_month`.

    Raises:
        AnalysisError: `from_month` is below 1.
    """
    present = _of_those_present(received, from_month)
    return float(present.mean()) if present.size else float("nan")


def efficiency(received: Floats, threshold_at_start: float, months: int, from_month: int = 1) -> float:
    """Return the catch as a share of the sustainable catch: ``u = 1 - max(0, T f(0) - sum_t R^t) / (T f(0))``.

    Args:
        received: units received, shape (months harvested, members), NaN where a member was absent.
        threshold_at_start: f(0), the group's sustainability threshold at the start of month 1, in units.
        months: the planned number of months; T is the number of those that are counted.
        from_month: the first month that counts, such as 4 for the paper's newcomer results (12 of 15 months).

    Returns:
        A share, 0..1; NaN if f(0) is 0 or no month counts; 0 for a society that collapsed before `from_month`.

    Raises:
        AnalysisError: `from_month` is below 1.
    """
    sustainable = (months - from_month + 1) * threshold_at_start
    taken = float(np.nansum(_since(received, from_month)))
    if sustainable <= 0:
        return float("nan")
    return 1 - max(0.0, sustainable - taken) / sustainable


def equality(received: Floats, from_month: int = 1) -> float:
    """Return one minus the Gini index of the catch: ``e = 1 - sum_i sum_j |R_i - R_j| / (2 n sum_i R_i)``.

    Members with a catch of 0 are included in n.

    Args:
        received: units received, shape (months, members), NaN where a member was absent.
        from_month: the first month that counts.

    Returns:
        A share, 1/n (one member received everything)..1 (all received the same); NaN if no member received anything.

    Raises:
        AnalysisError: `from_month` is below 1.
    """
    return 1 - gini(_of_those_present(received, from_month))


def gini(amounts: Floats) -> float:
    """Return the Gini index of amounts: ``sum_i sum_j |x_i - x_j| / (2 n sum_i x_i)``; NaN if their sum is 0.

    Args:
        amounts: amounts of 0 or more, shape (n,).
    """
    total = float(amounts.sum())
    if not total:
        return float("nan")
    return float(np.abs(amounts[:, np.newaxis] - amounts).sum()) / (2 * amounts.size * total)


def _since(amounts: Floats, from_month: int) -> Floats:
    check_first_month(from_month)
    return amounts[from_month - 1 :]


def _of_those_present(received: Floats, from_month: int) -> Floats:
    each = gains(received, from_month)
    return each[~np.isnan(each)]


def _gain(run: CountedRun) -> float | None:
    return defined(gain(run.kept, run.from_month))


def _efficiency(run: CountedRun) -> float | None:
    return defined(efficiency(run.kept, run.harvests.thresholds[0], run.last_month, run.from_month))


def _equality(run: CountedRun) -> float | None:
    return defined(equality(run.kept, run.from_month))


MEASURES.register(
    Measure(
        name="gain",
        title="gain",
        heading=("gain", "units"),
        kind="amount",
        unit="units",
        formula="mean over members of R(i)",
        source="Piatti et al. 2024",
        description="The mean over members of the units received and not returned to the stock, from `from_month` on.",
        undefined="if no member was present",
        function=_gain,
        better="higher",
        kinds=_KINDS,
        counts_from_month=True,
        lowest=0.0,
    )
)
MEASURES.register(
    Measure(
        name="efficiency",
        title="efficiency",
        heading=("efficiency", "%"),
        kind="share",
        formula="1 − max(0, T·f(1) − Σ R) / (T·f(1))",
        source="Piatti et al. 2024",
        description="The catch as a share of the sustainable catch, from `from_month` on.",
        undefined="if nothing can be taken sustainably",
        function=_efficiency,
        better="higher",
        kinds=_KINDS,
        counts_from_month=True,
    )
)
MEASURES.register(
    Measure(
        name="equality",
        title="equality",
        heading=("equality", "%"),
        kind="share",
        formula="1 − Σᵢ Σⱼ |R(i) − R(j)| / (2·n·Σ R)",
        source="Piatti et al. 2024; one minus the Gini coefficient",
        description="How equally the catch was shared, from `from_month` on.",
        undefined="if no member received anything",
        function=_equality,
        better="higher",
        kinds=_KINDS,
        counts_from_month=True,
    )
)
