from fastapi.testclient import TestClient

from main import app
from tools import choose_tool

client = TestClient(app)


def test_a_meeting_goes_to_the_calendar():
    assert choose_tool("Put the meeting at noon") == "google_calendar_service"


def test_small_talk_is_noted():
    answer = client.post("/messages", json={"user_id": 7, "text": "hello"})
    assert answer.status_code == 200
    assert answer.json() == {"text": "message 1 noted", "tool": None}


def test_an_empty_message_is_refused():
    assert client.post("/messages", json={"user_id": 7, "text": ""}).status_code == 422
