"""The driver's limits: fair shares, lost workers, rate-limit responses, recovery and rates, by a fake clock."""

from __future__ import annotations

import asyncio
import random
from collections import deque

import pytest

from govsim.config import Execution, Rate
from govsim.models.limits import (
    BACKOFF_FACTOR,
    LOST_AFTER_S,
    RECOVERY_S,
    SLOT_TURN_S,
    THROTTLE_WINDOW_S,
    Lease,
    LeaseRequest,
    LimitService,
    SharedLimit,
)

NO_RATE = Rate()


def report(kept: int = 0, wanted: int = 0, **more: object) -> LeaseRequest:
    """A report of a worker that has learned of the answer to the last one."""
    numbers = {"number": 1, "applied": 1, "slots": kept}
    return LeaseRequest.model_validate({"limit": "model", "kept": kept, "wanted": wanted} | numbers | more)


def leased(limit: SharedLimit, worker: int, now: float, request: LeaseRequest) -> Lease:
    """What a worker gets at once, or after waiting in vain."""
    limit.report(worker, request, now)
    lease = limit.offer(worker, now, is_final=True)
    assert lease is not None
    return lease


def test_a_single_worker_gets_the_slots_it_needs_up_to_the_limit() -> None:
    limit = SharedLimit(20, NO_RATE, 0.0)
    assert leased(limit, 0, 0.0, report(wanted=5)) == Lease(slots=5, is_scarce=False)
    assert leased(limit, 0, 0.1, report(kept=5, wanted=50)) == Lease(slots=20, is_scarce=True)


def test_slots_in_use_pass_to_a_second_worker_only_when_they_are_free() -> None:
    limit = SharedLimit(20, NO_RATE, 0.0)
    leased(limit, 0, 0.0, report(wanted=50))
    assert leased(limit, 1, 0.1, report(wanted=50)).slots == 0
    assert limit.report(0, report(kept=20, wanted=50), 0.2) is False
    shrunk = limit.offer(0, 0.2)
    assert shrunk is not None
    assert shrunk.slots == 10, "it may not start another request before it has fewer than 10"
    assert limit.held == 20
    assert limit.report(0, report(kept=12, wanted=50), 0.3), "others are woken up"
    assert leased(limit, 1, 0.3, report(wanted=50)).slots == 8
    assert limit.held == 20


@pytest.mark.parametrize(
    ("connections", "wanted", "expected"),
    [
        (20, (3, 50, 50), (3, 9, 8)),
        (20, (50, 3, 4), (13, 3, 4)),
        (20, (2, 2, 2), (2, 2, 2)),
        (9, (50, 50, 50), (3, 3, 3)),
        (2, (1, 1, 1), (1, 1, 0)),
    ],
)
def test_slots_are_divided_evenly(connections: int, wanted: tuple[int, ...], expected: tuple[int, ...]) -> None:
    limit = SharedLimit(connections, NO_RATE, 0.0)
    for worker, slots in enumerate(wanted):
        limit.report(worker, report(wanted=slots), 0.0)
    leases = [limit.offer(worker, 0.0, is_final=True) for worker in range(len(wanted))]
    assert tuple(lease.slots for lease in leases if lease) == expected


def test_workers_take_turns_where_there_are_fewer_slots_than_workers() -> None:
    limit = SharedLimit(2, NO_RATE, 0.0)
    had = dict.fromkeys(range(5), 0)
    in_use = dict.fromkeys(range(5), 0)
    for tick in range(round(100 * SLOT_TURN_S / 0.2)):
        for worker in had:
            in_use[worker] = leased(limit, worker, tick * 0.2, report(kept=0, wanted=3)).slots
            had[worker] += in_use[worker]
        assert sum(in_use.values()) <= 2
    assert max(had.values()) <= 1.25 * min(had.values())


def test_the_slots_of_a_lost_worker_are_given_to_others() -> None:
    limit = SharedLimit(20, NO_RATE, 0.0)
    leased(limit, 0, 0.0, report(wanted=50))
    leased(limit, 0, 0.1, report(kept=20, wanted=50))
    assert leased(limit, 1, 0.2, report(wanted=50)).slots == 0
    limit.forget(0)
    assert leased(limit, 1, 0.3, report(wanted=50)).slots == 20


