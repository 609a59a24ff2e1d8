from typing import Any

import httpx
from shared_models import Message, Reply
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

persistent = retry(
    retry=retry_if_exception_type(httpx.TransportError),
    stop=stop_after_attempt(5),
    wait=wait_exponential(max=30),
    reraise=True,
)


def to_message(update: dict[str, Any]) -> Message | None:
    message = update.get("message") or {}
    if not message.get("text"):
        return None
    return Message(user_id=message["from"]["id"], text=message["text"])


class Bot:
    def __init__(self, client: httpx.AsyncClient, token: str, assistant: str) -> None:
        self._client = client
        self._api = f"https://api.telegram.org/bot{token}"
        self._assistant = assistant

    @persistent
    async def updates(self, offset: int) -> list[dict[str, Any]]:
        answer = await self._client.get(
            f"{self._api}/getUpdates", params={"offset": offset, "timeout": 50}
        )
        answer.raise_for_status()
        return answer.json()["result"]

    async def handle(self, update: dict[str, Any]) -> None:
        message = to_message(update)
        if message is None:
            return
        answer = await self._client.post(
            f"{self._assistant}/messages", json=message.model_dump(mode="json")
        )
        reply = Reply.model_validate(answer.json())
        await self._client.post(
            f"{self._api}/sendMessage",
            json={"chat_id": message.user_id, "text": reply.text},
        )
