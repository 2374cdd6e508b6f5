"""One extension of each kind for govsim; `pyproject.toml` declares their names."""
