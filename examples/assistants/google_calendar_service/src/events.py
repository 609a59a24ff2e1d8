from icalendar import Calendar
from shared_models import CalendarEvent


def parse_events(ics: bytes) -> list[CalendarEvent]:
    calendar = Calendar.from_ical(ics)
    found = [
        CalendarEvent(
            title=str(event["SUMMARY"]),
            starts_at=event["DTSTART"].dt,
            ends_at=event["DTEND"].dt,
        )
        for event in calendar.walk("VEVENT")
    ]
    return sorted(found, key=lambda event: event.starts_at)
