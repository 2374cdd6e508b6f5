"""Trained agents: any Python object that decides how much to harvest, from a file of the user.

An agent `pettingzoo:FILE.py:FACTORY` is what the function FACTORY of a file returns. The journal records the names and
hashes of its files, and not their folder; see `govsim.config.file_locations`.
"""

from __future__ import annotations

import hashlib
import inspect
import operator
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Protocol

from govsim.agents.encoding import Encoded, encoded
from govsim.agents.protocol import AGENTS, Agent, AgentContext, Answer, Request
from govsim.characters import shortened
from govsim.commons import generator, stream_of
from govsim.config import Section, add_location, expanded, location_of
from govsim.errors import ConfigError, PluginError
from govsim.journal import Harvest

_HARVEST, _FILES = "harvest", "FILES"


class Decider(Protocol):
    """What a factory returns."""

    def act(self, observation: Encoded) -> int:
        """Return the number of units to ask for.

        Args:
            observation: what the member knows before the harvest; see `encoded`.
        """


@AGENTS.register
class TrainedAgent(Agent):
    """An agent trained with `govsim.environments`, or any other Python object; written `pettingzoo:FILE.py:FACTORY`."""

    name = "pettingzoo"
    is_immediate: ClassVar[bool] = True
    takes_argument: ClassVar[bool] = True
    is_scripted: ClassVar[bool] = True

    class Settings(Section):
        """Settings of trained agents."""

        files: tuple[str, ...] = ()
        """Name and SHA-256 of the file of each trained agent, and of the files that it lists in `FILES`, as in
        `agent.py 2c26b4…`. Recorded when runs are planned; if they are set, the files must have these hashes."""

        @property
        def hashes(self) -> dict[str, str]:
            """The hashes by name."""
            parts = (one.rpartition(" ") for one in self.files)
            return {name: sha256 for name, _, sha256 in parts}

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._context = context
        self._lag = context.experiment.observation.lag
        self._decider: Decider | None = None

    @classmethod
    def check(cls, agent: str) -> None:
        """Reject a name that is not a file and a function; the file itself is needed only for new decisions."""
        _parts(agent)

    @classmethod
    def answers(cls, agent: str, purpose: str) -> bool:
        """Whether the request is for a harvest decision."""
        return purpose == _HARVEST

    @classmethod
    def identify(cls, agent: str, settings: Any) -> tuple[str, Section]:
        """Replace the path of the file with its name, and add its hash; see `Agent`."""
        file, factory = _parts(agent)
        before = settings.hashes
        place = _place_of(file, before)
        found = {one.name: one for one in (place, *_files_of(_loaded(agent, place)[0], agent, place))}
        hashes = {name: _hash(agent, one) for name, one in found.items()}
        for name, sha256 in hashes.items():
            if (expected := before.get(name, sha256)) != sha256:
                raise ConfigError(
                    f"agent = {agent}: the sha256 of {name} is {sha256}, but must be {expected}; use the same file as "
                    "before, and give different files different names"
                )
        _function(agent, place, factory)
        for name, one in found.items():
            add_location(one, hashes[name])
        files = tuple(f"{name} {sha256}" for name, sha256 in sorted({**before, **hashes}.items()))
        return f"{cls.name}:{place.name}:{factory}", settings.model_copy(update={"files": files})

    async def answer(self, request: Request) -> Answer:
        """Answer with the agent's decision, or with `sincere` of the request if it is not for a harvest decision.

        Recorded decisions are not made again, so that a replay executes no code. A resumed run repeats them, in case
        the agent has a memory, and uses the recorded ones.
        """
        if request.purpose != _HARVEST:
            assert request.sincere is not None, "it answers no other request"
            return Answer(values=dict(request.sincere(request)))
        recorder, recorded = self._context.recorder, self._recorded(request)
        units = recorded if recorded is not None and not recorder.is_writing else self._act(request)
        return Answer(values={request.fields[0].tag: units if recorded is None else recorded})

    def _recorded(self, request: Request) -> int | None:
        """Return the decision in the journal, which contains it as a demand; None if it is a new one."""
        view = request.view
        where: dict[str, Any] = {"month": view.month, "phase": view.phase, "site": view.state.site}
        found = self._context.recorder.recorded(Harvest.model_construct(**where).identity)
        return found.asked.get(self.name) if isinstance(found, Harvest) else None

    def _act(self, request: Request) -> int:
        """Return the agent's demand, at most the largest that it can ask for.

        Raises:
            PluginError: the agent fails, or returns something else.
        """
        view, agent = request.view, self._context.agent
        if self._decider is None:
            self._decider = self._made()
        observation = encoded(view, self._context.experiment.society.members, lag=self._lag)
        try:
            units = operator.index(self._decider.act(observation))
        except Exception as error:
            raise PluginError(f"agent {agent}: act fails in month {view.month}: {_described(error)}") from error
        if units < 0:
            raise PluginError(f"agent {agent}: asks for {units} units; must be 0 or more")
        return min(units, view.most)

    def _made(self) -> Decider:
        """Call the factory, with those of its arguments that it has.

        Raises:
            PluginError: it fails, or returns an object without `act`.
        """
        agent, experiment = self._context.agent, self._context.experiment
        file, factory = _parts(agent)
        place = _place_of(file, self._context.settings.hashes)
        function = _function(agent, place, factory)
        offered: Mapping[str, object] = {
            "member": self.name,
            "experiment": experiment,
            "rng": generator(experiment.seed, stream_of("agent", type(self).name), 1, member=self.name),
        }
        try:
            wanted = inspect.signature(function).parameters
            decider = function(**{name: value for name, value in offered.items() if name in wanted})
        except Exception as error:
            raise PluginError(f"agent {agent}: {factory} fails: {_described(error)}") from error
        if not callable(getattr(decider, "act", None)):
            raise PluginError(
                f"agent {agent}: {factory} returns {_shown(decider)}; must have a method act(observation)"
            )
        return decider  # type: ignore[no-any-return]


