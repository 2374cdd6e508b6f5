"""The file of a local model: its identity (name and hash) and its location.

A journal records the file's name and hash, and not its folder; see `govsim.config.file_locations`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from govsim.config import LOCAL, Experiment, Models, Scalar, add_location, location_of
from govsim.errors import ModelUnavailable
from govsim.models.gguf import read_gguf


def with_identified_models(experiment: Experiment) -> Experiment:
    """Return an experiment in which the path of each local model's file is replaced with its name and hash.

    Raises:
        ModelUnavailable: one of the files cannot be used as a chat model.
    """
    members = {
        name: member.model_copy(
            update={"model_args": identified_args(member.model or experiment.models.default, member.model_args)}
        )
        for name, member in experiment.members.items()
    }
    return experiment.model_copy(update={"models": identified_models(experiment.models), "members": members})


def identified_models(models: Models) -> Models:
    """Replace paths in the models of an experiment or a study; see `with_identified_models`.

    Raises:
        ModelUnavailable: one of the files cannot be used as a chat model.
    """
    own = identified_args(models.framework or models.default, models.framework_args)
    return models.model_copy(update={"args": identified_args(models.default, models.args), "framework_args": own})


def identified_args(model: str | None, args: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Replace the path in the arguments of one model; see `with_identified_models`.

    Raises:
        ModelUnavailable: the file cannot be used as a chat model.
    """
    if model != LOCAL or "path" not in args:
        return dict(args)
    place, sha256 = identify(args["path"], args.get("sha256"))
    return {**args, "path": place.name, "sha256": sha256}


def identify(path: object, expected: object = None) -> tuple[Path, str]:
    """Find a file, and check it as far as possible without loading it.

    Args:
        path: its location, or its name if this process was given the path before.
        expected: its required SHA-256; None for any.

    Returns:
        Its location and its SHA-256.

    Raises:
        ModelUnavailable: it is missing, has another hash, or cannot be used as a chat model.
    """
    label = f"model = {LOCAL}: path = {path}"
    if not isinstance(path, str) or not path:
        raise ModelUnavailable(f"{label}: must be the path of a GGUF file")
    place = location_of(path, str(expected)) or Path(os.path.expandvars(path)).expanduser()
    if (obstacle := read_gguf(place, label).obstacle) is not None:
        raise ModelUnavailable(f"{label}: {obstacle}")
    stat = place.stat()
    sha256 = _hash(place, stat.st_size, stat.st_mtime_ns)
    if expected is not None and expected != sha256:
        raise ModelUnavailable(f"{label}: its sha256 is {sha256}, but must be {expected}; use the same file as before")
    add_location(place, sha256)
    return place, sha256


@lru_cache
def _hash(path: Path, size: int, changed: int) -> str:
    """The file's SHA-256; size and modification time detect a changed file in the cache."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
