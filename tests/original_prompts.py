"""A small program with the structure of the original GovSim and words of its own."""

from __future__ import annotations

from pathlib import Path

UTILS = '''
from ......persona.common import PersonaIdentity


def conversation_to_string_with_dash(conversation):
    res = ""
    for i, (speaker, utterance) in enumerate(conversation):
        res += f"* {speaker} said {utterance}\\n"
    return res


def list_to_comma_string(list_of_strings):
    res = ""
    for i, s in enumerate(list_of_strings):
        if i == 0:
            res += s
        else:
            res += f", {s}"
    return res


def memory_prompt(identity, memories):
    """Not a part of the text."""
    res = ""
    for s in memories:
        res += f"[{s[0].strftime('%Y-%m-%d')}] {s[1]}\\n"
    return f"What {identity.name} knows {{so far}}:\\n{res}\\n"


def numbered_memory_prompt(identity, memories):
    res = ""
    for i, s in enumerate(memories):
        res += f"{i+1}. {s[1]}\\n"
    return f"Notes of {identity.name}:\\n{res}\\n"


REASONING = "think_step_by_step"


def reasoning_steps_prompt():
    if REASONING == "think_step_by_step":
        return "Reason in small steps."
    else:
        raise ValueError(f"Unknown REASONING: {REASONING}")


def location_time_info(current_location, current_time):
    return f"At {current_location} on {current_time.strftime('%Y-%m-%d')}.\\n\\n"


SYS_VERSION = "v1"


def get_sytem_prompt(persona):
    if SYS_VERSION == "v3":
        return get_sytem_prompt_v3(persona)
    else:
        raise ValueError(f"Unknown SYS_VERSION: {SYS_VERSION}")


def get_sytem_prompt_v3(persona):
    persona_names = ["John", "Kate", "Jack", "Emma", "Luke"]
    persona_names.remove(persona.name)
    list_string_persona_name = ", ".join(persona_names)
    text = (
        f"You are {persona.name}, an angler at a pond with four more ({list_string_persona_name})."
        " The pond has room for 100 tons."
    )

    if persona.goals != "":
        text += persona.goals

    return text


def get_sytem_prompt_v3_nocom(persona):
    return f"You are {persona.name}, and silent."
'''

ACT = """
from .utils import get_sytem_prompt, location_time_info, memory_prompt, reasoning_steps_prompt

flag = False


def prompt_action_choose_amount_of_fish(model, identity, memories, current_location, current_time, context, interval):
    lm = model.start_chain(identity.name, "act", "choose")

    with user():
        lm += f"{get_sytem_prompt(identity)}\\n"
        lm += location_time_info(current_location, current_time)
        lm += memory_prompt(identity, memories)
        lm += f"\\n"
        if flag:
            lm += "Never shown. "
        lm += f"Choose from {interval[0]} to {interval[-1]} tons. "
        lm += f"The weather: {weather}. "
        lm += reasoning_steps_prompt()
        lm += ' End with "Answer:", as in Answer: N tons.'

    with assistant():
        lm = model.gen(lm, "reasoning")

    return 0
"""

CONVERSE_PROMPTS = """
def prompt_converse_utterance_in_group(
    model, init_persona, target_personas, init_retrieved_memory, current_location, current_time, current_context,
    current_conversation,
):
    lm = model.start_chain(init_persona.name, "converse", "utterance")

    with user():
        lm += f"{get_sytem_prompt(init_persona)}\\n"
        lm += location_time_info(current_location, current_time)
        lm += memory_prompt(init_persona, init_retrieved_memory)
        lm += "\\n"
        lm += f"A meeting of {list_to_comma_string([t.name for t in target_personas])}."
        lm += "\\nSo far:\\n"
        lm += f"{conversation_to_string_with_dash(current_conversation)}\\n\\n"
        lm += "Which words come next from you?\\n\\n"
        REPONSE = "Response: "
        lm += "Output format:\\n"
        lm += REPONSE + "[fill in]\\n"


def prompt_summarize_conversation_in_one_sentence(model, conversation):
    with user():
        lm += f"Conversation:\\n"
        lm += f"{conversation_to_string_with_dash(conversation)}\\n\\n"
        lm += "Give the gist in a sentence."
"""

