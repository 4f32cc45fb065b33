"""Clips over HTTP: the list, their files, and a request to keep what is seen."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, HTTPException, Path, Query, Response
from pydantic import BaseModel, Field

from ..core.clip import MAX_CHUNK, RecordedClip
from ..core.stamp import to_seconds
from .byte_range import byte_range
from .clip_gateway import ClipGateway, ClipRequestError
from .context import Context
from .error_docs import error_docs
from .streaming import Chunks, StreamResponse

_LATEST = 2_000_000_000.0
"""Seconds since 1970; the seconds of a ROS message end in 2038."""
_MOST = 4 * MAX_CHUNK
"""Bytes in the response to a Range: browsers ask for more when they need it."""
_MEDIA_TYPES = {
    "mp4": "video/mp4",
    "mcap": "application/octet-stream",
    "vtt": "text/vtt; charset=utf-8",
    "jpeg": "image/jpeg",
}
_DOCS: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in _MEDIA_TYPES.values()}},
    206: {"description": "The part that Range asks for, or the beginning of it."},
    **error_docs(404, 416, 422, 503),
}
Format = Literal["mp4", "mcap", "vtt", "jpeg"]


class KeepBody(BaseModel):
    """What to keep: seconds before now, 0 for all that are held, and after it.

    `after`: 0 for the memory's own setting, negative for none.
    """

    name: Annotated[str, Field(max_length=100)] = ""
    before: Annotated[float, Field(ge=0.0, le=3600.0)] = 0.0
    after: Annotated[float, Field(ge=-1.0, le=60.0)] = 0.0


def clip_routes(context: Context) -> APIRouter:
    """Return the routes of clips."""
    routes = APIRouter(prefix="/api", tags=["clips"])
    clips = context.gateway.robot.clips

    @routes.get("/clips", responses=error_docs(409, 422, 503))
    async def list_clips(
        before: Annotated[
            float, Query(ge=0.0, le=_LATEST, description="only clips that begin before: seconds")
        ] = 0.0,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> dict[str, Any]:
        """Return the clips, the newest first, how many there are, and the bytes they take."""
        try:
            page = await clips.list(before, limit)
        except ClipRequestError as error:
            raise _refusal(error, 409) from None
        listed = [clip_json(clip) for clip in page.clips]
        return {"clips": listed, "total": page.total, "bytes": page.size}

    @routes.get("/clips/{id}", response_class=Response, responses=_DOCS)
    async def clip(
        id: Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")],
        format: Annotated[Format, Query(description="vtt: subtitles; jpeg: one picture")] = "mp4",
        range: Annotated[str | None, Header(description="bytes=first-last")] = None,
    ) -> Response:
        """Return a clip's file, or a part of it; an mp4 may have to be made first."""
        try:
            if byte_range(range) is not None:
                return await _part(clips, id, format, range)
            return await _whole(context, clips, id, format)
        except ClipRequestError as error:
            raise _refusal(error, 404) from None

    @routes.post("/keep", responses=error_docs(400, 409, 422, 503))
    async def keep(body: KeepBody) -> dict[str, Any]:
        """Keep the last seconds of the camera, and the next ones, as a clip."""
        try:
            kept = await clips.keep(body.name, body.before, body.after)
        except ClipRequestError as error:
            raise _refusal(error, 409) from None
        return {"id": kept.id, "message": kept.message}

    return routes


def clip_json(clip: RecordedClip) -> dict[str, Any]:
    """Return a clip; times in seconds, `alert` null if it was asked for."""
    return {
        "id": clip.id,
        "name": clip.name,
        "begin": to_seconds(clip.begin),
        "end": to_seconds(clip.end),
        "moment": to_seconds(clip.moment),
        "alert": clip.alert or None,
        "camera": clip.camera,
        "format": clip.format,
        "bytes": clip.size,
        "pictures": clip.pictures,
    }


async def _part(clips: ClipGateway, id: str, format: str, header: str | None) -> Response:
    wanted = byte_range(header)
    assert wanted is not None
    # A suffix needs the size before anything can be read.
    start = wanted.first if wanted.suffix is None else 0
    part = await clips.read(id, format, start, 1 if wanted.suffix is not None else MAX_CHUNK)
    found = wanted.within(part.total, _MOST)
    headers = _headers(id, format)
    if found is None:
        headers["Content-Range"] = f"bytes */{part.total}"
        raise HTTPException(416, f"the file has {part.total} bytes", headers=headers)
    first, end = found
    data = bytearray(part.data[: end - first] if wanted.suffix is None else b"")
    while len(data) < end - first:
        at = first + len(data)
        part = await clips.read(id, format, at, min(MAX_CHUNK, end - at))
        if not part.data:
            raise ClipRequestError("the clip is gone")
        data += part.data
    headers["Content-Range"] = f"bytes {first}-{end - 1}/{part.total}"
    return Response(bytes(data), 206, headers, _MEDIA_TYPES[format])


async def _whole(context: Context, clips: ClipGateway, id: str, format: str) -> Response:
    begin = await clips.read(id, format, 0, MAX_CHUNK)

    async def chunks() -> Chunks:
        data, at = begin.data, len(begin.data)
        yield data
        while at < begin.total and data:
            data = (await clips.read(id, format, at, MAX_CHUNK)).data
            at += len(data)
            yield data

    headers = _headers(id, format) | {"Content-Length": str(begin.total)}
    return StreamResponse(context, "clip", chunks(), _MEDIA_TYPES[format], headers)


def _headers(id: str, format: str) -> dict[str, str]:
    shown = "attachment" if format == "mcap" else "inline"
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=3600",
        "Content-Disposition": f'{shown}; filename="{id}.{format}"',
    }


def _refusal(error: ClipRequestError, status: int) -> HTTPException:
    return HTTPException(503 if error.away else status, str(error))
