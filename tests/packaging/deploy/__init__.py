"""Lint of the files that deploy syncd: `python -m tests.packaging.deploy`."""
