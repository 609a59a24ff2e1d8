import asyncio
import os

import httpx
from dotenv import load_dotenv

from bot import Bot


async def poll(bot: Bot) -> None:
    offset = 0
    while True:
        for update in await bot.updates(offset):
            offset = update["update_id"] + 1
            await bot.handle(update)


async def main() -> None:
    load_dotenv()
    token = os.getenv("TELEGRAM_TOKEN")
    if not token:
        print("TELEGRAM_TOKEN is not set: nothing to poll")
        return
    assistant = os.getenv("ASSISTANT_URL", "http://assistant_service:8000")
    async with httpx.AsyncClient(timeout=60) as client:
        await poll(Bot(client, token, assistant))


if __name__ == "__main__":
    asyncio.run(main())
