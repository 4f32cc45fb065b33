"""The commentator's watches: services, ~/alerts, spoken alerts and the webhook."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from rclpy.lifecycle import LifecycleNode

from video_commentary.msg import Alert as AlertMessage
from video_commentary.srv import AddWatch, ListWatches, RemoveWatch

from ...config.paths import state_dir
from ...config.settings import CommentatorSettings
from ...core.control import Control
from ...core.facts import FrameFacts
from ...core.frames import Frame
from ...core.watch_language import WatchRefusedError
from ...core.watch_store import WatchStore
from ...core.watches import DEFAULT_COOLDOWN, Alert, WatchList, WatchReport, alert_json
from ...ros.images import shrink
from ...ros.images_out import encode_jpeg
from ...ros.qos import EVENTS
from ...ros.watch_messages import alert_message, watch_message
from ...wiring import BUILTIN, engine_judges, watch_compiler
from .webhook import KEY_VARIABLE, Webhook

_THUMBNAIL_SIDE = 160
_THUMBNAIL_QUALITY = 80


class WatchServices:
    """Keeps the watches and publishes what they find.

    `observe` runs on the thread that looked at a frame, `publish_alert` also on that on which the
    engine judges, the services on the executor's.
    """

    def __init__(
        self,
        node: LifecycleNode,
        settings: CommentatorSettings,
        control: Control,
        no_voice: Callable[[], str],
    ) -> None:
        """Go on with the watches of the file; `no_voice` says why alerts can't be spoken now."""
        self._settings = settings
        self._control = control
        self._no_voice = no_voice
        self._logger = node.get_logger()
        self._store = WatchStore(_path(settings, node.get_fully_qualified_name()))
        stored = self._store.load()
        if stored.trouble:
            self._logger.error(stored.trouble)
        self._webhook = self._open_webhook()
        self._judges = engine_judges(settings)
        self.watches = WatchList(
            watch_compiler(),
            stored.watches,
            stored.next_id,
            has_facts=settings.engine == BUILTIN or settings.facts,
            engine_judges=self._judges,
        )
        self._cameras: set[str] = set()
        if stored.watches and (reason := self._unwatchable()):
            self._logger.warning(f"{len(stored.watches)} watches find nothing: {reason}")
        self._alerts = node.create_lifecycle_publisher(AlertMessage, "~/alerts", EVENTS)
        node.create_service(AddWatch, "~/add_watch", self._add)
        node.create_service(RemoveWatch, "~/remove_watch", self._remove)
        node.create_service(ListWatches, "~/list_watches", self._list)

    def _open_webhook(self) -> Webhook | None:
        url, secret = self._settings.alert_webhook, os.environ.get(KEY_VARIABLE, "")
        if not url:
            return None
        if not secret:
            self._logger.warning(f"alert_webhook: what is posted is not signed: set {KEY_VARIABLE}")
        return Webhook(url, secret, self._logger.warning)

    def observe(self, frame: Frame, facts: FrameFacts) -> None:
        """Publish the alerts that the facts of a frame give rise to."""
        self.watches.has_facts = True
        self._cameras.add(facts.camera)
        for alert in self.watches.observe(facts):
            self.publish_alert(alert, frame)

    def publish_alert(self, alert: Alert, frame: Frame) -> None:
        """Publish an alert, have it spoken if it is to be, and post it to the webhook."""
        thumbnail = encode_jpeg(shrink(frame.image, _THUMBNAIL_SIDE), _THUMBNAIL_QUALITY)
        self._alerts.publish(alert_message(alert, thumbnail))
        if alert.watch.speak:
            self._control.announce(alert.text)
        if self._webhook:
            self._webhook.send(alert_json(alert, thumbnail))

    def close(self) -> None:
        """Stop the webhook."""
        if self._webhook:
            self._webhook.close()

    def _unwatchable(self) -> str:
        """Return why nothing can be watched for and what to set; empty if something can."""
        if self._judges or self.watches.has_facts:
            return ""
        return (
            f"the engine {self._settings.engine} only writes, and watches need facts: "
            "start the commentator with facts:=true"
        )

    def _add(self, request: AddWatch.Request, response: AddWatch.Response) -> AddWatch.Response:
        if reason := self._unwatchable():
            response.message = reason
            return response
        try:
            report = self.watches.add(
                request.condition,
                name=request.name,
                camera=request.camera,
                cooldown=request.cooldown or DEFAULT_COOLDOWN,
                speak=request.speak,
            )
        except WatchRefusedError as error:
            response.message = str(error)
            return response
        response.success, response.id = True, report.watch.id
        response.message = "; ".join([f"watching for: {report.meaning}", *self._hints(report)])
        return response

    def _hints(self, report: WatchReport) -> list[str]:
        """Save the watches; return what may keep this one from being of use."""
        hints = [self._save()]
        camera = report.watch.camera
        if camera and self._cameras and camera not in self._cameras:
            hints.append(f"no camera is called {camera}: {', '.join(sorted(self._cameras))}")
        if report.watch.speak:
            hints.append(self._no_voice())
        return [hint for hint in hints if hint]

    def _remove(
        self, request: RemoveWatch.Request, response: RemoveWatch.Response
    ) -> RemoveWatch.Response:
        watch = self.watches.remove(request.id)
        response.success = watch is not None
        if watch:
            response.message = "; ".join(filter(None, [f"removed: {watch.name}", self._save()]))
        else:
            ids = [str(report.watch.id) for report in self.watches.reports()]
            response.message = f"there is no watch {request.id}: " + (
                f"there are {', '.join(ids)}" if ids else "there are none"
            )
        return response

    def _list(
        self, request: ListWatches.Request, response: ListWatches.Response
    ) -> ListWatches.Response:
        del request
        response.watches = [watch_message(report) for report in self.watches.reports()]
        return response

    def _save(self) -> str:
        """Write the file; return why that failed, empty if it did not."""
        watches = [report.watch for report in self.watches.reports()]
        try:
            self._store.save(watches, self.watches.next_id)
        except OSError as error:
            reason = f"this is lost when the node ends: can't write {self._store.path}: {error}"
            self._logger.error(reason)
            return reason
        return ""


def _path(settings: CommentatorSettings, node: str) -> Path:
    if settings.watches_file:
        return Path(settings.watches_file).expanduser().absolute()
    return state_dir() / f"{node.strip('/').replace('/', '.')}.watches.json"
