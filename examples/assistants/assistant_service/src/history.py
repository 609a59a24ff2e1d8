from collections import defaultdict
from typing import Protocol

import redis
from shared_models import Message


class History(Protocol):
    def add(self, message: Message) -> None: ...

    def count(self, user_id: int) -> int: ...


class MemoryHistory:
    def __init__(self) -> None:
        self._messages: dict[int, list[Message]] = defaultdict(list)

    def add(self, message: Message) -> None:
        self._messages[message.user_id].append(message)

    def count(self, user_id: int) -> int:
        return len(self._messages[user_id])


class RedisHistory:
    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url)

    def add(self, message: Message) -> None:
        self._redis.rpush(f"history:{message.user_id}", message.model_dump_json())

    def count(self, user_id: int) -> int:
        return self._redis.llen(f"history:{user_id}")


def open_history(url: str | None) -> History:
    return RedisHistory(url) if url else MemoryHistory()
