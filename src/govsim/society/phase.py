"""Phases: the parts of a month."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from govsim.agents import Request
from govsim.commons import generator, stream_of
from govsim.config import Configurable, Experiment, is_subclass_of
from govsim.models.fields import Value
from govsim.plugins import Registry

if TYPE_CHECKING:
    from govsim.society.society import Society


class Phase(Configurable):
    """A part of the month. Subclasses are registered under their `name`, and must define `run`.

    Attributes:
        templates: names of its prompt templates, which are files `NAME.jinja` in the folder of its module, each with
            the variables that it uses and example values. Templates of requests may also use `memories`.
        harvests: whether units are taken in it; a month has exactly one such phase.
        reports: whether it reports catches.
        streams: numbers of random streams from before streams had names, used if the phase has its default name.
        sincere: answers of policies that have no method of their own for a purpose, by purpose; a request that contains
            its own one takes precedence.
    """

    templates: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    harvests: ClassVar[bool] = False
    reports: ClassVar[bool] = False
    streams: ClassVar[Mapping[str, int]] = {}
    sincere: ClassVar[Mapping[str, Callable[[Request], Mapping[str, Value]]]] = {}

    @property
    def spans_sites(self) -> bool:
        """Whether it is simulated once for the members at all sites, with an `Assembly`, instead of at each site."""
        return False

    async def run(self, society: Society) -> None:
        """Simulate this part of the month.

        Args:
            society: the society; for a phase that spans the sites of a run with several, their `Assembly`.

        Raises:
            GovSimError: the error that stops the run.
        """
        raise NotImplementedError

    def announced(self, society: Society) -> Collection[str]:
        """Return what to announce to members, as in `communication`; called at the start of the month."""
        return ()

    def needs_framework(self, experiment: Experiment) -> bool:
        """Whether the phase uses the framework model."""
        return False

    def templates_needed(self, earlier: Sequence[Phase]) -> Collection[str]:
        """Return which of its `templates` it renders, given the phases before it in the month."""
        return self.templates

    def check(self, experiment: Experiment, earlier: Sequence[Phase]) -> None:
        """Reject settings that are not compatible with the experiment.

        Args:
            experiment: the experiment.
            earlier: the phases that come before this one in the month.

        Raises:
            ConfigError: a setting is not compatible.
        """

    def numbered_stream(self, use: str) -> int | None:
        """Return the number of a stream from before streams had names; None if there is none.

        Args:
            use: one of `streams`.
        """
        return self.streams.get(use) if self.streams and self.name == self.registered_as() else None

    def draws(self, society: Society, use: str = "") -> np.random.Generator:
        """Return this phase's random generator for the current month.

        Args:
            society: the society.
            use: what is drawn, if the phase has several uses of randomness.
        """
        stream = self.numbered_stream(use)
        kind = f"phase {use}".rstrip()
        number = stream_of(kind, self.name) if stream is None else stream
        return generator(society.experiment.seed, number, society.state.month, site=society.site)


PHASES: Registry[type[Phase]] = Registry(
    "phase", group="phases", home="govsim.society.phases", flaw=is_subclass_of(Phase)
)
