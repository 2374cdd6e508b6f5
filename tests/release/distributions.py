"""The distributions as for publication, built from the tracked files."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.packaging.pins import ROOT

TIMEOUT = 1200
"""Timeout of a command in seconds; installing everything takes minutes."""

PATH = "/usr/bin:/bin"
"""The PATH of a machine without a development environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The two distributions."""

    sdist: Path
    wheel: Path


def tracked_files() -> list[str]:
    """The files of the repository, as git lists them."""
    listed = output_of(["git", "ls-files", "-z"], folder=ROOT)
    return [name for name in listed.split("\0") if name and (ROOT / name).exists()]


def build(folder: Path) -> Built:
    """Build both from a copy of the tracked files, so that other files in the working folder are excluded."""
    source, out = folder / "source", folder / "dist"
    for name in tracked_files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    output_of([sys.executable, "-m", "build", "--outdir", str(out), str(source)], folder=folder)
    [sdist], [wheel] = out.glob("*.tar.gz"), out.glob("*.whl")
    return Built(sdist=sdist, wheel=wheel)


def unpacked(sdist: Path, folder: Path) -> Path:
    """The source distribution, unpacked into an empty folder."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    [top] = folder.iterdir()
    return top


def output_of(command: list[str], *, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """The output of a command; if the command fails, the test fails with its whole output."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)} exits with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
