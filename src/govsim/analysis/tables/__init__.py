"""Tables: one type, one place that formats numbers, and a renderer for every format."""
