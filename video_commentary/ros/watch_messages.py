"""Watches and alerts to messages and back."""

from __future__ import annotations

import array

from std_msgs.msg import Header

from video_commentary.msg import Alert as AlertMessage
from video_commentary.msg import Watch as WatchMessage

from ..core.watches import Alert, Watch, WatchReport
from .fact_messages import observation, observation_message
from .time import from_stamp, to_stamp


def alert_message(alert: Alert, thumbnail: bytes) -> AlertMessage:
    """Return an alert as a message; `thumbnail`: a JPEG of its frame."""
    pixels = array.array("B")
    pixels.frombytes(thumbnail)
    return AlertMessage(
        header=Header(stamp=from_stamp(alert.stamp), frame_id=alert.camera),
        watch=alert.watch.id,
        name=alert.watch.name,
        condition=alert.watch.condition,
        text=alert.text,
        confidence=-1.0 if alert.confidence is None else alert.confidence,
        evidence=[observation_message(seen) for seen in alert.evidence],
        thumbnail=pixels,
    )


def alert(message: AlertMessage) -> Alert:
    """Return a message as an alert; of its watch only id, name and condition are known."""
    return Alert(
        watch=Watch(id=message.watch, condition=message.condition, name=message.name),
        camera=message.header.frame_id,
        stamp=to_stamp(message.header.stamp),
        text=message.text,
        confidence=message.confidence if message.confidence >= 0 else None,
        evidence=tuple(observation(seen) for seen in message.evidence),
    )


def watch_message(report: WatchReport) -> WatchMessage:
    """Return a watch as a message."""
    watch = report.watch
    return WatchMessage(
        id=watch.id,
        name=watch.name,
        condition=watch.condition,
        meaning=report.meaning,
        camera=watch.camera,
        cooldown=float(watch.cooldown),
        speak=watch.speak,
        alerts=report.alerts,
        last_alert=from_stamp(report.last_alert),
    )


def watch_report(message: WatchMessage) -> WatchReport:
    """Return a message as a watch."""
    watch = Watch(
        id=message.id,
        condition=message.condition,
        name=message.name,
        camera=message.camera,
        cooldown=message.cooldown,
        speak=message.speak,
    )
    return WatchReport(
        watch=watch,
        meaning=message.meaning,
        alerts=message.alerts,
        last_alert=to_stamp(message.last_alert),
    )
