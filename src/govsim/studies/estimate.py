"""What studies would cost, without asking any model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from govsim.config import Execution
from govsim.errors import JournalError
from govsim.journal import Call, Event, StudyAnswer, kinds_of, read_study
from govsim.models.fake.society import FakeSettings
from govsim.models.prices import Prices
from govsim.runs import WORDS, Amount, Rehearsing, amounts_of
from govsim.studies.plan import Item, StudyPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEstimate:
    """What is left of the studies of one model would cost.

    Attributes:
        study: what is studied.
        model: who is asked.
        questions: questions that are left.
        answered: questions that have been answered, and cost nothing more.
        basis: how many recorded calls the length of replies follows from; 0 for a rehearsal with the fake model.
        amount: what is left would take.
    """

    study: str
    model: str
    questions: int
    answered: int
    basis: int
    amount: Amount


async def estimate_studies(plans: Sequence[StudyPlan], execution: Execution) -> list[StudyEstimate]:
    """What planned studies would cost, by what is studied and by model. No model is asked, and nothing is written.

    Where a model has answered some questions of a kind, each of the others counts as the mean of these. Else each is
    counted as it would be sent, with the reply of a talkative model.

    Args:
        plans: the studies.
        execution: the prices.
    """
    groups: defaultdict[tuple[str, str], list[StudyPlan]] = defaultdict(list)
    for plan in plans:
        groups[plan.header.subject.study, plan.header.model].append(plan)
    return [await _of_group(study, model, group, execution) for (study, model), group in groups.items()]


async def _of_group(study: str, model: str, plans: Sequence[StudyPlan], execution: Execution) -> StudyEstimate:
    left: list[Item] = []
    answered, spent = 0, Amount()
    prices = Prices.of(execution, model)
    for plan in plans:
        recorded = _recorded(plan)
        done = {event.identity for event in recorded if isinstance(event, StudyAnswer)}
        open_ = [item for item in plan.items if item.identity not in done]
        left += open_
        answered += len(plan.items) - len(open_)
        calls = (event for event in recorded if isinstance(event, Call))
        spent = sum(amounts_of(calls, prices).values(), spent)
    is_known = answered > 0 and spent.calls > 0
    return StudyEstimate(
        study=study,
        model=model,
        questions=len(left),
        answered=answered,
        basis=answered if is_known else 0,
        amount=spent.times(len(left) / answered) if is_known else await _rehearsed(left, model, prices),
    )


def _recorded(plan: StudyPlan) -> Sequence[Event]:
    """What a study's journal holds already; nothing where it cannot be read."""
    try:
        return read_study(plan.path, kinds=["call", *kinds_of(StudyAnswer)]).events
    except JournalError:
        return ()


async def _rehearsed(items: Sequence[Item], model: str, prices: Prices) -> Amount:
    """What questions take that are each answered at once, by somebody who talks as much as talkative models."""
    rehearsing = Rehearsing(model, prices, FakeSettings(words=WORDS))
    total = Amount()
    for item in items:
        completion = await rehearsing.complete(item.question.prompt.messages)
        total += Amount(
            calls=1,
            input_tokens=completion.input_tokens or 0,
            output_tokens=completion.output_tokens or 0,
            cost=completion.cost,
        )
    return total
