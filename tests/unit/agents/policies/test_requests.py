"""Every policy answers every kind of request with an allowed answer, whatever is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from govsim.agents import POLICIES, Request
from govsim.models.fields import YES_NO, ChoiceField, Field, NumberField, TextField
from govsim.testing import check_policy
from govsim.testing.members import harvest_requests
from govsim.testing.societies import MEMBERS

FIELDS: dict[str, tuple[Field, ...]] = {
    "harvest": (NumberField(tag="Answer", low=0, high=100),),
    "vote": (NumberField(tag="Proposal", low=0, high=100, may_be_none=True),),
    "sanction": tuple(NumberField(tag=f"Punish {name}", low=0, high=5, total=7) for name in MEMBERS),
    "report": (NumberField(tag="Answer", low=0, high=100),),
    "line": (
        TextField(tag="Say", what="what you say"),
        ChoiceField(tag="End", options=YES_NO),
        ChoiceField(tag="Next", options=MEMBERS, unless=("End", "yes")),
    ),
}


def requests(purpose: str) -> Iterator[Request]:
    """A request of a purpose in every situation of the harvest requests."""
    for asked in harvest_requests():
        fields = asked.fields if purpose == "harvest" else FIELDS[purpose]
        about = {f"Punish {name}": name for name in MEMBERS}
        yield replace(asked, purpose=purpose, template=purpose, fields=fields, about=about)


@pytest.mark.parametrize("purpose", FIELDS)
@pytest.mark.parametrize("name", POLICIES.names)
def test_a_policy_conforms_for_each_kind_of_request(name: str, purpose: str) -> None:
    found = POLICIES.find(name)
    assert found is not None
    if found.value.decides(purpose) is None:
        assert purpose in ("line", "vote", "sanction"), "silence, and the answers of institutions"
        return
    check_policy(name, requests=list(requests(purpose)))


def test_the_situations_include_unknown_stocks_catches_and_absence() -> None:
    views = [asked.view for asked in harvest_requests()]
    assert any(not view.is_exact for view in views)
    pasts = [month for view in views for month in view.history]
    assert any(month.received is None for month in pasts)
    assert any(month.total is None for month in pasts)
    assert any(not month.catches for month in pasts)
    assert any(not view.history for view in views)
    assert len({view.members for view in views}) > 1
