"""What `govsim run --estimate` prints instead of asking anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from govsim.analysis import with_total
from govsim.cli.words import duration, months, say
from govsim.config import LOCAL, Execution
from govsim.models.prices import Prices
from govsim.runs import WORDS, Amount, CostEstimate, Plan, estimate, paces_of

_HEAD = ("scenario", "condition", "society", "model", "runs", "calls", "input tokens", "output tokens", "cost")


def show_estimate(plans: Sequence[Plan], execution: Execution, *, starts_over: bool) -> None:
    """Print what planned runs would take; all of them where old journals are to be set aside.

    Raises:
        GovSimError: a rehearsal failed, as the run would.
    """
    estimates = asyncio.run(estimate(plans, execution, starts_over=starts_over))
    default = plans[0].experiment.models.default if plans else None
    models = dict.fromkeys(model for cell in estimates for model in cell.models)
    say(format_estimates(estimates, Prices.of(execution, default).notes(models)))
    for line in paces(plans, execution, starts_over=starts_over):
        say(line)


def paces(plans: Sequence[Plan], execution: Execution, *, starts_over: bool) -> Iterator[str]:
    """How long a month takes on this machine, a line for each society that asks a local model.

    Raises:
        GovSimError: a model cannot be used, or a rehearsal failed.
    """
    for pace in asyncio.run(paces_of(plans, execution, starts_over=starts_over)):
        yield (
            f"{LOCAL} ({', '.join(pace.files)}): about {duration(pace.month)} a month on this machine, at "
            f"{pace.prompt_speed:,.0f} tokens of prompts and {pace.reply_speed:,.1f} of replies per second; "
            f"{months(pace.months)} left, {duration(pace.month * pace.months)} in all."
        )
        if pace.longest_reply is not None and pace.longest_reply > execution.timeout:
            yield (
                f"A reply of max_tokens would take {duration(pace.longest_reply)}, and execution.timeout is "
                f"{execution.timeout:g} s: raise it, or lower models.sampling.max_tokens."
            )


def format_estimates(estimates: Sequence[CostEstimate], prices: Sequence[str] = ()) -> str:
    """Estimates as plain text: a row for each cell and model, the total, and what they rest on.

    Args:
        estimates: what is left of each cell would cost.
        prices: notes on where the prices come from.
    """
    rows = [row for cell in estimates for row in _rows(cell)]
    total = sum((amount for cell in estimates for amount in cell.models.values()), Amount())
    last = ["all", "", "", "", str(sum(cell.runs for cell in estimates)), *_shown(total)]
    return "\n".join([with_total([_HEAD, *rows, last], keys=4), "", *_notes(estimates, total), *prices])


def _rows(cell: CostEstimate) -> Iterator[list[str]]:
    where = [cell.scenario, cell.condition, cell.society]
    models = cell.models or {"none": Amount()}
    return ([*where, model, str(cell.runs), *_shown(amount)] for model, amount in models.items())


def _shown(amount: Amount) -> list[str]:
    cost = "–" if amount.cost is None else f"${amount.cost:,.2f}"
    return [f"{amount.calls:,.0f}", f"{amount.input_tokens:,.0f}", f"{amount.output_tokens:,.0f}", cost]


def _notes(estimates: Sequence[CostEstimate], total: Amount) -> Iterator[str]:
    yield "Nobody was asked. What is finished costs nothing more; what has begun counts whole."
    if recorded := [cell.basis for cell in estimates if cell.basis]:
        yield f"Of cells with finished runs ({sum(recorded)} in all) each run counts as the mean of these."
    if any(not cell.basis and cell.models for cell in estimates):
        yield (
            "Of other cells a run was rehearsed with the fake model: it lasts for all its months, each talk for all "
            f"its lines, texts and reasoning have {WORDS} words, and four characters make a token. What a reasoning "
            "model thinks, and what is asked again, comes on top."
        )
    if total.cost is None:
        yield "Where the cost is –, the price of the model is unknown; give it with --price MODEL=INPUT/OUTPUT."
