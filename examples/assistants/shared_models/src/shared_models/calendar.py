from datetime import datetime

from pydantic import BaseModel, model_validator


class CalendarEvent(BaseModel):
    title: str
    starts_at: datetime
    ends_at: datetime

    @model_validator(mode="after")
    def ends_after_it_starts(self) -> "CalendarEvent":
        if self.ends_at < self.starts_at:
            raise ValueError("an event cannot end before it starts")
        return self
