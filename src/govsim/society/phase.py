"""What a phase of the month is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from govsim.commons import generator, stream_of
from govsim.config import Configurable, Experiment, is_subclass_of
from govsim.plugins import Registry

if TYPE_CHECKING:
    from govsim.society.society import Society


class Phase(Configurable):
    """A part of the month. Subclasses are registered under their `name`, and define `run`.

    Attributes:
        templates: prompt templates that it brings as files beside its module, `NAME.jinja`: for each the variables that
            it uses, with an example of their values. The template of a request may use `memories` besides.
        harvests: whether units are taken in it; a month has exactly one such phase.
        reports: whether it makes catches known.
        streams: numbers of streams that it has had before there were names for them, for the phase of its usual name.
    """

    templates: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    harvests: ClassVar[bool] = False
    reports: ClassVar[bool] = False
    streams: ClassVar[Mapping[str, int]] = {}

    async def run(self, society: Society) -> None:
        """Live through this part of the month.

        Raises:
            GovSimError: whatever stops the run.
        """
        raise NotImplementedError

    def announced(self, society: Society) -> Collection[str]:
        """What members are told of this month's phases, as in `communication`; known when the month has begun."""
        return ()

    def needs_framework(self, experiment: Experiment) -> bool:
        """Whether the phase asks the framework's model."""
        return False

    def templates_needed(self, earlier: Sequence[Phase]) -> Collection[str]:
        """Which of its `templates` it renders in a month where these phases come before it."""
        return self.templates

    def check(self, experiment: Experiment, earlier: Sequence[Phase]) -> None:
        """Refuse settings that do not fit the experiment.

        Args:
            experiment: what is run.
            earlier: the phases that come before this one in the month.

        Raises:
            ConfigError: they do not.
        """

    def numbered_stream(self, use: str) -> int | None:
        """The number of a stream that was in use before streams had names; None where there is none.

        Args:
            use: one of `streams`.
        """
        return self.streams.get(use) if self.name == self.registered_as() else None

    def draws(self, society: Society, use: str = "") -> np.random.Generator:
        """A generator of this phase's own for the current month.

        Args:
            society: whose month it is.
            use: what is drawn, where the phase draws for more than one thing.
        """
        stream = self.numbered_stream(use)
        kind = f"phase {use}".rstrip()
        return generator(
            society.experiment.seed, stream_of(kind, self.name) if stream is None else stream, society.state.month
        )


PHASES: Registry[type[Phase]] = Registry(
    "phase", group="phases", home="govsim.society.phases", flaw=is_subclass_of(Phase)
)
