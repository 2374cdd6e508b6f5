"""A report on all runs below a folder: one page that needs nothing else."""

from govsim.analysis.report.page import report_html
from govsim.analysis.report.parts import SkillsFound, read_skills_found

__all__ = ["SkillsFound", "read_skills_found", "report_html"]