def test_the_slots_of_a_silent_worker_are_given_to_others() -> None:
    limit = SharedLimit(20, NO_RATE, 0.0)
    leased(limit, 0, 0.0, report(wanted=20))
    assert leased(limit, 1, LOST_AFTER_S, report(wanted=20)).slots == 0
    assert leased(limit, 1, LOST_AFTER_S + 0.1, report(wanted=20)).slots == 20


def test_a_rate_limit_response_to_one_worker_lowers_the_limit_for_all() -> None:
    limit = SharedLimit(20, NO_RATE, 0.0)
    for worker in (0, 1):
        leased(limit, worker, 0.0, report(wanted=10))
    leased(limit, 0, 1.0, report(kept=10, wanted=10, throttled=0.0))
    assert limit.allowed(1.0) == 10
    assert leased(limit, 0, 1.1, report(kept=3, wanted=10)).slots == 0, "the other one has 10 in flight"
    assert leased(limit, 1, 1.1, report(kept=5, wanted=10)).slots == 5
    leased(limit, 1, 1.2, report(kept=10, wanted=10, throttled=0.0))
    assert limit.allowed(1.2) == 10, "the response to a request sent before the first"
    leased(limit, 1, 1.0 + THROTTLE_WINDOW_S, report(kept=5, wanted=10, throttled=0.0))
    assert limit.allowed(1.0 + THROTTLE_WINDOW_S) == 5


def test_the_limit_recovers_slowly_after_the_episode() -> None:
    limit = SharedLimit(100, NO_RATE, 0.0)
    leased(limit, 0, 0.0, report(wanted=100, throttled=0.0))
    assert limit.allowed(0.0) == 1, "nothing was in flight, so that one request at a time is tried"
    limit = SharedLimit(100, NO_RATE, 0.0)
    leased(limit, 0, 0.0, report(wanted=100))
    leased(limit, 0, 0.0, report(kept=100, wanted=100, throttled=0.0))
    allowed = [limit.allowed(THROTTLE_WINDOW_S + RECOVERY_S * share) for share in (0.0, 0.1, 0.25, 0.5, 0.6)]
    assert allowed == [50, 60, 75, 100, 100]


def test_no_request_is_sent_while_a_provider_asks_to_wait() -> None:
    limit = SharedLimit(20, NO_RATE, 0.0)
    leased(limit, 0, 0.0, report(wanted=10))
    assert leased(limit, 0, 1.0, report(kept=9, wanted=10, throttled=7.0)).slots == 0
    assert leased(limit, 1, 2.0, report(wanted=4)).slots == 0
    assert limit.next_change(1, 2.0) == pytest.approx(6.0)
    assert leased(limit, 0, 8.0, report(kept=1, wanted=1)).slots == 1
    assert leased(limit, 1, 8.0, report(wanted=4)).slots == 4


def test_a_restarted_service_begins_at_half_of_its_limits_and_respects_requests_in_flight() -> None:
    limit = SharedLimit(20, NO_RATE, 0.0, share=BACKOFF_FACTOR)
    assert leased(limit, 0, 0.0, report(kept=8, wanted=20)).slots == 10
    assert leased(limit, 1, 0.0, report(wanted=20)).slots == 0
    assert limit.allowed(RECOVERY_S) == 20


def started(limit: SharedLimit, workers: int, seconds: int, tokens: int, *, used: int | None = None) -> list[float]:
    """The times at which workers that always have requests start them; each ends at once and used other tokens."""
    times: list[float] = []
    corrections = dict.fromkeys(range(workers), 0)
    for tick in range(seconds * 20):
        now = tick / 20
        for worker in range(workers):
            request = report(wanted=10, starts=(tokens,) * 10, tokens=corrections[worker])
            granted = leased(limit, worker, now, request).starts
            times += [now] * granted
            corrections[worker] = granted * ((tokens if used is None else used) - tokens)
    return times


def most_in_a_minute(times: list[float]) -> int:
    recent = deque[float]()
    most = 0
    for time in times:
        recent.append(time)
        while recent[0] <= time - 60:
            recent.popleft()
        most = max(most, len(recent))
    return most


