import os

import httpx
from fastapi import FastAPI, HTTPException
from shared_models import CalendarEvent

from events import parse_events

app = FastAPI(title="google_calendar_service")


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/events")
def events() -> list[CalendarEvent]:
    url = os.getenv("GOOGLE_CALENDAR_ICS_URL")
    if not url:
        raise HTTPException(503, "no calendar is configured")
    answer = httpx.get(url, follow_redirects=True)
    answer.raise_for_status()
    return parse_events(answer.content)
