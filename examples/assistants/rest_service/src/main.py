from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from shared_models import Message

import storage


@asynccontextmanager
async def lifespan(_: FastAPI):
    storage.create_tables_when_reachable()
    yield


app = FastAPI(title="rest_service", lifespan=lifespan)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/messages", status_code=201)
def add(message: Message) -> Message:
    storage.add_message(message)
    return message


@app.get("/messages/{user_id}")
def messages(user_id: int) -> list[Message]:
    return storage.messages_of(user_id)


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=8000)
