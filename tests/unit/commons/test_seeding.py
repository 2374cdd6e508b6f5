"""Seeds of generators are numpy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.commons.seeding import MOST_WORDS, pcg64

WORD = st.integers(0, 2**32 - 1)


@given(st.lists(WORD, min_size=4, max_size=MOST_WORDS))
def test_a_generator_starts_in_the_state_that_numpy_derives_from_the_same_words(words: list[int]) -> None:
    expected = np.random.PCG64(np.random.SeedSequence(np.array(words, dtype=np.uint32)))
    assert pcg64(tuple(words)).state == expected.state


@given(st.lists(WORD, min_size=4, max_size=7), WORD, WORD)
def test_seeds_that_share_their_first_words_do_not_affect_each_other(words: list[int], one: int, other: int) -> None:
    first = pcg64((*words, one)).state
    pcg64((*words, other))
    assert pcg64((*words, one)).state == first


@pytest.mark.parametrize(("count", "dtype"), [(2, np.uint64), (4, np.uint32)])
def test_words_that_pcg64_does_not_ask_for_are_refused(count: int, dtype: type) -> None:
    with pytest.raises(NotImplementedError, match="only 4 words of 64 bits"):
        pcg64((1, 2, 3, 4)).seed_seq.generate_state(count, dtype)


def test_a_key_that_is_too_long_is_refused() -> None:
    with pytest.raises(IndexError):
        pcg64((0,) * (MOST_WORDS + 1))
