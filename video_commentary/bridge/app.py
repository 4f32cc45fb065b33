"""The web application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from starlette.routing import Route

from ..config.paths import model_file
from .clip_routes import clip_routes
from .context import Context
from .control import control_routes, login_routes
from .events import event_routes
from .live import live_routes
from .mcp_server import mcp_sessions
from .media import media_routes
from .memory_routes import history_routes, recall_routes
from .metrics import metric_routes
from .middleware import AccessMiddleware
from .request_bodies import explain
from .watch_routes import watch_routes

STATIC = Path(__file__).parent / "static"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; media-src 'self' "
    "blob: mediastream:; connect-src 'self' ws: wss: http: https:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def create_app(context: Context) -> FastAPI:
    """Return the web application; it joins and leaves the LiveKit room as it starts and stops."""
    mcp = mcp_sessions(context.gateway)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await context.livekit.start()
        phone_watch = asyncio.create_task(context.phone_watch.run())
        async with mcp.run():
            yield
        phone_watch.cancel()
        await asyncio.gather(phone_watch, return_exceptions=True)
        await context.livekit.stop()

    app: FastAPI = FastAPIOffline(
        title="video_commentary",
        description="Live commentary on a robot's camera: see docs/bridge.md.",
        lifespan=lifespan,
        redoc_url=None,
    )
    for routes in (
        clip_routes,
        control_routes,
        login_routes,
        media_routes,
        event_routes,
        live_routes,
        history_routes,
        recall_routes,
        metric_routes,
        watch_routes,
    ):
        app.include_router(routes(context))
    app.routes.append(Route("/mcp", StreamableHTTPASGIApp(mcp), methods=["POST"]))
    _serve_page(app)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(Exception, _internal_error)
    app.add_middleware(AccessMiddleware, policy=context.access)
    return app


def _serve_page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return FileResponse(STATIC / "index.html", headers=_HEADERS)

    @app.get("/static/livekit-client.umd.js", include_in_schema=False)
    async def livekit_client() -> Response:
        script = model_file("livekit-client/livekit-client.umd.js")
        if not script.is_file():
            raise HTTPException(404, "not installed: run fetch_model livekit-client")
        return FileResponse(script, media_type="text/javascript")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")


async def _invalid_request(_: Request, error: Exception) -> JSONResponse:
    """Say in one sentence what is wrong with the request."""
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    status = 400 if errors[0]["type"] == "json_invalid" else 422
    return JSONResponse({"detail": explain(errors, "the body")}, status)


async def _internal_error(_: Request, error: Exception) -> JSONResponse:
    """Reveal nothing about the error to the client; the server logs it."""
    del error
    return JSONResponse({"detail": "something failed here: see the bridge's log"}, 500)
