import httpx
import pytest
from shared_models import Document, SearchQuery

from index import Index
from main import app


def test_the_nearest_document_comes_first():
    index = Index()
    index.add(Document(id="a", text="the cat sat on the mat"))
    index.add(Document(id="b", text="the dog chased the cat"))
    hits = index.search(SearchQuery(text="dog"))
    assert [hit.document.id for hit in hits] == ["b"]


@pytest.mark.asyncio
async def test_what_was_added_is_found():
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.put("/documents", json={"id": "c", "text": "invoices are due in May"})
        answer = await client.post("/search", json={"text": "when are invoices due"})
    assert [hit["document"]["id"] for hit in answer.json()] == ["c"]
