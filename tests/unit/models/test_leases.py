"""A worker's part of a limit: permits, reports, rates, rate-limit responses, and a driver that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from govsim.config import Execution, Rate
from govsim.errors import ModelUnavailable, ProviderError
from govsim.models.failures import Failure, FailureKind
from govsim.models.leases import LeasedLimit, Limits
from govsim.models.limits import Lease, LeaseRequest, LimitService
from govsim.models.retrying import GaveUp, Persistence

SECONDS = 0.002
"""Duration of a message to the driver, and of its answer."""


class Line:
    """A connection of one worker to a service in this process, which takes its time."""

    def __init__(self, service: LimitService, worker: int) -> None:
        self.service = service
        self.worker = worker
        self.sent: list[LeaseRequest] = []
        self.error: Exception | None = None

    async def call(self, service: str, payload: Mapping[str, Any]) -> Any:
        assert service == "limits"
        self.sent.append(LeaseRequest.model_validate(payload))
        await asyncio.sleep(SECONDS)
        if self.error is not None:
            raise self.error
        answer = await self.service.serve(self.worker, payload)
        await asyncio.sleep(SECONDS)
        return answer


class Requests:
    """Requests that take their time, and how many were in flight at once."""

    def __init__(self, seconds: float = 0.01) -> None:
        self.seconds = seconds
        self.in_flight = self.most = self.count = 0

    async def send(self, limit: LeasedLimit) -> None:
        async with limit.permit():
            self.in_flight += 1
            self.count += 1
            self.most = max(self.most, self.in_flight)
            await asyncio.sleep(self.seconds)
            self.in_flight -= 1


def workers(count: int, execution: Execution) -> tuple[list[Limits], list[Line]]:
    service = LimitService(execution)
    lines = [Line(service, number) for number in range(count)]
    return [Limits(execution, line) for line in lines], lines


async def test_workers_together_stay_within_the_connections_and_use_them() -> None:
    all_limits, _ = workers(3, Execution(connections=7))
    requests = Requests()
    async with asyncio.timeout(20):
        await asyncio.gather(*(requests.send(limits.of("model")) for limits in all_limits for _ in range(100)))
    assert requests.count == 300
    assert requests.most == 7
    for limits in all_limits:
        await limits.aclose()


async def test_slots_are_used_again_without_asking() -> None:
    (limits,), (line,) = workers(1, Execution(connections=5))
    requests = Requests(0.001)
    await requests.send(limits.of("model"))
    for _ in range(50):
        await requests.send(limits.of("model"))
    assert len(line.sent) <= 3
    await limits.aclose()


async def test_unused_slots_are_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govsim.models.limits.MAX_ANSWER_DELAY_S", 0.05)
    all_limits, lines = workers(2, Execution(connections=4))
    requests = Requests(0.001)
    await asyncio.gather(*(requests.send(all_limits[0].of("model")) for _ in range(8)))
    await asyncio.sleep(0.3)
    assert lines[0].sent[-1].wanted == 0
    count = len(lines[0].sent)
    await asyncio.sleep(0.2)
    assert len(lines[0].sent) == count, "nothing is reported while nothing is held"
    await asyncio.gather(*(requests.send(all_limits[1].of("model")) for _ in range(8)))
    assert requests.most == 4


async def test_a_second_worker_soon_gets_its_share_of_long_requests() -> None:
    all_limits, _ = workers(2, Execution(connections=4))
    long = Requests(0.1)
    busy = [asyncio.create_task(long.send(all_limits[0].of("model"))) for _ in range(60)]
    await asyncio.sleep(0.15)
    short = Requests(0.01)
    await asyncio.gather(*(short.send(all_limits[1].of("model")) for _ in range(20)))
    assert short.most == 2
    assert long.count < len(busy), "those of the first worker have not all been sent before"
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    for limits in all_limits:
        await limits.aclose()


async def test_limits_of_different_models_are_independent() -> None:
    (limits,), _ = workers(1, Execution(connections=1))
    async with asyncio.timeout(5), limits.of("one").permit(), limits.of("other").permit():
        pass
    await limits.aclose()


async def test_a_cancelled_request_frees_its_place() -> None:
    (limits,), _ = workers(1, Execution(connections=1))
    limit, requests = limits.of("model"), Requests(0.05)
    tasks = [asyncio.create_task(requests.send(limit)) for _ in range(5)]
    await asyncio.sleep(0.02)
    for task in tasks[:4]:  # one is in flight, three wait
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not tasks[4].cancelled()
    async with asyncio.timeout(5):
        await requests.send(limit)
    await limits.aclose()


@pytest.mark.parametrize("turns", range(12))
async def test_a_permit_that_is_granted_to_a_cancelled_request_is_passed_on(turns: int) -> None:
    (limits,), _ = workers(1, Execution(connections=1))
    limit, requests = limits.of("model"), Requests(0.001)
    async with limit.permit():
        task = asyncio.create_task(requests.send(limit))
        await asyncio.sleep(0.01)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(5):
        await Requests().send(limit)
    await limits.aclose()


async def test_requests_per_minute_apply_to_all_workers_together() -> None:
    all_limits, _ = workers(2, Execution(connections=50, rate=Rate(requests=1200)))
    requests = Requests(0.001)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(requests.send(limits.of("model")) for limits in all_limits for _ in range(20)))
    assert loop.time() - began >= 20 / 20 - 0.05, "20 at once, and 20 more in a second"
    for limits in all_limits:
        await limits.aclose()


async def test_tokens_are_corrected_by_what_was_used() -> None:
    (limits,), (line,) = workers(1, Execution(rate=Rate(tokens=60_000)))
    limit = limits.of("model")
    assert limit.counts_tokens
    async with limit.permit(300) as permit:
        permit.count(1500)
    async with limit.permit(100) as permit:
        permit.count(None)
    assert [request.starts for request in line.sent if request.starts] == [(300,), (100,)]
    assert sum(request.tokens for request in line.sent) == 1200
    await limits.aclose()


async def test_a_request_is_not_sent_after_a_rate_limit_response_before_the_driver_has_answered() -> None:
    (limits,), (line,) = workers(1, Execution(connections=4))
    limit, requests = limits.of("model"), Requests(0.001)
    await asyncio.gather(*(requests.send(limit) for _ in range(4)))
    async with limit.permit() as permit:
        permit.throttle(0.2)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await requests.send(limit)
    assert loop.time() - began >= 0.19
    assert [request.throttled for request in line.sent if request.throttled is not None] == [0.2]
    await limits.aclose()


async def test_an_error_of_the_driver_is_raised_in_those_who_wait_and_passes() -> None:
    (limits,), (line,) = workers(1, Execution(connections=1))
    line.error = ProviderError("the driver has ended")
    requests = Requests(0.001)
    limit = limits.of("model")
    found = await asyncio.gather(*(requests.send(limit) for _ in range(3)), return_exceptions=True)
    assert [str(error) for error in found] == ["the driver has ended"] * 3
    line.error = None
    async with asyncio.timeout(5):
        await requests.send(limit)
    await limits.aclose()


async def test_closing_ends_those_who_wait() -> None:
    (limits,), _ = workers(1, Execution(connections=1))
    limit = limits.of("model")
    async with limit.permit():
        task = asyncio.create_task(Requests().send(limit))
        await asyncio.sleep(0.01)
        await limits.aclose()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled()


async def test_limits_can_be_used_again_after_closing() -> None:
    (limits,), (line,) = workers(1, Execution(connections=2))
    await Requests().send(limits.of("model"))
    await limits.aclose()
    count = len(line.sent)
    await Requests().send(limits.of("model"))
    assert len(line.sent) > count, "what was leased before may have been given to others"
    await limits.aclose()


async def test_only_rate_limit_responses_lower_the_limit() -> None:
    execution = Execution(connections=4, retries=0)
    (limits,), (line,) = workers(1, execution)
    kinds = [FailureKind.SERVER_ERROR, FailureKind.RATE_LIMIT]

    def persistence() -> Persistence:
        failure = Failure(kind=kinds.pop(0), text="no", retry_after=0.1)
        return Persistence(
            model="some/model", execution=execution, classify=lambda error: failure, limit=limits.of("model")
        )

    async def fail() -> int:
        raise OSError("no")

    async def refuse() -> int:
        raise ModelUnavailable("no")

    for _ in range(2):
        with pytest.raises(GaveUp, match="no"):
            await persistence().until_answered(fail)
    kinds.append(FailureKind.RATE_LIMIT)
    with pytest.raises(ModelUnavailable, match="no"):
        await persistence().until_answered(refuse)
    await asyncio.sleep(0.05)
    assert [request.throttled for request in line.sent if request.throttled is not None] == [0.1]
    await limits.aclose()


async def test_slots_that_became_free_before_a_worker_learned_that_they_are_scarce_are_returned() -> None:
    answers, sent = asyncio.Queue[Lease](), asyncio.Queue[LeaseRequest]()

    class Scripted:
        async def call(self, service: str, payload: Mapping[str, Any]) -> Any:
            sent.put_nowait(LeaseRequest.model_validate(payload))
            return (await answers.get()).model_dump()

    limit = Limits(Execution(), Scripted()).of("model")
    async with asyncio.timeout(10):
        requests = [asyncio.create_task(Requests().send(limit)) for _ in range(2)]
        assert (await sent.get()).wanted == 2
        answers.put_nowait(Lease(slots=2))
        assert (await sent.get()).kept == 2
        await asyncio.gather(*requests)
        answers.put_nowait(Lease(slots=0, is_scarce=True))
        assert (await sent.get()).kept == 0
    await limit.aclose()
