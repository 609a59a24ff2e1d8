import os

import httpx
import shared_models
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from admin_service import __version__

SERVICES = os.getenv(
    "SERVICES",
    "http://assistant_service:8000 http://rest_service:8000 "
    "http://rag_service:8002 http://google_calendar_service:8000",
).split()


async def health(_: Request) -> Response:
    return JSONResponse({"status": "ok", "version": __version__, "models": shared_models.__version__})


async def state(client: httpx.AsyncClient, service: str) -> str:
    try:
        return (await client.get(f"{service}/health")).json()["status"]
    except httpx.HTTPError:
        return "unreachable"


async def overview(_: Request) -> Response:
    async with httpx.AsyncClient(timeout=2) as client:
        rows = [f"<li>{service}: {await state(client, service)}</li>" for service in SERVICES]
    return HTMLResponse(f"<h1>Assistants {__version__}</h1><ul>{''.join(rows)}</ul>")


app = Starlette(routes=[Route("/", overview), Route("/health", health)])
