from fastapi.testclient import TestClient

from events import parse_events
from main import app

ICS = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//assistants//tests//EN
BEGIN:VEVENT
UID:2
SUMMARY:Lunch
DTSTART:20241206T120000Z
DTEND:20241206T130000Z
END:VEVENT
BEGIN:VEVENT
UID:1
SUMMARY:Standup
DTSTART:20241206T090000Z
DTEND:20241206T091500Z
END:VEVENT
END:VCALENDAR
""".replace(b"\n", b"\r\n")


def test_events_come_in_order():
    assert [event.title for event in parse_events(ICS)] == ["Standup", "Lunch"]


def test_without_a_calendar_there_are_no_events():
    assert TestClient(app).get("/events").status_code == 503
