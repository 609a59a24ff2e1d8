import os

import structlog
import uvicorn
from fastapi import FastAPI
from shared_models import Message, Reply

from history import History, open_history
from tools import choose_tool

log = structlog.get_logger()
app = FastAPI(title="assistant_service")
history: History = open_history(os.getenv("REDIS_URL"))


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/messages")
def answer(message: Message) -> Reply:
    tool = choose_tool(message.text)
    history.add(message)
    log.info("message", user_id=message.user_id, tool=tool)
    said = history.count(message.user_id)
    text = f"asking {tool}" if tool else f"message {said} noted"
    return Reply(text=text, tool=tool)


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=8000)