def _parts(agent: str) -> tuple[str, str]:
    """Return file and function of an agent's name.

    Raises:
        ConfigError: it has another form.
    """
    file, _, factory = agent.partition(":")[2].rpartition(":")
    if not file.endswith(".py") or not factory.isidentifier():
        raise ConfigError(
            f"agent = {agent}: must be a Python file and a function in it, as in pettingzoo:agent.py:make"
        )
    return file, factory


def _place_of(file: str, hashes: Mapping[str, str]) -> Path:
    """Return the location of a file, given its path, or its name if this process was given the path before."""
    return location_of(file, hashes.get(file, "")) or expanded(file)


def _loaded(agent: str, place: Path) -> tuple[ModuleType, str]:
    """Return the module of a file, which is executed once, and the hash of the file."""
    sha256 = _hash(agent, place)
    try:
        return _module(place.resolve(), sha256), sha256
    except Exception as error:
        raise ConfigError(f"agent = {agent}: {place.name} cannot be imported: {_described(error)}") from error


@cache
def _module(place: Path, sha256: str) -> ModuleType:
    name = f"govsim_agent_{sha256}"
    spec = spec_from_file_location(name, place)
    assert spec is not None, "its name ends in .py"
    assert spec.loader is not None, "it is a file"
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _function(agent: str, place: Path, name: str) -> Callable[..., Any]:
    function = getattr(_loaded(agent, place)[0], name, None)
    if not callable(function):
        raise ConfigError(f"agent = {agent}: {place.name} has no function {name}; name one that returns an agent")
    return function  # type: ignore[no-any-return]


def _files_of(module: ModuleType, agent: str, place: Path) -> list[Path]:
    """Return the other files that a module lists, such as trained weights."""
    listed = getattr(module, _FILES, ())
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str | Path) for one in listed):
        raise ConfigError(f"agent = {agent}: {_FILES} = {_shown(listed)}: must be a list of paths beside {place.name}")
    return [place.parent / one for one in listed]


def _hash(agent: str, place: Path) -> str:
    try:
        return hashlib.sha256(place.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(
            f"agent = {agent}: {place} cannot be read ({error.strerror}); give the path of the file, relative to the "
            "experiment file or, on the command line, to the current folder"
        ) from error


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {shortened(' '.join(str(error).split()), 200)}"


def _shown(value: object) -> str:
    return shortened(repr(value), 80)