@pytest.mark.parametrize(("rate", "workers"), [(6, 1), (60, 3), (600, 1), (600, 4)])
def test_requests_per_minute_are_limited_and_used_up(rate: int, workers: int) -> None:
    times = started(SharedLimit(1000, Rate(requests=rate), 0.0), workers, seconds=180, tokens=0)
    assert 0.95 * 3 * rate <= len(times) <= 3 * rate + max(1, rate / 60)
    assert most_in_a_minute(times) <= rate + max(1, rate / 60)


def test_tokens_per_minute_are_limited_by_what_requests_have_used() -> None:
    for estimate, used in ((500, 500), (200, 500), (900, 500)):
        limit = SharedLimit(1000, Rate(tokens=60_000), 0.0)
        count = len(started(limit, 2, seconds=180, tokens=estimate, used=used))
        assert 0.9 * 360 <= count <= 1.1 * 360, f"estimated {estimate}"


def test_a_request_larger_than_the_tokens_of_a_second_is_sent_all_the_same() -> None:
    times = started(SharedLimit(10, Rate(tokens=6_000), 0.0), 1, seconds=180, tokens=3_000)
    assert 6 <= len(times) <= 7


def test_a_rate_is_shared_evenly() -> None:
    limit = SharedLimit(1000, Rate(requests=1200), 0.0)
    had = dict.fromkeys(range(4), 0)
    for tick in range(2000):
        for worker in had:
            limit.report(worker, report(wanted=20, starts=(0,) * 20), tick / 100)
        for worker in had:
            lease = limit.offer(worker, tick / 100)
            had[worker] += 0 if lease is None else lease.starts
            limit.report(worker, report(wanted=20, starts=(0,) * 20), tick / 100)
    assert sum(had.values()) == pytest.approx(400, abs=21)
    assert max(had.values()) <= 1.5 * min(had.values())


def test_a_rate_limit_response_halves_the_rate() -> None:
    limit = SharedLimit(1000, Rate(requests=600), 0.0)
    leased(limit, 0, 0.0, report(wanted=10, starts=(0,) * 10))
    leased(limit, 0, 0.0, report(kept=10, wanted=10, throttled=0.0))
    times = [time for time in started(limit, 1, seconds=10, tokens=0) if time > 1]
    assert len(times) == pytest.approx(45, abs=3)


def test_returned_starts_may_be_used_by_others() -> None:
    limit = SharedLimit(10, Rate(requests=60), 0.0)
    assert leased(limit, 0, 0.0, report(wanted=1, starts=(0,))).starts == 1
    assert leased(limit, 1, 0.1, report(wanted=1, starts=(0,))).starts == 0
    leased(limit, 0, 0.2, report(unused=1))
    assert leased(limit, 1, 0.2, report(wanted=1, starts=(0,))).starts == 1


def test_starts_that_a_worker_has_not_learned_of_may_be_used_by_others() -> None:
    limit = SharedLimit(10, Rate(requests=60, tokens=6000), 0.0)
    assert leased(limit, 0, 0.0, report(wanted=1, starts=(100,))).starts == 1
    assert leased(limit, 1, 0.1, report(wanted=1, starts=(100,))).starts == 0
    limit.report(0, report(applied=0), 0.2)
    assert leased(limit, 1, 0.2, report(wanted=1, starts=(100,))).starts == 1


def test_a_worker_with_unused_slots_learns_that_others_want_them() -> None:
    limit = SharedLimit(10, NO_RATE, 0.0)
    leased(limit, 0, 0.0, report(wanted=10))
    limit.report(0, report(kept=10, wanted=10), 0.1)
    assert limit.offer(0, 0.1) is None
    assert limit.report(1, report(wanted=2), 0.2), "others are woken up"
    lease = limit.offer(0, 0.2)
    assert lease == Lease(slots=8, is_scarce=True)
    limit.report(0, report(kept=1, wanted=1, slots=8), 0.3)
    assert limit.offer(0, 0.3) == Lease(slots=1), "its other slots have been returned"
    limit.report(0, report(kept=1, wanted=1), 0.4)
    assert limit.offer(0, 0.4) is None


def test_a_worker_that_keeps_less_than_its_share_learns_that_slots_are_scarce_once() -> None:
    limit = SharedLimit(10, NO_RATE, 0.0)
    leased(limit, 0, 0.0, report(wanted=2))
    limit.report(0, report(kept=2, wanted=2), 0.0)
    assert limit.offer(0, 0.0) is None
    leased(limit, 1, 0.1, report(wanted=50))
    assert limit.offer(0, 0.1) == Lease(slots=2, is_scarce=True)
    limit.report(0, report(kept=2, wanted=2), 0.2)
    assert limit.offer(0, 0.2) is None


