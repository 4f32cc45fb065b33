"""Routes that steer the commentator and report its status."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, Field

from .access import COOKIE
from .context import Context
from .error_docs import error_docs
from .items import Reply, Source
from .livekit.participant import LiveKitOffError
from .request_bodies import AskRequest, InstructionRequest, SayRequest

_STEERING = error_docs(400, 409, 422, 503)


class EnabledRequest(BaseModel):
    """Whether to comment or to pause."""

    enabled: bool


class ProfileRequest(BaseModel):
    """A name from GET /api/profiles."""

    profile: Annotated[str, Field(min_length=1, max_length=100)]


class SourceRequest(BaseModel):
    """Whose camera to watch: the robot's, or a phone's or browser's in the LiveKit room."""

    source: Source


class RoomTokenRequest(BaseModel):
    """The guest who wants to join the LiveKit room."""

    identity: Annotated[str, Field(min_length=1, max_length=100)]


class LoginRequest(BaseModel):
    """The token to keep in a cookie."""

    token: Annotated[str, Field(max_length=1000)]


def control_routes(context: Context) -> APIRouter:
    """Return the routes for status and steering."""
    routes = APIRouter(prefix="/api", tags=["control"], responses=error_docs())
    gateway, robot = context.gateway, context.gateway.robot

    @routes.get("/status")
    async def status() -> dict[str, Any]:
        """Return the health of every part with its reason, figures, and what is in force."""
        return context.status()

    @routes.post("/instruction", responses=_STEERING)
    async def set_instruction(body: InstructionRequest) -> dict[str, Any]:
        """Set what to talk about; takes effect at once, even in mid-sentence."""
        return _message(await robot.set_instruction(body.instruction))

    @routes.delete("/instruction", responses=error_docs(409, 503))
    async def clear_instruction() -> dict[str, Any]:
        """Talk about everything again."""
        return _message(await robot.set_instruction(""))

    @routes.post("/ask", responses=_STEERING)
    async def ask(body: AskRequest) -> dict[str, Any]:
        """Ask about what the camera sees; the answer is returned, and published as a comment."""
        reply = await robot.ask(body.question, body.quiet)
        return {"answer": _message(reply)["message"], "stamp": reply.stamp}

    @routes.post("/say", responses=_STEERING)
    async def say(body: SayRequest) -> dict[str, Any]:
        """Have the commentator say a sentence, aloud and as a comment."""
        return _message(await robot.say(body.text, body.priority, body.interrupt))

    @routes.post("/enabled", responses=_STEERING)
    async def set_enabled(body: EnabledRequest) -> dict[str, Any]:
        """Pause (false) or resume (true) the commentary."""
        return _message(await robot.set_enabled(body.enabled))

    @routes.get("/profiles")
    async def profiles() -> dict[str, Any]:
        """Return the names of all commentary profiles, and the current one."""
        return {"profiles": await robot.profiles(), "profile": gateway.situation.report.profile}

    @routes.post("/profile", responses=_STEERING)
    async def set_profile(body: ProfileRequest) -> dict[str, Any]:
        """Choose a commentary profile."""
        return _message(await robot.set_profile(body.profile))

    @routes.post("/source", responses=_STEERING)
    async def set_source(body: SourceRequest) -> dict[str, Any]:
        """Watch the robot's camera, or one in the LiveKit room."""
        return _message(await robot.set_source(body.source))

    return routes


def login_routes(context: Context) -> APIRouter:
    """Return the routes that let a client in: here, and into the LiveKit room."""
    routes = APIRouter(prefix="/api", tags=["entry"], responses=error_docs())

    @routes.post("/login", status_code=204, responses=error_docs(400, 422))
    async def login(body: LoginRequest, request: Request, response: Response) -> None:
        """Keep the token in a cookie, which images and WebSockets need."""
        token = context.access.token
        if token is None:
            return
        if not context.access.is_token(body.token):
            raise HTTPException(401, "that is not the token: see the bridge's log")
        # Only the page's origin shows whether a proxy in front of us speaks TLS.
        secure = request.headers.get("origin", "").startswith("https:")
        response.set_cookie(
            COOKIE, token, secure=secure, httponly=True, samesite="strict", path="/"
        )

    @routes.post("/livekit/token", responses=error_docs(400, 422, 503))
    async def room_token(body: RoomTokenRequest) -> dict[str, str | int]:
        """Return a short-lived token for the LiveKit room, with the least rights."""
        try:
            return asdict(context.livekit.room_token(body.identity))
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        except LiveKitOffError as error:
            raise HTTPException(503, str(error)) from None

    return routes


def _message(reply: Reply) -> dict[str, Any]:
    """Return the reply as JSON; raise HTTPException if it is a refusal."""
    if reply.success:
        return {"message": reply.text}
    raise HTTPException(503 if reply.away else 409, reply.text)
