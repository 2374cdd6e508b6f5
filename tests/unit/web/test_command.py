from __future__ import annotations

from pathlib import Path

import pytest

from govsim.errors import ConfigError
from govsim.web.processes import Form, words_of

OUT = Path("runs")


def test_a_form_becomes_the_words_of_a_command() -> None:
    form = Form(
        scenario="pasture",
        condition="newcomer",
        model="fake/society",
        agent="direct",
        members=4,
        months=15,
        runs=2,
        seed=7,
        max_cost=1.5,
        max_tokens=1000,
        price="0.1/0.2",
        settings="world.growth=3\n\n society.transparency=false ",
        model_args="catch=3",
    )
    assert words_of(form, OUT) == (
        "pasture",
        "--condition=newcomer",
        "--model=fake/society",
        "--agent=direct",
        "--months=15",
        "--runs=2",
        "--seed=7",
        "--max-cost=1.5",
        "--max-tokens=1000",
        "--price=fake/society=0.1/0.2",
        "--set=society.members=4",
        "--set=world.growth=3",
        "--set=society.transparency=false",
        "-Mcatch=3",
        "--out=runs",
    )


def test_what_is_left_empty_is_left_to_the_command() -> None:
    assert words_of(Form(), OUT) == ("fishery", "--agent=generative", "--out=runs")
    assert "--seed=0" in words_of(Form(seed=0), OUT), "nought is not nothing"


def test_no_value_can_pass_for_an_option() -> None:
    words = words_of(Form(model="--fresh", agent="-x", settings="--out=elsewhere"), OUT)
    assert words == ("fishery", "--model=--fresh", "--agent=-x", "--set=--out=elsewhere", "--out=runs")


@pytest.mark.parametrize(
    ("form", "match"),
    [
        (Form(scenario="../../elsewhere"), "scenario = "),
        (Form(scenario="--fresh"), "scenario = "),
        (Form(condition="/etc/passwd"), "condition = "),
        (Form(price="1/2"), "needs a model"),
        (Form(model="fake/a\0b"), r"fake/a\\u0000b: contains a control character"),
        (Form(settings="a=\ud800"), "contains a control character"),
    ],
)
def test_only_what_is_offered_can_be_run(form: Form, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        words_of(form, OUT)
