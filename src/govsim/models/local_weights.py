"""The file of a local model: what of it decides a result, and where it lies.

A journal records the file's name and hash. Its folder belongs to one machine and decides nothing, so it stands neither
there nor in the name of a society; the process that was given the path knows it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from govsim.config import LOCAL, Experiment, Models, Scalar
from govsim.errors import ModelUnavailable
from govsim.models.gguf import read_gguf

_places: dict[tuple[str, str], Path] = {}
"""Where files lie that this process was given, by name and hash."""


def identified(experiment: Experiment) -> Experiment:
    """An experiment in which each file of a local model has its name and hash instead of its path.

    Raises:
        ModelUnavailable: one of the files is none that can be asked.
    """
    members = {
        name: member.model_copy(
            update={"model_args": identified_args(member.model or experiment.models.default, member.model_args)}
        )
        for name, member in experiment.members.items()
    }
    return experiment.model_copy(update={"models": identified_models(experiment.models), "members": members})


def identified_models(models: Models) -> Models:
    """The same for the models of an experiment or a study.

    Raises:
        ModelUnavailable: one of the files is none that can be asked.
    """
    own = identified_args(models.framework or models.default, models.framework_args)
    return models.model_copy(update={"args": identified_args(models.default, models.args), "framework_args": own})


def identified_args(model: str | None, args: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The same for the arguments of one model.

    Raises:
        ModelUnavailable: the file is none that can be asked.
    """
    if model != LOCAL or "path" not in args:
        return dict(args)
    place, sha256 = identify(args["path"], args.get("sha256"))
    return {**args, "path": place.name, "sha256": sha256}


def identify(path: object, expected: object = None) -> tuple[Path, str]:
    """Find a file, and check what can be known of it without loading it.

    Args:
        path: where it lies, or its name where this process was given the path before.
        expected: the SHA-256 that it must have; any when None.

    Returns:
        Where it lies, and its SHA-256.

    Raises:
        ModelUnavailable: it is missing, another one, or none that can be asked.
    """
    told = f"model = {LOCAL}: path = {path}"
    if not isinstance(path, str) or not path:
        raise ModelUnavailable(f"{told}: must be the path of a GGUF file")
    place = _places.get((path, str(expected))) or Path(os.path.expandvars(path)).expanduser()
    if (obstacle := read_gguf(place, told).obstacle) is not None:
        raise ModelUnavailable(f"{told}: {obstacle}")
    stat = place.stat()
    sha256 = _hash(place, stat.st_size, stat.st_mtime_ns)
    if expected is not None and expected != sha256:
        raise ModelUnavailable(f"{told}: its sha256 is {sha256}, and must be {expected}; name the same file as before")
    _places[place.name, sha256] = place.resolve()
    return place, sha256


@lru_cache
def _hash(path: Path, size: int, changed: int) -> str:
    """The file's SHA-256; size and time of change tell whether it is still the same file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
