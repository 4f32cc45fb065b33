"""How busy a server is, by its own metrics."""

from __future__ import annotations

import re

_GAUGES = (
    # vLLM and vLLM-Omni
    "vllm:num_requests_running",
    "vllm:num_requests_waiting",
    # SGLang, started with --enable-metrics
    "sglang:num_running_reqs",
    "sglang:num_queue_reqs",
    # llama.cpp, started with --metrics
    "llamacpp:requests_processing",
    "llamacpp:requests_deferred",
)
_LINE = re.compile(rf"^({'|'.join(_GAUGES)})(?:\{{[^}}]*\}})?\s+(\S+)", re.MULTILINE)


def load_of(metrics: str) -> int | None:
    """Return the requests that run and wait, from the text of /metrics; None if it doesn't say.

    The format is Prometheus' text exposition; several lines of a name are several engines.
    """
    values = [float(match[2]) for match in _LINE.finditer(metrics)]
    return round(sum(values)) if values else None
