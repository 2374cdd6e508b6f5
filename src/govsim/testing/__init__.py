"""A deterministic language model for tests, documentation and benchmarks; never a default."""
