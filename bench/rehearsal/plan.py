"""How long and how often: full size on a GPU, and the tests' tiny checkpoint on a CPU."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """What the rows repeat, and how patient they are.

    `start_limit`: seconds from a node's start to its first words. `limit`: seconds for an answer.
    `parameters`: of every commentator. `environment`: of every process.
    """

    tiny: bool
    minutes: float
    steers: int
    wishes: int
    questions: int
    interrupts: tuple[float, ...]
    start_limit: float
    limit: float
    parameters: dict[str, str]
    environment: dict[str, str]


def full_size(minutes: float) -> Plan:
    """Return the plan for a GPU."""
    return Plan(
        tiny=False,
        minutes=minutes,
        steers=20,
        wishes=10,
        questions=5,
        interrupts=(0.3, 0.5, 0.7, 1.0, 1.5, 2.5, 4.0, 6.0, 8.0, 10.0),
        start_limit=180.0,
        limit=30.0,
        parameters={"device": "cuda"},
        environment={},
    )


def tiny(minutes: float) -> Plan:
    """Return the plan for a CPU: every row for a few seconds."""
    return Plan(
        tiny=True,
        minutes=minutes,
        steers=2,
        wishes=1,
        questions=1,
        interrupts=(0.3, 2.0),
        start_limit=120.0,
        limit=60.0,
        parameters={
            "device": "cpu",
            "speech_steps": "2",
            "max_tokens": "16",
            "max_tokens_brief": "16",
            "engine_timeout": "60.0",
        },
        # Tiny matrices: more threads only wait for each other.
        environment={"OMP_NUM_THREADS": "1"},
    )
