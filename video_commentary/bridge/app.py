"""The web application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from ..config.paths import model_file
from ..config.settings import BridgeSettings
from .access import Access
from .context import Context, LiveKit
from .control import control_routes, entry_routes
from .events import event_routes
from .guard import Guard
from .limits import Clients
from .live import live_routes
from .media import media_routes
from .metrics import metric_routes
from .robot_gateway import RobotGateway

STATIC = Path(__file__).parent / "static"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; media-src 'self' "
    "blob: mediastream:; connect-src 'self' ws: wss: http: https:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def create_context(
    gateway: RobotGateway, settings: BridgeSettings, access: Access, livekit: LiveKit | None = None
) -> Context:
    """Return what an app is made from."""
    return Context(gateway, settings, access, livekit, Clients(settings.max_clients))


def create_app(context: Context) -> FastAPI:
    """Return the app."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if context.livekit:
            await context.livekit.start()
        yield
        if context.livekit:
            await context.livekit.stop()

    app: FastAPI = FastAPIOffline(
        title="video_commentary",
        description="Live commentary on a robot's camera: see docs/bridge.md.",
        lifespan=lifespan,
        redoc_url=None,
    )
    for routes in (
        control_routes,
        entry_routes,
        media_routes,
        event_routes,
        live_routes,
        metric_routes,
    ):
        app.include_router(routes(context))
    _serve_page(app)
    app.add_exception_handler(RequestValidationError, _explain)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Guard, access=context.access)
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


async def _explain(_: Request, error: Exception) -> JSONResponse:
    """Say in one sentence what is wrong with a request."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return JSONResponse({"detail": "the body is not valid JSON"}, 400)
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    return JSONResponse({"detail": f"{where or 'the body'}: {first['msg']}"}, 422)


async def _failed(_: Request, error: Exception) -> JSONResponse:
    """Tell the client nothing of the inside; the server logs the error itself."""
    del error
    return JSONResponse({"detail": "something failed here: see the bridge's log"}, 500)
