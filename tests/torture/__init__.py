"""Long tests: `make torture`."""
