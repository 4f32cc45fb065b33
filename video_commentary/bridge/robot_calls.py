"""What clients can ask of the robot by name: the table of LiveKit's RPC methods and MCP's tools."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from .items import Reply
from .look import NoPictureError, look
from .memory_gateway import HistoryQuery, MemoryRequestError
from .request_bodies import (
    AlertsRequest,
    AskRequest,
    HistoryBody,
    NothingRequest,
    OptionalInstructionRequest,
    RecallBody,
    RecapBody,
    SayRequest,
    UnwatchRequest,
    WatchRequest,
)
from .watch_gateway import PublishedAlert, WatchRequestError
from .wire import entry_json, published_alert_json, recap_json, watch_json

if TYPE_CHECKING:
    from .robot_gateway import RobotGateway

Result = dict[str, Any]
_JPEG_URL = "data:image/jpeg;base64,"


class RobotCallError(Exception):
    """The robot does not do what was asked; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class RobotCall:
    """One thing to ask of the robot; awaiting `run` returns a JSON object.

    `method`: the RPC method's name, `tool`: the tool's, both empty where it is not offered.
    `words`: the field of the result that is in words. `reads`: it neither changes nor says
    anything.
    """

    method: str = ""
    tool: str = ""
    description: str
    request: type[BaseModel]
    run: Callable[[RobotGateway, Any], Awaitable[Result]]
    words: str = "message"
    reads: bool = False

    async def __call__(self, gateway: RobotGateway, request: BaseModel) -> Result:
        """Ask it; pictures in the result are data: URLs. Raise RobotCallError."""
        try:
            return await self.run(gateway, request)
        except (MemoryRequestError, WatchRequestError, NoPictureError) as error:
            raise RobotCallError(str(error)) from None


def split_pictures(value: Any, limit: int = 0) -> tuple[Any, list[str]]:
    """Return a result without its pictures, and the first `limit` of them, JPEGs in base64.

    Each of these is replaced by its number, from 1 on, the others by null.
    """
    pictures: list[str] = []

    def split(part: Any) -> Any:
        if isinstance(part, Mapping):
            return {key: split(item) for key, item in part.items()}
        if isinstance(part, list):
            return [split(item) for item in part]
        if not (isinstance(part, str) and part.startswith(_JPEG_URL)):
            return part
        if len(pictures) == limit:
            return None
        pictures.append(part.removeprefix(_JPEG_URL))
        return len(pictures)

    return split(value), pictures


def _said(reply: Reply) -> str:
    if not reply.success:
        raise RobotCallError(reply.text)
    return reply.text


async def _look(gateway: RobotGateway, _: NothingRequest) -> Result:
    return await look(gateway)


async def _instruct(gateway: RobotGateway, request: OptionalInstructionRequest) -> Result:
    return {"message": _said(await gateway.robot.set_instruction(request.instruction))}


async def _ask(gateway: RobotGateway, request: AskRequest) -> Result:
    reply = await gateway.robot.ask(request.question, request.quiet)
    return {"answer": _said(reply), "stamp": reply.stamp}


async def _say(gateway: RobotGateway, request: SayRequest) -> Result:
    reply = await gateway.robot.say(request.text, request.priority, request.interrupt)
    return {"message": _said(reply)}


async def _history(gateway: RobotGateway, request: HistoryBody) -> Result:
    query = HistoryQuery(
        start=request.start,
        end=request.end,
        kinds=tuple(request.kind),
        words=request.q,
        cursor=request.cursor,
        after=request.after,
        limit=request.limit,
    )
    page = await gateway.robot.memory.history(query)
    return {"entries": [entry_json(entry) for entry in page.entries], "cursor": page.cursor}


async def _recall(gateway: RobotGateway, request: RecallBody) -> Result:
    memory = gateway.robot.memory
    answer = await memory.recall(request.question, request.start, request.end, request.limit)
    return {"answer": answer.text, "entries": [entry_json(entry) for entry in answer.entries]}