REFLECT = """
def prompt_insight_and_evidence(model, persona, statements):
    with user():
        lm += f"{get_sytem_prompt(persona)}\\n"
        lm += f"{numbered_memory_prompt(persona, statements)}\\n"
        lm += "What follows from these notes?"


def prompt_planning_thought_on_conversation(model, persona, conversation):
    with user():
        lm += f"{get_sytem_prompt(persona)}\\n"
        lm += f"Conversation:\\n"
        lm += f"{conversation_to_string_with_dash(conversation)}\\n"
        lm += "What of it matters for your plans?"


def prompt_memorize_from_conversation(model, persona, conversation):
    with user():
        lm += f"{get_sytem_prompt(persona)}\\n"
        lm += f"Conversation:\\n"
        lm += f"{conversation_to_string_with_dash(conversation)}\\n"
        lm += "What of it was curious?"


def prompt_find_harvesting_limit_from_conversation(model, conversation):
    with user():
        lm += "Anglers talked about their catches."
        lm += f"\\n\\nConversation:\\n"
        lm += f"{conversation_to_string_with_dash(conversation)}\\n"
        lm += "Which limit did they settle on? "
        lm += ' End with "Answer:".'
"""

STORE = """
def prompt_importance_chat(model, persona, chat):
    with user():
        lm += f"How weighty is {chat.description}?"


def prompt_importance_thought(model, persona, thought):
    with user():
        lm += f"{get_sytem_prompt(persona)}\\n"
        lm += f"How weighty is this for {persona.name}?"
        lm += f"\\n{thought.description}\\n"
"""

CONVERSE = """
class FishingConverseComponent:
    def converse_group(self, target_personas, agent_resource_num):
        report = ""
        for persona in target_personas:
            p = self.other_personas[persona.name]
            report += f"{p.identity.name} landed {agent_resource_num[p.agent_id]} tons. "
        current_conversation.append((PersonaIdentity("framework", "Mayor"), (f"The month in short: {report}")))
        for persona in target_personas:
            if resource_limit is not None:
                p.store.store_thought(f"All settled on {resource_limit} tons each.", self.now, always_include=True)
"""

ENVIRONMENT = """
def tons_in_pond(num):
    return f"There are {num} tons in the pond."


class FishingConcurrentEnv:
    def _prompt_pool_amount_of_resource(self):
        if self.cfg.harvesting_order == "concurrent":
            num = self.internal_global_state["resource_in_pool"]
        else:
            raise ValueError("Unknown order")
        return tons_in_pond(num)

    def _prompt_pool_amount_of_resource_after_harvesting(self, agent):
        wanted = self.internal_global_state["wanted_resource"][agent]
        caught = self.internal_global_state["last_collected_resource"][agent]
        agent_name = self.agent_id_to_name[agent]
        return f"{agent_name} hoped for {wanted} tons and landed {caught}."

    def _prompt_universalization(self, sustainability_threshold):
        return f"Should all land over {sustainability_threshold} tons, the pond shrinks."


class FishingPerturbationEnv:
    def _prompt_home_observe_agent_resource(self, agent):
        caught = self.internal_global_state["last_collected_resource"][agent]
        agent_name = self.agent_id_to_name[agent]
        return f"{agent_name} landed {caught} tons."
"""


def write_checkout(folder: Path, **changes: str) -> Path:
    """Write the program to a folder; changed files are given by their names without suffix."""
    root = folder / "simulation" / "scenarios" / "fishing"
    cognition, environment = root / "agents" / "persona_v3" / "cognition", root / "environment"
    texts = {
        "utils": UTILS,
        "act_prompts": ACT,
        "converse_prompts": CONVERSE_PROMPTS,
        "reflect_prompts": REFLECT,
        "store_prompts": STORE,
        "converse": CONVERSE,
    } | changes
    cognition.mkdir(parents=True)
    environment.mkdir()
    (environment / "env.py").write_text(ENVIRONMENT, encoding="utf-8")
    for name, text in texts.items():
        (cognition / f"{name}.py").write_text(text, encoding="utf-8")
    return folder
