"""The paper's tables with runs of ours beside its printed figures."""
