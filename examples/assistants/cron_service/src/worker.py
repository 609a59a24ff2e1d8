import os
import time
from datetime import datetime, timezone

import httpx
import structlog

from jobs import JOBS
from schedule import due_runs

log = structlog.get_logger()


def run_forever(period: float) -> None:
    jobs = {job.name: job for job in JOBS}
    since = datetime.now(timezone.utc)
    log.info("started", jobs=sorted(jobs))
    while True:
        time.sleep(period)
        now = datetime.now(timezone.utc)
        for run in due_runs(JOBS, since, now):
            job = jobs[run.job]
            try:
                status = httpx.post(job.url, json=job.body, timeout=30).status_code
                log.info("ran", job=run.job, status=status)
            except httpx.HTTPError as error:
                log.warning("failed", job=run.job, error=str(error))
        since = now


if __name__ == "__main__":
    run_forever(float(os.getenv("CRON_PERIOD", "10")))
