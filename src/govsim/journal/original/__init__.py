"""Import of results of the original GovSim, the program of the paper, as journals."""

from govsim.journal.original.importing import LOG, ImportedRun, import_original

__all__ = ["LOG", "ImportedRun", "import_original"]
