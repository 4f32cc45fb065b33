"""Metrics for Prometheus, collected when they are scraped."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ..core.status import CommentatorStatus, StatusKind, status_values
from .context import Context
from .error_docs import error_docs

_PREFIX = "video_commentary_"


def metric_routes(context: Context) -> APIRouter:
    """Return the route GET /metrics."""
    registry = CollectorRegistry()
    registry.register(BridgeCollector(context))
    routes = APIRouter(tags=["metrics"])

    docs = {200: {"content": {CONTENT_TYPE_LATEST: {}}}, **error_docs()}

    @routes.get("/metrics", response_class=Response, responses=docs)
    async def metrics() -> Response:
        """Return delays, cycles, drops and clients in Prometheus' text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return routes


class BridgeCollector(Collector):
    """Makes metrics of the commentator's status and of the bridge's own counts."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        yield from _status_metrics(self._context.gateway.situation.report)
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
        situation, display = gateway.situation, gateway.display
        return {
            "display_delay_seconds": ("Delay of the picture", display.current_delay),
            "measured_delay_seconds": (
                "Newest frame to first words or sound",
                display.delay.target,
            ),
            "camera_fps": ("Images per second", situation.camera_fps),
            "camera_up": ("1 while images arrive", not situation.camera_trouble),
            "commentator_up": ("1 while its status arrives", not situation.commentator_trouble),
            "ring_frames": ("Pictures kept", len(display.buffer)),
            "ring_bytes": ("Memory used by the pictures kept", display.buffer.bytes),
        }

    def _counts(self) -> dict[str, tuple[str, int]]:
        gateway, clients = self._context.gateway, self._context.clients
        return {
            "pictures_sent": ("Pictures sent to viewers", gateway.display.shown),
            "pictures_skipped": (
                "Pictures not sent because a viewer was too slow",
                gateway.display.skipped,
            ),
            "items_dropped": (
                "Sound and events dropped because a listener was too slow",
                gateway.broadcast.dropped,
            ),
            "clients_refused": ("Streams refused because there were too many", clients.refused),
            "clients_stalled": (
                "Streams closed because their client read nothing",
                clients.stalled,
            ),
        }


def _status_metrics(status: CommentatorStatus) -> Iterator[Metric]:
    for _, field, value in status_values(status):
        if field.kind is StatusKind.COUNT:
            yield CounterMetricFamily(_PREFIX + field.metric, field.description, value)
        elif field.kind is StatusKind.SECONDS:
            yield GaugeMetricFamily(_PREFIX + field.metric, field.description, value)
