"""A guard against slow-downs that depends on no machine: instructions of four small jobs."""
