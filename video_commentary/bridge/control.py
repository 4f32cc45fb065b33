"""Routes that steer the commentator and tell how it is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, Field

from ..core.prompting import MAX_INSTRUCTION
from .access import COOKIE
from .context import NO_LIVEKIT, Context
from .items import Reply

Words = Annotated[str, Field(min_length=1, max_length=MAX_INSTRUCTION, pattern=r"\S")]


class Instruction(BaseModel):
    """What to talk about from now on."""

    instruction: Words


class Question(BaseModel):
    """About what the camera sees now; `quiet`: answered in text only."""

    question: Words
    quiet: bool = False


class Enabled(BaseModel):
    """Comment, or pause."""

    enabled: bool


class ProfileChoice(BaseModel):
    """A name out of GET /api/profiles."""

    profile: Annotated[str, Field(min_length=1, max_length=100)]


class Source(BaseModel):
    """Whose camera is watched: the robot's, or a phone's or browser's in the LiveKit room."""

    source: Annotated[str, Field(pattern="^(robot|phone)$")]


class Identity(BaseModel):
    """Who joins the LiveKit room."""

    identity: Annotated[str, Field(min_length=1, max_length=100)]


class Login(BaseModel):
    """The token, to be kept in a cookie."""

    token: Annotated[str, Field(max_length=1000)]


def control_routes(context: Context) -> APIRouter:
    """Return what steers."""
    routes = APIRouter(prefix="/api", tags=["control"])
    gateway = context.gateway

    @routes.get("/status")
    async def status() -> dict[str, Any]:
        """How everything is: lights with their reasons, figures, what is in force."""
        return context.status()

    @routes.post("/instruction")
    async def instruct(body: Instruction) -> dict[str, Any]:
        """Say what to talk about from now on; takes effect at once, in mid-sentence too."""
        return _said(await gateway.steer(body.instruction))

    @routes.delete("/instruction")
    async def free() -> dict[str, Any]:
        """Talk about everything again."""
        return _said(await gateway.steer(""))

    @routes.post("/ask")
    async def ask(body: Question) -> dict[str, Any]:
        """Ask about what the camera sees; the answer comes back here, and as a comment."""
        reply = await gateway.ask(body.question, body.quiet)
        return {"answer": _said(reply)["message"], "stamp": reply.stamp}

    @routes.post("/enabled")
    async def enable(body: Enabled) -> dict[str, Any]:
        """Pause (false) or go on (true)."""
        return _said(await gateway.enable(body.enabled))

    @routes.get("/profiles")
    async def profiles() -> dict[str, Any]:
        """Name the manners of commenting there are, and the one in force."""
        return {"profiles": await gateway.profiles(), "profile": gateway.situation.report.profile}

    @routes.post("/profile")
    async def choose(body: ProfileChoice) -> dict[str, Any]:
        """Comment in another manner."""
        return _said(await gateway.choose_profile(body.profile))

    @routes.post("/source")
    async def watch(body: Source) -> dict[str, Any]:
        """Watch the robot's camera, or one in the LiveKit room."""
        return _said(await gateway.watch(body.source == "phone"))

    return routes


def entry_routes(context: Context) -> APIRouter:
    """Return what lets people in: here, and into the LiveKit room."""
    routes = APIRouter(prefix="/api", tags=["entry"])

    @routes.post("/login", status_code=204)
    async def login(body: Login, request: Request, response: Response) -> None:
        """Keep the token in a cookie, which images and WebSockets need."""
        token = context.access.token
        if token is None:
            return
        if not context.access.fits(body.token):
            raise HTTPException(401, "that is not the token: see the bridge's log")
        # Only the page knows whether a proxy before us speaks TLS.
        secure = request.headers.get("origin", "").startswith("https:")
        response.set_cookie(
            COOKIE, token, secure=secure, httponly=True, samesite="strict", path="/"
        )

    @routes.post("/livekit/token")
    async def livekit_token(body: Identity) -> dict[str, str | int]:
        """Make a short-lived pass into the room, with the least rights."""
        if context.livekit is None:
            raise HTTPException(503, NO_LIVEKIT)
        try:
            made = context.livekit.token(body.identity)
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        except RuntimeError as error:
            raise HTTPException(503, str(error)) from None
        return {
            "token": made.token,
            "url": made.url,
            "room": made.room,
            "robot": made.robot,
            "identity": made.identity,
            "expires": made.expires,
        }

    return routes


def _said(reply: Reply) -> dict[str, Any]:
    """Return the reply; raise HTTPException where it is a refusal."""
    if reply.success:
        return {"message": reply.text}
    raise HTTPException(503 if reply.away else 409, reply.text)
