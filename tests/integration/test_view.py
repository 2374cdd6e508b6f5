"""`govsim view` on the command line: rejected options and access control."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.browser.serving import served
from tests.commands import govsim


def test_a_missing_folder_is_reported_in_one_line(tmp_path: Path) -> None:
    done = govsim(tmp_path, "view", "nowhere", "--no-browser")
    assert done.returncode == 2
    assert done.stderr.startswith("govsim: nowhere: there is no such folder or journal; start a run")
    assert done.stderr.count("\n") == 1


def test_an_occupied_port_is_reported_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = govsim(tmp_path, "view", ".", "--no-browser", "--port", str(port))
    assert done.returncode == 2
    assert f"127.0.0.1, port {port}: cannot listen" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_guessable_token_is_rejected(tmp_path: Path) -> None:
    done = govsim(tmp_path, "view", ".", "--no-browser", "--token", "1234567")
    assert done.returncode == 2
    assert "must have at least 8 characters" in done.stderr
    assert "1234567" not in done.stderr


def test_a_token_is_required_only_on_other_addresses(tmp_path: Path) -> None:
    with served(tmp_path) as here:
        assert "token" not in here.address
        assert httpx.get(here.address).status_code == 200
        assert httpx.get(here.address, headers={"host": "evil.example"}).status_code == 403
        for path in ("/docs", "/openapi.json", "/redoc"):
            assert httpx.get(here.at(path)).status_code == 404
        here.process.terminate()
        said, _ = here.process.communicate(timeout=30)
        assert (here.process.returncode, said) == (0, ""), "it ends in order, and not as if it had been killed"
    with served(tmp_path, "--host", "0.0.0.0") as elsewhere:
        assert len(urlsplit(elsewhere.address).query) > len("token=") + 30
        assert httpx.get(elsewhere.at("/")).status_code == 403
        assert httpx.get(elsewhere.at("/new")).status_code == 403
        with httpx.Client() as client:
            assert "govsim-" in client.get(elsewhere.address).headers["set-cookie"]
            assert client.get(elsewhere.at("/")).status_code == 200
            assert "Runs cannot be started from this page." in client.get(elsewhere.at("/new")).text


def test_an_own_token_is_also_read_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOVSIM_VIEW_TOKEN", "from-the-environment")
    with served(tmp_path) as site:
        assert site.address.endswith("?token=from-the-environment")
        assert httpx.get(site.at("/")).status_code == 403
