"""The paper's tables with its printed values and your runs."""