def test_a_worker_that_ignored_an_answer_learns_again_that_slots_are_scarce() -> None:
    limit = SharedLimit(1, NO_RATE, 0.0)
    leased(limit, 0, 0.0, report(wanted=1))
    limit.report(0, report(kept=1, wanted=1, number=2), 0.0)
    leased(limit, 1, 0.1, report(wanted=1))
    assert limit.offer(0, 0.1) == Lease(slots=1, is_scarce=True)
    limit.report(0, report(kept=1, wanted=1, number=3, applied=1), 0.2)
    assert limit.offer(0, 0.2) == Lease(slots=1, is_scarce=True)
    limit.report(0, report(kept=1, wanted=1, number=4, applied=3), 0.2)
    assert limit.offer(0, 0.2) is None


@pytest.mark.parametrize("seed", range(20))
def test_workers_never_exceed_the_limit_under_random_operations(seed: int) -> None:
    """Each knows only the last answer, may use what it keeps while a report is on its way, and may replace a report."""
    draws = random.Random(seed)
    limit = SharedLimit(7, NO_RATE, 0.0)
    in_use, slots = [0] * 4, [0] * 4
    kept: dict[int, int] = {}
    for step in range(4000):
        worker = draws.randrange(4)
        action = draws.choice(["start", "end", "report", "answer"])
        may_use = min(slots[worker], kept.get(worker, slots[worker]))
        if action == "start" and in_use[worker] < may_use:
            in_use[worker] += 1
        elif action == "end" and in_use[worker]:
            in_use[worker] -= 1
        elif action == "report":
            kept[worker] = max(in_use[worker], draws.randint(0, may_use))
            wanted = kept[worker] + draws.randrange(6)
            limit.report(worker, report(kept=kept[worker], wanted=wanted, slots=slots[worker]), step / 50)
        elif action == "answer" and worker in kept:
            lease = limit.offer(worker, step / 50, is_final=draws.random() < 0.2)
            if lease is not None:
                slots[worker] = lease.slots
                del kept[worker]
        assert sum(in_use) <= limit.held <= 7


async def all_that_can_run() -> None:
    """Run all tasks until they wait for something that no other task does, without waiting for any time."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_request_for_slots_is_answered_as_soon_as_one_is_free() -> None:
    service = LimitService(Execution(connections=1), clock=lambda: 0.0)

    async def ask(worker: int, **fields: int) -> Lease:
        return Lease.model_validate(await service.serve(worker, report(**fields).model_dump()))

    assert (await ask(0, wanted=1)).slots == 1
    waiting = asyncio.create_task(ask(1, wanted=1))
    await all_that_can_run()
    assert not waiting.done()
    await ask(0)
    await all_that_can_run()
    assert waiting.done(), "it did not wait for a timeout"
    assert waiting.result().slots == 1


async def test_a_request_for_slots_is_answered_with_none_after_a_while_and_at_once_if_a_worker_is_lost() -> None:
    service = LimitService(Execution(connections=2))
    assert (await service.serve(0, report(wanted=2).model_dump()) or {})["slots"] == 2
    assert (await service.serve(0, report(kept=2, wanted=9).model_dump()) or {})["slots"] == 2
    waiting = asyncio.create_task(service.serve(1, report(wanted=2).model_dump()))
    await asyncio.sleep(0.01)
    service.lost(0)
    assert (await waiting or {})["slots"] == 2


async def test_a_restarted_service_starts_every_limit_at_half() -> None:
    service = LimitService(Execution(connections=20), is_restarted=True)
    for name in ("one", "other"):
        assert (await service.serve(0, report(wanted=50, limit=name).model_dump()) or {})["slots"] == 10


async def test_a_report_that_is_replaced_has_no_answer() -> None:
    service = LimitService(Execution(connections=2))
    await service.serve(0, report(wanted=2).model_dump())
    first = asyncio.create_task(service.serve(0, report(kept=2, wanted=9).model_dump()))
    await asyncio.sleep(0.01)
    second = await service.serve(0, report(kept=1, wanted=9).model_dump())
    assert second == {"slots": 2, "starts": 0, "is_scarce": True}
    assert await first is None
