from datetime import datetime, timezone
from enum import Enum

from pydantic import BaseModel, Field


class Role(str, Enum):
    USER = "user"
    ASSISTANT = "assistant"


class Message(BaseModel):
    user_id: int
    text: str = Field(min_length=1, max_length=4096)
    role: Role = Role.USER
    sent_at: datetime = Field(default_factory=lambda: datetime.now(timezone.utc))


class Reply(BaseModel):
    text: str
    tool: str | None = None
