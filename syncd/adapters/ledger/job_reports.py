"""What became of the jobs that replicas worked on, kept until who leads has read it."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from syncd.adapters.ledger.columns import MAPPING
from syncd.adapters.ledger.database import Database
from syncd.adapters.ledger.tables import bindings, job_reports
from syncd.core.queue import JobReport

_MOST = 500  # that are read at once
_jobs = sa.table("procrastinate_jobs", sa.column("id", sa.Integer))
_ENDED = sa.delete(_jobs).where(_jobs.c.id == sa.bindparam("of_job")).cte("ended")
_PUT = sa.insert(job_reports).add_cte(_ENDED).inline()
_READ = sa.select(job_reports).order_by(job_reports.c.id).limit(_MOST)
_DROP = sa.delete(job_reports).where(job_reports.c.id.in_(sa.bindparam("of_ids", expanding=True)))
_LARGE = (
    sa.select(bindings.c.dataset)
    .where(
        bindings.c.portal == sa.bindparam("of_portal"),
        bindings.c.judged_size >= sa.bindparam("of_size"),
    )
    .distinct()
)


class JobReports(Database):
    def put_report(self, report: JobReport) -> None:
        with self._begin(alone=False) as connection:
            known = {"job": report.job, "of_job": report.job, "facts": report.facts}
            connection.execute(_PUT, known)

    def reports(self) -> tuple[JobReport, ...]:
        with self._read() as connection:
            found = connection.execute(_READ).all()
        return tuple(JobReport(one.job, MAPPING.loaded(one.facts), one.id) for one in found)

    def drop_reports(self, ids: Collection[int]) -> None:
        if ids:
            with self._begin(alone=False) as connection:
                connection.execute(_DROP, {"of_ids": list(ids)})

    def large_datasets(self, portal: str, size: int) -> frozenset[str]:
        with self._read() as connection:
            found = connection.execute(_LARGE, {"of_portal": portal, "of_size": size})
            return frozenset(str(one.dataset) for one in found)
