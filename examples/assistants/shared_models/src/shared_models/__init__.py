"""Models shared by the services; the wire format between them."""

from shared_models.calendar import CalendarEvent
from shared_models.jobs import Job, JobRun
from shared_models.messages import Message, Reply, Role
from shared_models.search import Document, SearchHit, SearchQuery

__version__ = "0.4.0"

__all__ = [
    "CalendarEvent",
    "Document",
    "Job",
    "JobRun",
    "Message",
    "Reply",
    "Role",
    "SearchHit",
    "SearchQuery",
]
