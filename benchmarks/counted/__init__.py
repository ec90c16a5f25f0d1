"""A guard against slow-downs that depends on no machine: instructions of three small jobs."""
