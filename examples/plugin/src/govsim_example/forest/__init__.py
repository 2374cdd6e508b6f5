"""A scenario: villagers share a forest."""
