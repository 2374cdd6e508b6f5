"""A deterministic language model without weights, for estimates, tests, documentation and benchmarks."""
