"""Random streams: reproducible for the same name, independent for any other, and stable over versions."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from govsim.commons import Stream, generator

DRAWN_BY_ALL = [400, 589, 130, 819, 658]
DRAWN_BY_KATE = [724, 558, 822, 452, 938]


def draws(seed: int, stream: Stream, month: int, member: str | None = None) -> tuple[float, ...]:
    return tuple(generator(seed, stream, month, member=member).random(4).tolist())


def test_the_same_seed_stream_month_and_member_draw_the_same() -> None:
    assert draws(3, Stream.POLICY, 2, "Kate") == draws(3, Stream.POLICY, 2, "Kate")


def test_any_other_seed_stream_month_or_member_draws_something_else() -> None:
    names = list(product((0, 1, 2**40), Stream, (1, 2, 12), (None, "John", "Kate", "john")))
    assert len({draws(*name) for name in names}) == len(names)


def test_runs_with_seeds_in_a_row_do_not_share_their_months_draws() -> None:
    diagonals = {draws(seed, Stream.ALLOCATION, 10 - seed) for seed in range(9)}
    assert len(diagonals) == 9


def test_previous_draws_do_not_affect_a_stream() -> None:
    first = generator(0, Stream.ALLOCATION, 1)
    first.random(1000)
    assert draws(0, Stream.ALLOCATION, 2) == draws(0, Stream.ALLOCATION, 2)
    assert tuple(first.random(4).tolist()) != draws(0, Stream.ALLOCATION, 2)


def test_the_numbers_of_streams_are_the_same_as_in_existing_journals() -> None:
    assert {stream.name: stream.value for stream in Stream} == {
        "ALLOCATION": 1,
        "OPENER": 2,
        "NEXT_SPEAKER": 3,
        "POLICY": 4,
        "PROBLEM": 5,
    }


def test_draws_are_the_same_as_in_existing_journals() -> None:
    assert generator(0, Stream.ALLOCATION, 1).integers(0, 1000, 5).tolist() == DRAWN_BY_ALL
    assert generator(7, Stream.POLICY, 3, member="Kate").integers(0, 1000, 5).tolist() == DRAWN_BY_KATE


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1, 2**32, 2**63 - 1])
def test_a_stream_is_the_seed_sequence_of_its_seed_and_key(seed: int) -> None:
    sequence = np.random.SeedSequence(seed, spawn_key=(int(Stream.OPENER), 12))
    assert draws(seed, Stream.OPENER, 12) == tuple(np.random.default_rng(sequence).random(4).tolist())
