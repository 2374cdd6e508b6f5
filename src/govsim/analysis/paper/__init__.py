"""The paper's tables with runs of ours beside its printed figures."""

from govsim.analysis.paper.models import paper_label
from govsim.analysis.paper.ours import read_runs_for
from govsim.analysis.paper.side_by_side import beside_paper
from govsim.analysis.paper.tables import TABLES, Block, PaperTable, paper_table

__all__ = [
    "TABLES",
    "Block",
    "PaperTable",
    "beside_paper",
    "paper_label",
    "paper_table",
    "read_runs_for",
]
