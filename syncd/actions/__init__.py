"""One file per verb that a person or the service asks for. Each takes adapters and values."""
