"""Import of the prompts of the original GovSim, from a user's own copy of it, as a folder of custom prompts."""

from govsim.scenarios.original.importing import ImportedPrompts, import_prompts

__all__ = ["ImportedPrompts", "import_prompts"]
