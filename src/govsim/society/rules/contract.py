"""Contracts: members design, approve and sign an agreement on transfers, which is then applied to their catches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from govsim.agents import Answer, Request, View
from govsim.calendar import discussion_day
from govsim.commons import CENTS, Charge, Outcome, written_dollars
from govsim.config import Section
from govsim.game import UNCHANGED, Incentives, Position
from govsim.game.model import Floats
from govsim.journal import ContractDesign, ContractLine
from govsim.models.fields import YES_NO, ChoiceField, NumberField, Value
from govsim.society.phase import Phase
from govsim.society.rule import RULES, AddedPhase, Rule, Terms
from govsim.society.rules.inspection import in_cents

if TYPE_CHECKING:
    from govsim.society.society import Society

DESIGN, APPROVE, SIGN = "design-contract", "approve-contracts", "sign-contract"
LIMIT, TRANSFER, BONUS, ESCROW = "Limit", "Transfer", "Bonus", "Escrow"
SIGNATURE = "Sign"
YES, NO = YES_NO


@RULES.register
class Contract(Rule):
    """Lets members conclude a contract on transfers between them, for some months from the next one on.

    Every member designs a contract: a limit, a transfer for each unit above it, a bonus for each unit below it, and a
    deposit. The design that most members approve can be signed.
    """

    name = "contract"
    templates = {
        "contract": {"months": 3, "unsigned": "void", "contract": "(a contract)", "parties": ["John", "Kate"]},
        "contract_words": {"limit": 10, "transfer": "1,000", "bonus": None, "escrow": None},
        "design_contract": {"date": "2024-01-30", "months": 3, "highest": "10,000", "unit_price": 1000},
        "approve_contracts": {"date": "2024-01-30", "months": 3, "contracts": ["(a contract)"], "offers": []},
        "sign_contract": {
            "date": "2024-01-30",
            "months": 3,
            "contract": "(a contract)",
            "unsigned": "void",
            "offers": [],
        },
    }

    class Settings(Section):
        """Settings of the rule."""

        enforcement: Literal["none", "announced", "hard"] = "hard"
        """Enforcement: `hard` moves money as the contract says; with `announced`, contracts are concluded in the same
        words, but no money moves; with `none`, there are no contracts."""
        months: int = Field(3, ge=1)
        """Number of months for which a contract is in force. Contracts are concluded at the end of month 1, and again
        at the end of the last month of the previous one."""
        unsigned: Literal["void", "signers"] = "void"
        """A contract that not all members sign: it is `void`, or binds the `signers` if there are at least two."""
        highest: float = Field(10, gt=0)
        """Maximum of transfer, bonus and deposit, in prices of one unit."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)
        self.design: ContractDesign | None = None
        self.parties: tuple[str, ...] = ()
        self._breached: set[str] = set()

    def terms(self, society: Society) -> Terms | None:
        """Return how contracts are concluded, and the contract in force."""
        settings, design, present = self.settings, self.design, self._present(society)
        if settings.enforcement == "none":
            return None
        text = society.prompts.render(
            "contract",
            months=settings.months,
            unsigned=settings.unsigned,
            contract=None if design is None else words(society, design),
            parties=present,
        )
        in_force = None if design is None else design.model_dump(mode="json")
        values = {**settings.model_dump(mode="json"), "contract": in_force, "parties": list(present)}
        quotas = None if design is None else dict.fromkeys(present, design.limit)
        return Terms(text=text, values=values, quotas=quotas)

    def settle(self, society: Society, outcome: Outcome) -> Iterator[Charge]:
        """Yield the charges of a contract for the catches of its parties: transfers, bonuses and forfeited deposits.

        Args:
            society: the society.
            outcome: the harvest. The excess over the agreed limit determines the transfers, units below it the bonuses.
        """
        parties, design = self._present(society), self.design
        if self.settings.enforcement != "hard" or design is None or len(parties) < 2:
            return
        for name in parties:
            others = [one for one in parties if one != name]
            excess = outcome.granted[name] - design.limit
            if excess > 0:
                for other, cents in _shares(excess * design.transfer, others):
                    yield Charge(by=self.name, member=name, amount=cents, reason="transfer", to=other)
            for other, cents in _shares(max(0, -excess) * design.bonus, others):
                yield Charge(by=self.name, member=other, amount=cents, reason="bonus", to=name)
            if excess > 0 and name not in self._breached:
                self._breached.add(name)
                fund = self._deposit_of(name)
                for other, cents in _shares(society.institutions.ledger.fund(fund), others):
                    yield Charge(by=self.name, member=other, amount=-cents, reason="forfeited deposit", fund=fund)

    def incentives(self, members: int) -> Incentives | None:
        """Return that nothing changes if no money moves; otherwise it depends on the contracts that are concluded."""
        return None if self.settings.enforcement == "hard" else UNCHANGED

    def phases(self) -> Iterable[AddedPhase]:
        """Return the conclusion of contracts, at the end of the month."""
        if self.settings.enforcement != "none":
            yield AddedPhase(phase=ContractPhase(name=f"{self.name}-conclusion", rule=self), place="month-end")

    def conclude(self, society: Society, phase: Phase, design: ContractDesign | None, parties: tuple[str, ...]) -> None:
        """Return the deposits of the previous contract, and put a new one into force from the next month on.

        Args:
            society: the society.
            phase: the phase that concludes it.
            design: the new contract; None if none was proposed.
            parties: members that signed it; empty if it is not valid.
        """
        charges = [
            Charge(by=phase.name, member=name, amount=-cents, reason="returned deposit", fund=self._deposit_of(name))
            for name in self._present(society)
            if (cents := society.institutions.ledger.fund(self._deposit_of(name)))
        ]
        self.design, self.parties, self._breached = design if parties else None, parties, set()
        if design is not None and design.escrow and self.settings.enforcement == "hard":
            charges += [
                Charge(by=phase.name, member=name, amount=design.escrow, reason="deposit", fund=self._deposit_of(name))
                for name in parties
            ]
        society.institutions.charge(society, phase, charges)

    def _present(self, society: Society) -> tuple[str, ...]:
        return tuple(name for name in society.state.members if name in self.parties)

    def _deposit_of(self, member: str) -> str:
        """Return the name of the fund with a party's deposit."""
        return f"{self.name} deposit of {member}"


