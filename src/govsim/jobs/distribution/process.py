"""Worker processes on this machine, connected with the driver by a pair of sockets that no other process can reach."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import warnings
from contextlib import suppress
from typing import Any

from govsim.concurrency import less_garbage_collection
from govsim.jobs.distribution.crew import LinkLost
from govsim.jobs.distribution.messages import DriverMessage, WorkerMessage, WorkerSetup, packed, unpacked
from govsim.jobs.distribution.worker import Worker
from govsim.plugins import PluginWarning

_LENGTH = 8
"""Number of bytes that state the length of a frame."""

_STDERR = 2

_PROGRAM = "import sys; sys.path[:] = {path!r}; from govsim.jobs.distribution.process import main; main({fds!r})"


class ProcessLink:
    """The connection to a worker process on this machine."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        lifeline: int,
    ) -> None:
        """Use a process; see `start`.

        Args:
            process: the process.
            reader: receives its reports.
            writer: sends it messages.
            lifeline: end of a pipe which the process watches; it terminates when the pipe is closed.
        """
        self._process = process
        self._reader = reader
        self._writer = writer
        self._lifeline = lifeline

    @classmethod
    async def start(cls, setup: WorkerSetup) -> ProcessLink:
        """Start a worker process.

        It has a session of its own, so that an interrupt from the keyboard does not reach it, and terminates with this
        process in any case.

        Args:
            setup: what the worker needs to know.
        """
        ours, theirs = socket.socketpair()
        watched, lifeline = os.pipe()
        try:
            process = subprocess.Popen(  # noqa: ASYNC220 - takes milliseconds; asyncio's own would reap it twice
                [sys.executable, "-c", _PROGRAM.format(path=sys.path, fds=(theirs.fileno(), watched))],
                stdin=subprocess.DEVNULL,
                stdout=_STDERR,
                pass_fds=(theirs.fileno(), watched),
                start_new_session=True,
            )
        finally:
            theirs.close()
            os.close(watched)
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        link = cls(process, reader, writer, lifeline)
        with suppress(LinkLost):  # reported by the next call
            await link._write(setup)
        return link

    async def send(self, messages: list[DriverMessage]) -> None:
        """See `Link`."""
        await self._write(messages)

    async def receive(self) -> list[WorkerMessage]:
        """See `Link`."""
        try:
            reports: list[WorkerMessage] = await _read(self._reader)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise LinkLost from error
        return reports

    async def end(self, *, has_runs: bool) -> None:
        """See `Link`."""
        self._writer.close()
        os.close(self._lifeline)
        self._process.kill()
        await asyncio.to_thread(self._process.wait)

    async def _write(self, messages: Any) -> None:
        try:
            await _write(self._writer, messages)
        except OSError as error:
            raise LinkLost from error


def main(files: tuple[int, int]) -> None:
    """Execute runs as a worker process until the driver ends it.

    Args:
        files: descriptors of the socket, and of the pipe that is closed when the driver terminates.
    """
    channel, lifeline = files
    threading.Thread(target=_terminate_with_driver, args=(lifeline,), daemon=True).start()
    warnings.simplefilter("ignore", PluginWarning)  # the driver has reported them
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        asyncio.run(_work(socket.socket(fileno=channel)))


def _terminate_with_driver(lifeline: int) -> None:
    """Terminate at once, even in the middle of a computation, when the driver has terminated in any way."""
    os.read(lifeline, 1)
    os._exit(1)


async def _work(channel: socket.socket) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=channel)
    worker = Worker(await _read(reader))

    async def receive() -> None:
        while True:
            worker.handle(await _read(reader))

    async def report() -> None:
        while True:
            if reports := await worker.reports():
                await _write(writer, reports)

    with less_garbage_collection():
        tasks = [asyncio.create_task(work) for work in (receive(), report(), worker.prepare(), worker.is_done.wait())]
        *_, done = tasks
        while not done.done():  # the others end only with an error, except for the preparation
            finished, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                task.result()
                tasks.remove(task)


async def _read(reader: asyncio.StreamReader) -> Any:
    length = int.from_bytes(await reader.readexactly(_LENGTH))
    return unpacked(await reader.readexactly(length))


async def _write(writer: asyncio.StreamWriter, messages: Any) -> None:
    data = packed(messages)
    writer.write(len(data).to_bytes(_LENGTH) + data)
    await writer.drain()
