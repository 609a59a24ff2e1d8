from datetime import datetime
from typing import Any

from pydantic import BaseModel


class Job(BaseModel):
    name: str
    schedule: str
    url: str
    body: dict[str, Any] | None = None


class JobRun(BaseModel):
    job: str
    due_at: datetime
