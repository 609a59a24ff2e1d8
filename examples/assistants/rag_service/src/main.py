import structlog
import uvicorn
from fastapi import FastAPI
from shared_models import Document, SearchHit, SearchQuery

from index import Index

log = structlog.get_logger()
app = FastAPI(title="rag_service")
index = Index()


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.put("/documents")
async def add(document: Document) -> dict[str, int]:
    index.add(document)
    return {"documents": len(index)}


@app.post("/search")
async def search(query: SearchQuery) -> list[SearchHit]:
    hits = index.search(query)
    log.info("search", text=query.text, hits=len(hits))
    return hits


@app.post("/reindex")
async def reindex() -> dict[str, int]:
    index.rebuild()
    return {"documents": len(index)}


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=8002)
