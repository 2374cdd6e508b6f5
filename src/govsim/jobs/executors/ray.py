"""The executor for the machines of a Ray cluster."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, ClassVar

from govsim.concurrency import less_garbage_collection
from govsim.config import Execution
from govsim.errors import ConfigError
from govsim.jobs.distribution.crew import LinkLost
from govsim.jobs.distribution.driver import DistributedExecutor
from govsim.jobs.distribution.messages import DriverMessage, WorkerMessage, WorkerSetup, packed, unpacked
from govsim.jobs.distribution.worker import Worker
from govsim.jobs.executor import EXECUTORS
from govsim.jobs.job import Job
from govsim.plugins import PluginWarning

_OBJECT_STORE = 100 * 2**20
"""Bytes of shared memory of a local Ray, which needs some, although runs use none."""

_SECONDS_ALONE = 20.0
"""Seconds without contact to the driver after which a worker that writes journals terminates itself.

Only afterwards, its runs are moved: a node that Ray has lost may still be running.
"""

_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
"""Environment variables of Ray: it sends no usage statistics, and does not warn about accelerators."""


_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Makes a Ray that is started on this machine use the loopback address only, on Linux as on other systems."""


@EXECUTORS.register
class RayExecutor(DistributedExecutor):
    """Executes runs in workers on the machines of a Ray cluster, by default of one that is started on this machine.

    The journals are written by the command, on its own disk; workers need access to the models only. With
    `execution.shared_storage`, workers write the journals themselves.
    """

    name: ClassVar[str] = "ray"
    uses: ClassVar[frozenset[str]] = frozenset({"workers", "address", "shared_storage"})

    def __init__(self, execution: Execution, default: str | None = None) -> None:
        super().__init__(execution, default)
        self.sends_journals = not execution.shared_storage
        self._ray: Any = None
        self._is_own = False
        self._shared: IO[bytes] | None = None  # a file that workers look for

    @classmethod
    def check(cls, execution: Execution, jobs: Sequence[Job[Any]]) -> None:
        """Reject the executor if Ray is not installed; see `Executor`."""
        super().check(execution, jobs)
        if find_spec("ray") is None:
            raise ConfigError(
                "execution.executor = ray: needs the package ray; install it with pip install 'govsim[ray]'"
            )

    def start(self) -> None:
        """Connect with the cluster, or start one on this machine that no other machine can reach."""
        self._connect()
        if not self.sends_journals:
            out = self.execution.out.absolute()
            out.mkdir(parents=True, exist_ok=True)
            self._shared = NamedTemporaryFile(prefix=".shared-", dir=out)  # noqa: SIM115 - closed, and removed, in `aclose`

    def _connect(self) -> None:
        address = self.execution.address
        variables = _QUIET if address else _QUIET | _LOOPBACK
        os.environ.update({name: value for name, value in variables.items() if name not in os.environ})
        ray = self._ray = import_module("ray")
        if ray.is_initialized():  # by the program that calls this one
            return
        local = {
            "num_cpus": self.execution.workers or None,
            "object_store_memory": _OBJECT_STORE,
            "include_dashboard": False,
        }
        try:
            ray.init(
                address=address or "local",
                log_to_driver=False,
                logging_level=logging.ERROR,
                **({} if address else local),
            )
        except (OSError, RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            place, advice = f"execution.address = {address}", "start it with ray start --head, and give its address"
            if address is None:
                place, advice = "execution.executor = ray", "use --executor processes instead"
            elif "RAY_AUTH_MODE" not in os.environ:
                advice += "; if it requires a token, set RAY_AUTH_MODE=token"
            raise ConfigError(f"{place}: Ray cannot be used ({reason}); {advice}") from error
        self._is_own = True

    @property
    def workers(self) -> int:
        """Maximum number of workers at a time: one for each processor of the cluster."""
        return self.execution.workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    async def connect(self, setup: WorkerSetup) -> RayLink:
        """Start a worker on any machine of the cluster; see `DistributedExecutor`."""
        alone = None if self.sends_journals else _SECONDS_ALONE
        shared = None if self._shared is None else Path(self._shared.name)
        remote = self._ray.remote(RayWorker).options(
            num_cpus=1, max_restarts=0, max_concurrency=16, scheduling_strategy="SPREAD"
        )
        return RayLink(self._ray, remote.remote(packed(replace(setup, seconds_alone=alone, shared=shared))), alone)

    async def aclose(self) -> None:
        """See `Executor`."""
        await super().aclose()
        if self._shared is not None:
            self._shared.close()
        if self._is_own:
            self._ray.shutdown()


class RayLink:
    """The connection to a worker, which is a Ray actor."""

    def __init__(self, ray: Any, actor: Any, seconds_alone: float | None) -> None:
        """Use an actor.

        Args:
            ray: the package.
            actor: a remote `RayWorker`.
            seconds_alone: seconds without contact after which it terminates itself; None for any time.
        """
        self._ray = ray
        self._actor = actor
        self._seconds_alone = seconds_alone

    async def send(self, messages: list[DriverMessage]) -> None:
        """See `Link`."""
        await self._call(self._actor.deliver, packed(messages))

    async def receive(self) -> list[WorkerMessage]:
        """See `Link`."""
        reports: list[WorkerMessage] = unpacked(await self._call(self._actor.collect))
        return reports

    async def end(self, *, has_runs: bool) -> None:
        """See `Link`."""
        self._ray.kill(self._actor)
        if has_runs and self._seconds_alone is not None:
            await asyncio.sleep(self._seconds_alone)

    async def _call(self, method: Any, *arguments: bytes) -> Any:
        try:
            return await method.remote(*arguments)
        except self._ray.exceptions.RayError as error:
            raise LinkLost from error


class RayWorker:
    """A worker as a Ray actor: all its methods run in one event loop."""

    def __init__(self, setup: bytes) -> None:
        """Start a worker.

        Args:
            setup: the packed `WorkerSetup`.
        """
        warnings.simplefilter("ignore", PluginWarning)  # the driver has reported them
        self._setup: WorkerSetup = unpacked(setup)
        self._worker: Worker | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._contact = time.monotonic()
        self._garbage = less_garbage_collection()
        self._garbage.__enter__()
        if self._setup.seconds_alone is not None:
            threading.Thread(target=self._watch, args=(self._setup.seconds_alone,), daemon=True).start()

    async def deliver(self, messages: bytes) -> None:
        """Receive messages."""
        self._contact = time.monotonic()
        self._started().handle(unpacked(messages))

    async def collect(self) -> bytes:
        """Wait for reports, and return them; terminate if the worker is done."""
        self._contact = time.monotonic()
        worker = self._started()
        if worker.is_done.is_set():
            self._ray_exit()
        return packed(await worker.reports())

    def _started(self) -> Worker:
        if self._worker is None:
            self._worker = Worker(self._setup)
            self._preparing = asyncio.create_task(self._worker.prepare())
        return self._worker

    @staticmethod
    def _ray_exit() -> None:
        import_module("ray").actor.exit_actor()

    def _watch(self, seconds_alone: float) -> None:
        """Terminate without contact to the driver: another worker may have got the runs."""
        while time.monotonic() - self._contact < seconds_alone:
            time.sleep(1)
        os._exit(1)
