from starlette.testclient import TestClient

from admin_service import __version__, app as module

client = TestClient(module.app)


def test_health_tells_the_versions():
    assert client.get("/health").json() == {"status": "ok", "version": __version__, "models": "0.4.0"}


def test_a_service_that_is_away_is_shown_so(monkeypatch):
    monkeypatch.setattr(module, "SERVICES", ["http://127.0.0.1:9"])
    assert "<li>http://127.0.0.1:9: unreachable</li>" in client.get("/").text
