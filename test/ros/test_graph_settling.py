"""How long a node waits for DDS to meet those who are there already."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from video_commentary.ros.graph_settling import EARLIEST, LATEST, SETTLED, GraphSettling

STEP = 0.01


def waited(nodes: Callable[[float], int]) -> float:
    """Return the seconds waited while `nodes` are known at a time since the start."""
    settling = GraphSettling(now=100.0)
    steps = 0
    while not settling.is_over(100.0 + steps * STEP, nodes(steps * STEP)):
        steps += 1
    return steps * STEP


@pytest.mark.parametrize(
    ("nodes", "seconds"),
    [
        (lambda _: 1, LATEST),  # nobody else is there
        (lambda _: 3, EARLIEST),  # known from the beginning
        (lambda at: 1 + (at >= 0.25), 0.25 + SETTLED),
        (lambda at: 1 + 10 * (at >= 0.6), LATEST),
        (lambda at: 1 + int(at / 0.1), LATEST),  # they never stop to come
        (lambda at: 4 - (at >= 0.2), 0.2 + SETTLED),  # one leaves
    ],
)
def test_it_waits_until_the_nodes_there_are_known(
    nodes: Callable[[float], int], seconds: float
) -> None:
    assert waited(nodes) == pytest.approx(seconds, abs=1.5 * STEP)
