from collections.abc import Iterable
from datetime import datetime

from croniter import croniter_range
from shared_models import Job, JobRun


def due_runs(jobs: Iterable[Job], since: datetime, until: datetime) -> list[JobRun]:
    """The runs after `since`, up to and with `until`, oldest first."""
    runs = [
        JobRun(job=job.name, due_at=moment)
        for job in jobs
        for moment in croniter_range(since, until, job.schedule)
        if moment > since
    ]
    return sorted(runs, key=lambda run: run.due_at)
