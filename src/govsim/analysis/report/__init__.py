"""A report on all runs below a folder: one page that needs nothing else."""

from govsim.analysis.report.page import SkillsFound, read_skills_found, report_html

__all__ = ["SkillsFound", "read_skills_found", "report_html"]
