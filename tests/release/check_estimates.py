"""The page of the experiments shows the current estimates of all cells."""

from __future__ import annotations

import pytest

from docs import estimates


def test_the_page_shows_the_current_estimates(capsys: pytest.CaptureFixture[str]) -> None:
    assert estimates.main(["--check"]) == 0, capsys.readouterr().err