def words(society: Society, design: ContractDesign) -> str:
    """Return a contract as the text that members receive, with amounts in dollars.

    Args:
        society: the society.
        design: the contract, with amounts in cents.
    """
    return society.prompts.render(
        "contract_words",
        limit=design.limit,
        transfer=written_dollars(design.transfer),
        bonus=written_dollars(design.bonus) if design.bonus else None,
        escrow=written_dollars(design.escrow) if design.escrow else None,
    )


def incentives_of_contract(design: ContractDesign, price: int) -> Incentives:
    """Return what a contract changes for one of its parties, without the deposit.

    Args:
        design: the contract.
        price: dollars that a unit earns.
    """
    transfer, bonus = (cents / (price * CENTS) for cents in (design.transfer, design.bonus))

    def charge(position: Position, catches: Floats) -> Floats:
        excess = catches - design.limit
        return np.asarray(transfer * np.maximum(0.0, excess) - bonus * np.maximum(0.0, -excess))

    return Incentives(charge=charge)


def _shares(cents: int, members: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield equal parts of an amount; remaining cents go to the first members."""
    share, rest = divmod(cents, len(members))
    for index, name in enumerate(members):
        if part := share + (index < rest):
            yield name, part


def _sustainable(request: Request) -> Mapping[str, Value]:
    """Design a contract with the threshold as limit, and a transfer that takes the whole gain of exceeding it."""
    highest = next(field.high for field in request.fields if isinstance(field, NumberField) and field.tag == TRANSFER)
    price = request.variables["unit_price"]
    assert isinstance(price, int), "dollars"
    return {LIMIT: request.view.member_threshold, TRANSFER: min(price, highest), BONUS: 0, ESCROW: 0}


def _if_sustainable(request: Request) -> Mapping[str, Value]:
    """Agree to contracts whose limit is at most the threshold, and which do not reward exceeding it."""
    offers = request.variables["offers"]
    assert isinstance(offers, Sequence), "designs and the dollars that a unit earns"
    agreed = [limit <= request.view.member_threshold and transfer >= price for limit, transfer, price in offers]
    return {field.tag: YES if is_agreed else NO for field, is_agreed in zip(request.fields, agreed, strict=True)}


class ContractPhase(Phase):
    """Members design contracts, approve designs, and sign the one with the most approvals."""

    sincere = {DESIGN: _sustainable, APPROVE: _if_sustainable, SIGN: _if_sustainable}

    def __init__(self, *, name: str, rule: Contract) -> None:
        super().__init__(name=name)
        self._rule = rule

    async def run(self, society: Society) -> None:
        """Conclude a contract, if the previous one ends or in the first month."""
        month, settings = society.state.month, self._rule.settings
        if (month - 1) % settings.months or len(society.state.members) < 2:
            return
        view = society.view(self, discussion_day(month).isoformat())
        designs = await self._designs(society, view)
        approvals = await self._approvals(society, view, designs) if designs else {}
        winner = self._winner(society, designs, approvals)
        signed = await self._signed(society, view, winner) if winner is not None else ()
        is_valid = len(signed) == len(society.state.members) or (settings.unsigned == "signers" and len(signed) > 1)
        parties = signed if is_valid else ()
        self._rule.conclude(society, self, winner, parties)
        society.recorder.note(
            ContractLine(
                month=month,
                phase=self.name,
                rule=self._rule.name,
                designs=designs,
                approvals=approvals,
                winner=None if winner is None else winner.by,
                signed=signed,
                parties=parties,
            )
        )

    async def _designs(self, society: Society, view: View) -> tuple[ContractDesign, ...]:
        price = society.institutions.price_of("")
        highest = in_cents(self._rule.settings.highest, price) // CENTS
        fields = (
            NumberField(tag=LIMIT, low=0, high=view.state.capacity, units=society.prompts.units),
            *(NumberField(tag=tag, low=0, high=highest) for tag in (TRANSFER, BONUS, ESCROW)),
        )
        variables = {"highest": f"{highest:,}", "unit_price": price}
        answers = await self._ask(society, view, DESIGN, fields, variables)
        return tuple(_design(name, answer) for name, answer in answers.items() if answer.invalid is None)

    async def _approvals(
        self, society: Society, view: View, designs: Sequence[ContractDesign]
    ) -> dict[str, tuple[str, ...]]:
        tags = [f"Approve {number}" for number, _ in enumerate(designs, start=1)]
        fields = tuple(ChoiceField(tag=tag, options=YES_NO) for tag in tags)
        variables = {"contracts": [words(society, one) for one in designs], "offers": _offers(society, designs)}
        answers = await self._ask(society, view, APPROVE, fields, variables)
        return {
            name: tuple(one.by for tag, one in zip(tags, designs, strict=True) if answer.text(tag) == YES)
            for name, answer in answers.items()
        }

    async def _signed(self, society: Society, view: View, design: ContractDesign) -> tuple[str, ...]:
        fields = (ChoiceField(tag=SIGNATURE, options=YES_NO),)
        variables = {
            "contract": words(society, design),
            "unsigned": self._rule.settings.unsigned,
            "offers": _offers(society, [design]),
        }
        answers = await self._ask(society, view, SIGN, fields, variables)
        return tuple(name for name, answer in answers.items() if answer.text(SIGNATURE) == YES)

    async def _ask(
        self,
        society: Society,
        view: View,
        purpose: str,
        fields: tuple[NumberField | ChoiceField, ...],
        variables: Mapping[str, object],
    ) -> dict[str, Answer]:
        return await society.ask(
            Request(
                purpose=purpose,
                template=purpose.replace("-", "_"),
                fields=fields,
                view=view,
                variables={"date": view.date, "months": self._rule.settings.months, **variables},
                queries=(society.prompts.render_cached("query"),),
                otherwise={field.tag: NO for field in fields if isinstance(field, ChoiceField)},
            )
        )

    def _winner(
        self, society: Society, designs: Sequence[ContractDesign], approvals: Mapping[str, Sequence[str]]
    ) -> ContractDesign | None:
        """Return the design with the most approvals; one of several is drawn; None if none is approved."""
        votes = Counter(by for approved in approvals.values() for by in approved)
        best = [one for one in designs if votes[one.by] and votes[one.by] == max(votes.values())]
        return best[int(self._rule.draws(society).integers(len(best)))] if best else None


def _design(member: str, answer: Answer) -> ContractDesign:
    limit, *amounts = (answer.number(tag) or 0 for tag in (LIMIT, TRANSFER, BONUS, ESCROW))
    transfer, bonus, escrow = (dollars * CENTS for dollars in amounts)
    return ContractDesign(by=member, limit=limit, transfer=transfer, bonus=bonus, escrow=escrow)


def _offers(society: Society, designs: Iterable[ContractDesign]) -> list[tuple[int, int, int]]:
    """Return the limit and the transfer of each contract, and the cents that a unit earns."""
    price = society.institutions.price_of("") * CENTS
    return [(one.limit, one.transfer, price) for one in designs]
