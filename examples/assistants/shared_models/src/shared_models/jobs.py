from datetime import datetime

from pydantic import BaseModel


class Job(BaseModel):
    name: str
    schedule: str
    url: str


class JobRun(BaseModel):
    job: str
    due_at: datetime
