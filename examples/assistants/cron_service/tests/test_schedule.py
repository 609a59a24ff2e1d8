from datetime import datetime, timezone

from jobs import JOBS
from schedule import due_runs


def at(hour: int, minute: int) -> datetime:
    return datetime(2024, 12, 6, hour, minute, tzinfo=timezone.utc)


def test_nothing_is_due_between_two_runs():
    assert due_runs(JOBS, at(8, 1), at(8, 14)) == []


def test_a_run_is_due_once():
    assert [run.job for run in due_runs(JOBS, at(7, 59), at(8, 15))] == [
        "morning-digest",
        "reindex",
        "reindex",
    ]
    assert [run.job for run in due_runs(JOBS, at(8, 0), at(8, 15))] == ["reindex"]