async def _recap(gateway: RobotGateway, request: RecapBody) -> Result:
    memory = gateway.robot.memory
    return recap_json(await memory.recap(request.period, request.start, request.end))


async def _watch(gateway: RobotGateway, request: WatchRequest) -> Result:
    number, message = await gateway.robot.watches.add(**request.model_dump())
    return {"id": number, "message": message}


async def _unwatch(gateway: RobotGateway, request: UnwatchRequest) -> Result:
    return {"message": await gateway.robot.watches.remove(request.id)}


async def _watches(gateway: RobotGateway, _: NothingRequest) -> Result:
    return {"watches": [watch_json(report) for report in await gateway.robot.watches.list()]}


async def _alerts(gateway: RobotGateway, request: AlertsRequest) -> Result:
    if request.wait and not gateway.alerts.since(request.after):
        await _next_alert(gateway, request)
    kept = gateway.alerts.since(request.after)
    chosen = kept[: request.limit] if request.after else kept[-request.limit :]
    return {"alerts": [published_alert_json(*alert) for alert in chosen]}


async def _next_alert(gateway: RobotGateway, request: AlertsRequest) -> None:
    """Return when there is an alert, or after the time that the request gives it."""
    subscriber = gateway.broadcast.subscribe(PublishedAlert)
    try:
        # One may have come before the subscription.
        if not gateway.alerts.since(request.after):
            await asyncio.wait_for(subscriber.next(), request.wait)
    except asyncio.TimeoutError:
        pass
    finally:
        subscriber.close()


ROBOT_CALLS = (
    RobotCall(
        tool="look",
        description="See what the robot's camera shows now: the picture, what is in view with "
        "boxes in pixels of that picture, the state of camera and commentator, and the "
        "last comments.",
        request=NothingRequest,
        run=_look,
        reads=True,
    ),
    RobotCall(
        method="ask",
        tool="ask",
        description="Ask the robot a question about what its camera shows now. The answer may "
        "take up to a minute and a half.",
        request=AskRequest,
        run=_ask,
        words="answer",
    ),
    RobotCall(
        method="history",
        description="A page of what was said and seen, the newest first.",
        request=HistoryBody,
        run=_history,
        reads=True,
    ),
    RobotCall(
        method="recall",
        tool="recall",
        description="Ask the robot's memory about the past. The answer comes with the entries "
        "that it rests on. Needs the memory node.",
        request=RecallBody,
        run=_recall,
        words="answer",
        reads=True,
    ),
    RobotCall(
        method="recap",
        tool="recap",
        description="Get a summary of what happened in a period: a paragraph, counts of events, "
        "and the newest entries. Needs the memory node.",
        request=RecapBody,
        run=_recap,
        words="text",
        reads=True,
    ),
    RobotCall(
        method="set_instruction",
        tool="instruct",
        description="Set what the commentator talks about from now on; it takes effect in "
        "mid-sentence and replaces the instruction before.",
        request=OptionalInstructionRequest,
        run=_instruct,
    ),
    RobotCall(
        method="add_watch",
        tool="watch",
        description="Have the robot watch for a condition and raise an alert each time it is "
        "seen. Returns the watch's id and how the condition was understood; a condition "
        "that can't be watched for is refused with what can be.",
        request=WatchRequest,
        run=_watch,
    ),
    RobotCall(
        method="remove_watch",
        tool="unwatch",
        description="Remove a watch by its id.",
        request=UnwatchRequest,
        run=_unwatch,
    ),
    RobotCall(
        method="list_watches",
        tool="watches",
        description="List what the robot watches for, with ids and how often each was seen.",
        request=NothingRequest,
        run=_watches,
        reads=True,
    ),
    RobotCall(
        method="alerts",
        tool="alerts",
        description="Get the newest alerts of the watches, or with `after` those since an alert; "
        "with `wait` it waits for the next one.",
        request=AlertsRequest,
        run=_alerts,
        reads=True,
    ),
    RobotCall(
        method="say",
        tool="say",
        description="Have the robot say a sentence aloud, word for word.",
        request=SayRequest,
        run=_say,
    ),
)
