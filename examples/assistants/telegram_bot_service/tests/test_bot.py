import json

import httpx
import pytest

from bot import Bot, to_message

UPDATE = {"update_id": 1, "message": {"from": {"id": 7}, "text": "hello"}}


def test_a_sticker_is_no_message():
    assert to_message({"update_id": 1, "message": {"from": {"id": 7}}}) is None


@pytest.mark.asyncio
async def test_the_reply_goes_back_to_the_sender():
    sent = []

    def network(request: httpx.Request) -> httpx.Response:
        sent.append((request.url.path, json.loads(request.content)))
        return httpx.Response(200, json={"text": "hi"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(network)) as client:
        await Bot(client, "0:test", "http://assistant").handle(UPDATE)

    assert [path for path, _ in sent] == ["/messages", "/bot0:test/sendMessage"]
    assert sent[1][1] == {"chat_id": 7, "text": "hi"}
