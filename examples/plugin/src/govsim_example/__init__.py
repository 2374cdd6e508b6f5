"""One of each kind of extension for govsim; `pyproject.toml` says under which names they are found."""
