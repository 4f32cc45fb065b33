"""Figures for Prometheus, read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .context import Context

_PREFIX = "video_commentary_"


def metric_routes(context: Context) -> APIRouter:
    """Return the route for them."""
    registry = CollectorRegistry()
    registry.register(Figures(context))
    routes = APIRouter(tags=["figures"])

    @routes.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Return delays, cycles, drops and clients in Prometheus' text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return routes


class Figures(Collector):
    """Makes metrics of what the bridge knows."""

    def __init__(self, context: Context) -> None:
        """Read from `context`."""
        self._context = context

    def collect(self) -> Iterator[Metric]:
        """Return all metrics."""
        for name, (text, gauge) in self._gauges().items():
            yield GaugeMetricFamily(_PREFIX + name, text, gauge)
        for name, (text, count) in self._counts().items():
            yield CounterMetricFamily(_PREFIX + name, text, count)
        clients = GaugeMetricFamily(_PREFIX + "clients", "Streams served", labels=["kind"])
        for kind in ("live", "mjpeg", "events", "audio"):
            clients.add_metric([kind], self._context.clients.now[kind])
        yield clients

    def _gauges(self) -> dict[str, tuple[str, float]]:
        gateway = self._context.gateway
        situation, buffer = gateway.situation, gateway.display.buffer
        report, display = situation.report, gateway.display
        return {
            "display_delay_seconds": ("Delay of the picture", display.current_delay),
            "measured_delay_seconds": (
                "Newest frame to first words or sound",
                display.delay.target,
            ),
            "words_delay_seconds": ("The commentator's own average", report.words_delay),
            "sound_delay_seconds": ("The same to the first sound", report.sound_delay),
            "cycle_seconds": ("Request to last word, last comment", report.cycle_time),
            "camera_fps": ("Images a second", situation.camera_fps),
            "camera_up": ("Whether images come", not situation.camera_trouble),
            "commentator_up": ("Whether it is heard", not situation.commentator_trouble),
            "ring_frames": ("Pictures kept", len(buffer)),
            "ring_bytes": ("Memory of these", buffer.bytes),
        }

    def _counts(self) -> dict[str, tuple[str, int]]:
        gateway, clients = self._context.gateway, self._context.clients
        report, display = gateway.situation.report, gateway.display
        return {
            "comments": ("Comments made", report.comments),
            "silent_cycles": ("Cycles with nothing to say", report.silent),
            "cancelled_comments": ("Comments stopped in mid-sentence", report.cancelled),
            "engine_errors": ("Failures of the engine", report.engine_errors),
            "commentator_frames_dropped": ("Frames it had no time for", report.frames_dropped),
            "pictures_sent": ("Pictures sent to viewers", display.shown),
            "pictures_skipped": ("Pictures that viewers were too slow for", display.skipped),
            "items_dropped": (
                "Sound and events that listeners were too slow for",
                gateway.broadcast.dropped,
            ),
            "clients_refused": ("Streams refused as too many", clients.refused),
            "clients_stalled": ("Streams ended as their client took nothing", clients.stalled),
        }
