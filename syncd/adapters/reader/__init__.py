"""Looks into files in a process of its own that has limits (docs/decisions/0043)."""
