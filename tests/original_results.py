"""Result folders as the original GovSim leaves them, with all their oddities, and small enough to read."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
COLUMNS = (
    *("agent_id", "round", "action", "resource_in_pool_before_harvesting", "resource_in_pool_after_harvesting"),
    *("concurrent_harvesting", "resource_collected", "wanted_resource", "html_interactions"),
    *("agent_name", "resource_limit", "utterance"),
)
Row = dict[str, Any]
Wants = Callable[[int, int], int] | int
"""What a member wants, by round and place in the roster; or the same always."""


def html(question: str, reply: str) -> str:
    return f"<div><strong>USER</strong>: {question}</div><div><strong>ASSISTANT</strong>: {reply}</div>"


def harvest_rows(number: int, stock: int, wanted: Sequence[int], *, padding: int = 0) -> tuple[list[Row], int]:
    """The rows of one harvest, and what is left; in scarcity the first come first."""
    collected, left = [], stock
    for units in wanted:
        collected.append(min(units, left))
        left -= collected[-1]
    rows = [
        {
            **{"agent_id": f"persona_{i}", "round": number, "action": "harvesting"},
            "resource_in_pool_before_harvesting": float(stock),
            "resource_in_pool_after_harvesting": float(left),
            "concurrent_harvesting": True,
            **{"resource_collected": float(got), "wanted_resource": float(units)},
            "html_interactions": [html(f"You are {NAMES[i]}." + "x" * padding, f"Answer: {units} tons.")],
        }
        for i, (units, got) in enumerate(zip(wanted, collected, strict=True))
    ]
    return rows, left


def talk_rows(number: int, members: int, *, limit: float | None = 10.0, padding: int = 0) -> list[Row]:
    """The rows of one talk; the HTML of each line is that of the next one, as in the original."""
    speakers = [("framework", "Mayor"), *((f"persona_{i}", NAMES[i]) for i in range(members))]
    texts = [f"{name} speaks in round {number}." for _, name in speakers]
    shifted = [html("What do you say?" + "x" * padding, text) for text in [*texts[1:], "SUMMARY OF THE NEXT ROW"]]
    rows: list[Row] = [
        {
            **{"agent_id": agent, "agent_name": name, "round": number, "action": "utterance"},
            **{"resource_limit": limit, "utterance": text, "html_interactions": later},
        }
        for (agent, name), text, later in zip(speakers, texts, shifted, strict=True)
    ]
    for action, reply in (
        ("conversation_summary", f"They agreed in round {number}."),
        ("conversation_resource_limit", f"Answer: {limit}"),
    ):
        framework = {"agent_id": "framework", "agent_name": "framework", "round": number, "action": action}
        rows.append({**framework, "resource_limit": limit, "html_interactions": html("Conversation: …", reply)})
    return rows


def rows_of(
    wants: Wants = 10,
    *,
    rounds: int = 12,
    talks: bool = True,
    newcomer: int | None = None,
    capacity: int = 100,
    padding: int = 0,
) -> list[Row]:
    """All rows of a run of at most so many rounds, which ends with the round of a collapse."""
    rows: list[Row] = []
    stock = capacity
    for number in range(rounds):
        members = 4 if newcomer is not None and number < newcomer else 5
        wanted = [wants if isinstance(wants, int) else wants(number, i) for i in range(members)]
        harvest, left = harvest_rows(number, stock, wanted, padding=padding)
        rows += harvest
        if talks:
            rows += talk_rows(number, members, padding=padding)
        if left < 5:
            break
        stock = min(capacity, 2 * left)
    return rows


def config_of(scenario: str = "fishing", model: str = "gpt-4", **env: Any) -> dict[str, Any]:
    """A configuration as Hydra leaves it: references are not followed."""
    short = {"fishing": "fish"}.get(scenario, scenario)
    settings = {
        **{"name": f"{short}_baseline_concurrent", "class_name": f"{scenario}_perturbation_concurrent_env"},
        **{"max_num_rounds": 12, "initial_resource_in_pool": 100, "poupulation_change_after_round": "double_100_cap"},
        **{"observation_other_agents_harvesting": True, "language_nature": "unconstrained", "num_agents": 5},
        **{"harvesting_order": "concurrent", "assign_resource_strategy": "stochastic"},
        **{"inject_universalization": False, "perturbations": []},
    }
    observed = "${experiment.env.observation_other_agents_harvesting}"
    return {
        "experiment": {
            "personas": {**{f"persona_{i}": {"name": name, "goals": ""} for i, name in enumerate(NAMES)}, "num": 5},
            **{"name": f"{scenario}_${{code_version}}/${{group_name}}", "scenario": scenario},
            "env": settings | env,
            "agent": {
                "system_prompt": "v3",
                "converse": {"inject_resource_observation": observed, "max_conversation_steps": 10},
            },
        },
        **{"code_version": "v7.0", "group_name": "", "mix_llm": [], "seed": 42},
        "llm": {"path": model, "is_api": True, "temperature": 0.0, "top_p": 1.0},
    }


def write_result(
    folder: Path, rows: Sequence[Row], config: Mapping[str, Any] | None = None, *, bare_nan: bool = False
) -> Path:
    """Write a result folder: every row has every column; what a row does not have is null, or NaN as JSON has not."""
    nothing = math.nan if bare_nan else None
    whole = [dict.fromkeys(COLUMNS, nothing) | row for row in rows]
    for place in (folder, *(folder / f"persona_{i}" for i in range(5))):
        place.mkdir(parents=True, exist_ok=True)
    (folder / "log_env.json").write_text(json.dumps(whole).replace("</", "<\\/"), encoding="utf-8")
    if config is not None:
        (folder / ".hydra").mkdir(exist_ok=True)
        (folder / ".hydra" / "config.yaml").write_text(yaml.safe_dump(dict(config)), encoding="utf-8")
    return folder
