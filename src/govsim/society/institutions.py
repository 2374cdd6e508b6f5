"""Application of a society's rules: terms, limits and charges; and the money ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from govsim.characters import shortened, without_template_marks
from govsim.commons import CENTS, Charge, Ledger, Outcome
from govsim.config import Experiment
from govsim.errors import PluginError
from govsim.journal import Account, Accounts, Admission, Charged, Charges, TermsLine
from govsim.journal.line import whole_characters
from govsim.society.rule import Rule, Terms

if TYPE_CHECKING:
    from govsim.society.phase import Phase
    from govsim.society.society import Society


_LONGEST = 200


class Institutions:
    """All rules of a society, in order.

    Attributes:
        ledger: balances of all members.
        terms: terms of each rule this month, by the name of the rule.
        earned: cents that each member earned in this month's harvest; empty before it.
        due: charges of rules for this month's harvest; while a rule settles, those of previous rules.
    """

    def __init__(self, rules: Sequence[Rule], experiment: Experiment, *, price: int) -> None:
        """Start with the endowments of the members.

        Args:
            rules: the rules.
            experiment: the experiment.
            price: dollars that a unit earns a member without a price of its own.
        """
        self._rules = rules
        members = experiment.members
        self._prices = {name: one.price for name, one in members.items() if one.price is not None}
        self._usual_price = price
        endowments = {name: one.endowment * CENTS for name, one in members.items() if one.endowment}
        self._money_differs = bool(self._prices or endowments)
        self.ledger = Ledger(balances=endowments, may_go_negative=experiment.society.may_go_negative)
        self.terms: dict[str, Terms] = {}
        self.earned: Mapping[str, int] = {}
        self.due: tuple[Charge, ...] = ()
        self._paid: Counter[str] = Counter()
        self._lines: Counter[str] = Counter()
        self._has_charged = False

    @property
    def texts(self) -> tuple[str, ...]:
        """Texts of the terms in force this month, as shown to members."""
        return tuple(terms.text for terms in self.terms.values() if terms.text)

    def receive(self, member: str, before: Institutions) -> None:
        """Take over the balance of a member who comes from another site.

        Args:
            member: its name.
            before: the institutions of that site.
        """
        self.ledger = self.ledger.with_balance(member, before.ledger.balance(member))

    def begin_month(self, society: Society) -> None:
        """Set the terms of the month.

        Raises:
            PluginError: the terms of a rule are invalid.
        """
        self.earned, self.due, self.terms = {}, (), {}
        self._paid, self._lines = Counter(), Counter()
        for ordinal, rule in enumerate(self._rules):
            if (terms := _terms_of(rule, society)) is not None:
                self.terms[rule.name] = terms
                society.recorder.write(_terms_line(rule, terms, month=society.state.month, ordinal=ordinal))

    def admit(self, society: Society, phase: Phase, demands: Mapping[str, int]) -> dict[str, int]:
        """Return the maximum each member can receive, after applying all rules.

        Args:
            society: the society.
            phase: the harvest phase.
            demands: units by member.

        Raises:
            PluginError: a rule returns invalid limits.
        """
        admitted = dict(demands)
        for ordinal, rule in enumerate(self._rules):
            limits = rule.admit(society, dict(admitted))
            _check_limits(rule, limits, admitted)
            limited = {name: units for name, units in limits.items() if units < admitted[name]}
            admitted |= limited
            if limited:
                society.recorder.note(
                    Admission(
                        month=society.state.month, phase=phase.name, rule=rule.name, ordinal=ordinal, admitted=limited
                    )
                )
        return admitted

    def settle(self, society: Society, phase: Phase, outcome: Outcome) -> None:
        """Credit the units received, then apply the charges of all rules."""
        prices = {name: self._prices.get(name, self._usual_price) for name in outcome.granted}
        self.ledger = self.ledger.earn(outcome.granted, prices)
        self.earned = {name: units * prices[name] * CENTS for name, units in outcome.granted.items()}
        for rule in self._rules:
            charges = _checked_charges(f"rule {rule.name}", rule.settle(society, outcome))
            self.due = (*self.due, *charges)
        self.charge(society, phase, self.due)

    def charge(self, society: Society, phase: Phase, charges: Iterable[Charge]) -> None:
        """Charge members for a phase or the rules, and record all charges in one event.

        Raises:
            PluginError: a charged member is not present, or an amount is not a whole number.
        """
        charges = tuple(_checked_charges(f"phase {phase.name}", charges))
        if absent := next((one.member for one in charges if one.member not in society.state.members), None):
            raise PluginError(f"{phase.name}: charges {absent}, who is not present")
        if not charges:
            return
        self._has_charged = True
        self.ledger, settled = self.ledger.settle(charges)
        self._paid.update({one.charge.member: 0 for one in settled})
        for one in settled:
            self._paid[one.charge.member] += one.paid
        records = (
            Charged(
                by=one.charge.by,
                member=one.charge.member,
                reason=one.charge.reason,
                amount=one.charge.amount,
                paid=one.paid,
            )
            for one in settled
        )
        ordinal = self._lines[phase.name]
        self._lines[phase.name] += 1
        society.recorder.note(
            Charges(month=society.state.month, phase=phase.name, ordinal=ordinal, charges=tuple(records))
        )

    def end_month(self, society: Society) -> None:
        """Record all balances, if there are rules or charges, or members differ in money."""
        if self._rules or self._has_charged or self._money_differs:
            members = {
                name: Account(
                    earned=self.earned.get(name, 0), charged=self._paid[name], balance=self.ledger.balance(name)
                )
                for name in society.state.members
            }
            society.recorder.write(Accounts(month=society.state.month, members=members))


def _terms_of(rule: Rule, society: Society) -> Terms | None:
    """Return the terms of a rule, with a text that cannot pass for another message."""
    terms = rule.terms(society)
    if terms is None:
        return None
    if not isinstance(terms, Terms) or not isinstance(terms.text, str):
        given = shortened(repr(terms), _LONGEST)
        raise PluginError(f"rule {rule.name}: its terms are {given}; must be govsim.society.Terms with a text, or None")
    return replace(terms, text=whole_characters(without_template_marks(terms.text)))


def _terms_line(rule: Rule, terms: Terms, *, month: int, ordinal: int) -> TermsLine:
    try:
        return TermsLine(month=month, rule=rule.name, ordinal=ordinal, text=terms.text, values=dict(terms.values))
    except (ValidationError, TypeError, ValueError) as error:
        given = shortened(repr(terms.values), _LONGEST)
        raise PluginError(
            f"rule {rule.name}: the values of its terms are {given}; must be a mapping of names to text, finite "
            "numbers, true, false, null, and lists and mappings of them"
        ) from error


def _checked_charges(who: str, charges: object) -> Iterator[Charge]:
    if not isinstance(charges, Iterable):
        raise PluginError(f"{who}: charges {shortened(repr(charges), _LONGEST)}; must be a list of charges")
    for one in charges:
        is_charge = isinstance(one, Charge) and all(isinstance(text, str) for text in (one.by, one.member, one.reason))
        if not is_charge:
            given = shortened(repr(one), _LONGEST)
            raise PluginError(f"{who}: charges {given}; must be a govsim.commons.Charge with text fields")
        yield one


def _check_limits(rule: Rule, limits: object, demands: Mapping[str, int]) -> None:
    if not isinstance(limits, Mapping):
        given = shortened(repr(limits), _LONGEST)
        raise PluginError(f"rule {rule.name}: admits {given}; must be units by member")
    for name, units in limits.items():
        if name not in demands:
            raise PluginError(f"rule {rule.name}: admits units for {name}, which has no demand")
        if type(units) is not int or units < 0:
            raise PluginError(f"rule {rule.name}: admits {units!r} for {name}; must be a whole number, 0 or more")
