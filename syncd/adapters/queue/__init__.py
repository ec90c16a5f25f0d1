"""The queue of jobs between replicas: procrastinate's, in the ledger's PostgreSQL.

Why its tables and its fetching, and not its worker: docs/decisions/0074.
"""

from syncd.adapters.queue.jobs import STALLED_AFTER, JobQueue

__all__ = ["STALLED_AFTER", "JobQueue"]
