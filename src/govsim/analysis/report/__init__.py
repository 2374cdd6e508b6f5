"""Reports on all runs in a folder, and on a tournament, as one self-contained page each."""

from govsim.analysis.report.page import report_html
from govsim.analysis.report.tournament import tournament_html

__all__ = ["report_html", "tournament_html"]
