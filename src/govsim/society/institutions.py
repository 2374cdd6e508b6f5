"""Application of a society's rules: terms, limits and charges; and the money ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from govsim.agents import Notice, View
from govsim.characters import shortened, without_template_marks
from govsim.commons import CENTS, Charge, Ledger, Outcome, Settled
from govsim.config import Experiment
from govsim.errors import PluginError
from govsim.journal import Account, Accounts, Admission, Charged, Charges, TermsLine
from govsim.journal.line import whole_characters
from govsim.society.rule import Adjustable, Alternatives, Rule, Terms

if TYPE_CHECKING:
    from govsim.society.composition import Composition
    from govsim.society.phase import Phase
    from govsim.society.society import Society


_LONGEST = 200


class Institutions:
    """All rules of a society, in order.

    Attributes:
        ledger: balances of all members, and common funds.
        terms: terms of each rule in force this month, by the name of the rule.
        earned: cents that each member earned in this month's harvest; empty before it.
        due: charges of rules for this month's harvest; while a rule settles, those of previous rules.
        settled: charges of this month so far, each with what was paid.
        returned: units returned to the stock this month, before it grows.
        leader: the member that leads the group this month; None if there is none.
        chair: the member that opens the discussion this month; None if no member has that right.
        decided: values of settings that members decide, as in `quota.amount`; missing before the first decision.
    """

    def __init__(self, composition: Composition, experiment: Experiment, *, price: int) -> None:
        """Start with the endowments of the members.

        Args:
            composition: the rules, and the phases that they add.
            experiment: the experiment.
            price: dollars that a unit earns a member without a price of its own.
        """
        self._all_rules = composition.rules
        self._added_by = composition.added_by
        self._names = {rule.name for rule in composition.rules}
        self._suspended: frozenset[str] = frozenset()
        members = experiment.members
        self._prices = {name: one.price for name, one in members.items() if one.price is not None}
        self._usual_price = price
        endowments = {name: one.endowment * CENTS for name, one in members.items() if one.endowment}
        self._money_differs = bool(self._prices or endowments)
        self.ledger = Ledger(balances=endowments, may_go_negative=experiment.society.may_go_negative)
        self.terms: dict[str, Terms] = {}
        self.earned: Mapping[str, int] = {}
        self.due: tuple[Charge, ...] = ()
        self.settled: tuple[Settled, ...] = ()
        self.returned = 0
        self._later: tuple[Charge, ...] = ()
        self.leader: str | None = None
        self.chair: str | None = None
        self.decided: dict[str, int | str] = {}
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

    @property
    def quotas(self) -> dict[str, int]:
        """Maximum units that each member may take this month by the terms stated; the lowest of several."""
        stated = [terms.quotas for terms in self.terms.values() if terms.text and terms.quotas is not None]
        members = {name: None for quotas in stated for name in quotas}
        return {name: min(quotas[name] for quotas in stated if name in quotas) for name in members}

    def limit(self, rule: str, quotas: Mapping[str, int]) -> None:
        """Set the maximum units by member that result from decisions under the terms of a rule this month.

        Args:
            rule: name of the rule.
            quotas: units by member; the phase that calls this records them in its event.
        """
        self.terms[rule] = replace(self.terms[rule], quotas=dict(quotas))

    def price_of(self, member: str) -> int:
        """Return the dollars that a member earns with a unit."""
        return self._prices.get(member, self._usual_price)

    def available(self, fund: str) -> int:
        """Return the cents in a common fund that this month's charges do not take out; what they pay in is not counted.

        Args:
            fund: name of the fund.
        """
        return self.ledger.fund(fund) + sum(one.amount for one in self.due if one.fund == fund and one.amount < 0)

    @property
    def returned_later(self) -> int:
        """Units that phases after the harvest returned to the stock this month."""
        return sum(one.returned for one in self._later)

    def kept(self, outcome: Outcome, member: str) -> int:
        """Return the units of a member's catch that no rule has returned to the stock, or sold, this month.

        Args:
            outcome: the harvest of this month.
            member: a member that was present.
        """
        taken = (one.returned + one.sold for one in (*self.due, *self._later) if one.member == member)
        return outcome.granted[member] - sum(taken)

    def is_in_force(self, part: Rule | Phase) -> bool:
        """Whether a rule, or the rule that added a phase, is one of these and not suspended; true for other phases."""
        rule = part.name if isinstance(part, Rule) else self._added_by.get(part.name)
        return rule is None or (rule in self._names and rule not in self._suspended)

    def adjustable(self, subject: str, society: Society) -> Adjustable | Alternatives:
        """Return a setting that is to be decided.

        Args:
            subject: rule and setting, as in `quota.amount`.
            society: the society.
        """
        rule, _, setting = subject.partition(".")
        return next(one for one in self._all_rules if one.name == rule).adjustable(society)[setting]

    def decided_number(self, subject: str) -> int | None:
        """Return the number that was decided for a setting; None before the first decision."""
        value = self.decided.get(subject)
        return value if isinstance(value, int) else None

    def decide(self, subject: str, value: int | str | None) -> None:
        """Set a setting from the next month on.

        Args:
            subject: rule and setting, as in `quota.amount`.
            value: the value; None if there is none any more.
        """
        if value is None:
            self.decided.pop(subject, None)
        else:
            self.decided[subject] = value

    def ordinal_of(self, rule: str) -> int:
        """Return the index of a rule in the experiment, from 0."""
        return [one.name for one in self._all_rules].index(rule)

    @property
    def _rules(self) -> list[tuple[int, Rule]]:
        """The rules in force, each with its index in the experiment."""
        return [(ordinal, rule) for ordinal, rule in enumerate(self._all_rules) if self.is_in_force(rule)]

    def begin_month(self, society: Society) -> None:
        """Set the terms of the month.

        Raises:
            PluginError: the terms of a rule are invalid.
        """
        self.earned, self.terms, self.returned = {}, {}, 0
        self.due, self.settled, self._later = (), (), ()
        self.leader = self.chair = None
        self._suspended = frozenset(name for rule in self._all_rules for name in rule.suspends(society))
        self._paid, self._lines = Counter(), Counter()
        for ordinal, rule in self._rules:
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
        for ordinal, rule in self._rules:
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
        """Credit the units received, then apply the charges of all rules in the order of the experiment.

        Args:
            society: the society.
            phase: the phase of the harvest.
            outcome: the harvest.

        Raises:
            PluginError: a rule of a plug-in charges an absent member, or returns more units than were taken.
        """
        prices = {name: self.price_of(name) for name in outcome.granted}
        self.ledger = self.ledger.earn(outcome.granted, prices)
        self.earned = {name: units * prices[name] * CENTS for name, units in outcome.granted.items()}
        for _, rule in self._rules:
            charges = _checked_charges(f"rule {rule.name}", rule.settle(society, outcome))
            self.due = (*self.due, *charges)
        self._apply(society, phase.name, self.due)

    def notices(self, view: View) -> Iterator[Notice]:
        """Yield the notices of all rules to a member after the harvest is settled.

        Args:
            view: what the member knows.
        """
        for _, rule in self._rules:
            yield from rule.notices(view)

    def charge(self, society: Society, phase: Phase | None, charges: Iterable[Charge]) -> None:
        """Charge members for a phase or the rules, and record all charges in one event.

        Args:
            society: the society.
            phase: the phase; None at the end of the month.
            charges: the charges, in order.

        Raises:
            PluginError: a charged member is not present, an amount is not a whole number, or more units are returned
                and sold than the member received.
        """
        name = "" if phase is None else phase.name
        charges = tuple(_checked_charges(f"phase {name}" if phase else "the end of the month", charges))
        self._later = (*self._later, *charges)
        self._apply(society, name, charges)

    def _apply(self, society: Society, name: str, charges: Sequence[Charge]) -> None:
        """Move the money of charges and record them, in the phase of a name."""
        ledger, settled = self.ledger.settle(charges)
        self._check(society, name, charges)
        if not charges:
            return
        self.returned += sum(one.returned for one in charges)
        self._has_charged = True
        self.ledger = ledger
        self.settled = (*self.settled, *settled)
        self._paid.update({one.charge.member: 0 for one in settled})
        for one in settled:
            self._paid[one.charge.member] += one.paid
            if one.charge.to is not None:
                self._paid[one.charge.to] -= one.paid
        records = (
            Charged(
                by=one.charge.by,
                member=one.charge.member,
                reason=one.charge.reason,
                amount=one.charge.amount,
                paid=one.paid,
                to=one.charge.to,
                fund=one.charge.fund,
                returned=one.charge.returned,
            )
            for one in settled
        )
        ordinal = self._lines[name]
        self._lines[name] += 1
        society.recorder.note(Charges(month=society.state.month, phase=name, ordinal=ordinal, charges=tuple(records)))

    def _check(self, society: Society, name: str, charges: Sequence[Charge]) -> None:
        """Reject charges to or from members who are not present, and of more units than are left to a member.

        Absent members can receive money.
        """
        for one in charges:
            is_income = isinstance(one.amount, int) and one.amount < 0 and one.to is None
            can_receive = society.experiment.society.members if is_income else society.state.members
            for member, known in ((one.member, can_receive), (one.to, society.state.members)):
                if member is not None and member not in known:
                    raise PluginError(f"{name}: charges {member}, who is not present")
        outcome = society.outputs.get(Outcome)
        for member in {one.member for one in charges if one.returned or one.sold}:
            if outcome is None or member not in outcome.granted:
                raise PluginError(f"{name}: returns or sells units of {member}, who has received none this month")
            if (left := self.kept(outcome, member)) < 0:
                units = outcome.granted[member] - left
                raise PluginError(
                    f"{name}: {units} units of {member} are returned or sold this month, more than the "
                    f"{outcome.granted[member]} that it received"
                )

    def end_month(self, society: Society) -> None:
        """Apply the charges at the end of the month; record all balances, if there are rules, or money differs."""
        for _, rule in self._rules:
            self.charge(society, None, rule.close(society))
        society.recorder.end_phase(society.state.members)  # no phase of this month follows that would record them
        if self._all_rules or self._has_charged or self._money_differs:
            members = {
                name: Account(
                    earned=self.earned.get(name, 0), charged=self._paid[name], balance=self.ledger.balance(name)
                )
                for name in (*society.state.members, *(one for one in self._paid if one not in society.state.members))
            }
            funds = {name: cents for name, cents in self.ledger.funds.items() if cents}
            society.recorder.write(Accounts(month=society.state.month, members=members, funds=funds))


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
        return TermsLine(
            month=month,
            rule=rule.name,
            ordinal=ordinal,
            text=terms.text,
            values=dict(terms.values),
            quotas=None if terms.quotas is None else dict(terms.quotas),
        )
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
