"""Check whether a node is well: health commentator|source|bridge|speaker. Exit status 0 if it is.

Reads what the node reports in /diagnostics once a second; of the bridge, it also requests the page.
Meant for health checks of containers.
"""

from __future__ import annotations

import argparse
import http.client
import socket
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..config.settings import NODE_SETTINGS

if TYPE_CHECKING:
    from diagnostic_msgs.msg import DiagnosticStatus

_PAGE_SECONDS = 3.0


def main(words: Sequence[str] | None = None) -> int:
    """Wait for a report, print one sentence; return 0 if the node is well, else 1."""
    parser = argparse.ArgumentParser(prog="health", description=__doc__)
    parser.add_argument("node", choices=NODE_SETTINGS, help="the node's name")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long to wait for it")
    options = parser.parse_args(words)
    statuses = listen(options.node, options.seconds)
    trouble = judge(options.node, statuses) or page_trouble(statuses)
    print(trouble or f"{options.node} is well")
    return 1 if trouble else 0


def judge(node: str, statuses: Sequence[DiagnosticStatus]) -> str:
    """Return why `node` is not well according to its report; empty if it is.

    Warnings, such as a missing camera, are not the node's own fault.
    """
    if not statuses:
        return f"{node} says nothing in /diagnostics: is it started, with this ROS_DOMAIN_ID?"
    return "; ".join(s.message for s in statuses if s.level in (s.ERROR, s.STALE))


def listen(node: str, seconds: float) -> list[DiagnosticStatus]:
    """Return the next report of `node`; empty if none arrives within `seconds`."""
    import rclpy
    from diagnostic_msgs.msg import DiagnosticArray
    from rclpy.executors import SingleThreadedExecutor

    found: list[DiagnosticStatus] = []
    context = rclpy.Context()
    # Otherwise each check would leave a file in ~/.ros/log, thousands a day.
    rclpy.init(args=["--ros-args", "--disable-external-lib-logs"], context=context)
    listener = rclpy.create_node("health", context=context, use_global_arguments=False)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(listener)

    def take(array: DiagnosticArray) -> None:
        found.extend(s for s in array.status if s.name.startswith(f"{node}: "))

    try:
        listener.create_subscription(DiagnosticArray, "/diagnostics", take, 10)
        deadline = time.monotonic() + seconds
        while not found and (left := deadline - time.monotonic()) > 0:
            executor.spin_once(timeout_sec=left)
    finally:
        executor.shutdown()
        listener.destroy_node()
        rclpy.shutdown(context=context)
    return found


def page_trouble(statuses: Sequence[DiagnosticStatus]) -> str:
    """Request the page if a report names its address; return why that failed, else empty."""
    values = [value for status in statuses for value in status.values]
    address = next((value.value for value in values if value.key == "address"), "")
    if not address:
        return ""
    where = urlsplit(address)
    # A bridge on all addresses names itself by host name, which a container may not resolve.
    everywhere = where.hostname == socket.gethostname().lower()
    host = "127.0.0.1" if everywhere else where.hostname or ""
    connection = http.client.HTTPConnection(host, where.port, timeout=_PAGE_SECONDS)
    try:
        connection.request("GET", "/")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{address} does not answer: {error}"
    finally:
        connection.close()
    return "" if status == http.client.OK else f"{address} answers {status}"


if __name__ == "__main__":
    sys.exit(main())
