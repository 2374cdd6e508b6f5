"""The generative agent: memory, retrieval, and generation of thoughts."""

from govsim.agents.generative.agent import GenerativeAgent
from govsim.agents.generative.memory import Memory, MemoryStream
from govsim.agents.generative.relevance import LexicalRelevance, Relevance, VectorRelevance
from govsim.agents.generative.retrieval import ScoredMemory, in_order_of_time, score
from govsim.agents.generative.thinking import MergedThinking, SeparateThinking, Thinking

__all__ = [
    "GenerativeAgent",
    "LexicalRelevance",
    "Memory",
    "MemoryStream",
    "MergedThinking",
    "Relevance",
    "ScoredMemory",
    "SeparateThinking",
    "Thinking",
    "VectorRelevance",
    "in_order_of_time",
    "score",
]
