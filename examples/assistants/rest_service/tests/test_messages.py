from fastapi.testclient import TestClient

from main import app


def test_a_message_is_kept():
    with TestClient(app) as client:
        assert client.post("/messages", json={"user_id": 7, "text": "hello"}).status_code == 201
        kept = client.get("/messages/7").json()
    assert [message["text"] for message in kept] == ["hello"]


def test_the_postgres_driver_is_there():
    import psycopg2

    assert psycopg2.paramstyle == "pyformat"
