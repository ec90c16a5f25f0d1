"""Looks into files in a process of its own that has limits (docs/decisions/0043-one-limited-process-reads-every-file.md)."""
