"""The rows of the rehearsal, by name, in the order in which they run."""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from bench.rehearsal import interrupting, steady, steering, taken_memory
from bench.rehearsal.figures import Row
from bench.rehearsal.session import Session, Setup, Stage, drop_page_cache


@dataclass(frozen=True)
class Scenario:
    """A row: what it measures, with which nodes running; without `setup` it starts its own.

    Scenarios in a row with the same setup share the running nodes. `cold`: these are started with
    no file in the page cache and no kernel compiled.
    """

    title: str
    setup: Setup | None
    in_session: Callable[[Session, Row], None] | None = None
    alone: Callable[[Stage, Row], None] | None = None
    cold: bool = False


def _only_start(session: Session, row: Row) -> None:
    """Measure the start alone, which the session has done."""


def _steady(kind: str, *, voice: bool = True, cameras: int = 1) -> Scenario:
    title = f"{kind.upper()}, {'voice' if voice else 'text'}, {cameras} camera{'s' * (cameras > 1)}"
    return Scenario(title, Setup(kind, voice, cameras), steady.measure)


SCENARIOS: dict[str, Scenario] = {
    "cold": Scenario("cold start, AWQ, voice", Setup(), _only_start, cold=True),
    "warm": Scenario("warm start, AWQ, voice", Setup(), _only_start),
    "awq-voice": _steady("awq"),
    "steer": Scenario("steering", Setup(), steering.steer),
    "second-wish": Scenario("a second wish in mid-comment", Setup(), steering.second_wish),
    "ask": Scenario("questions", Setup(), steering.ask),
    "awq-text": _steady("awq", voice=False),
    "awq-voice-3": _steady("awq", cameras=3),
    "awq-text-3": _steady("awq", voice=False, cameras=3),
    "bf16-voice": _steady("bf16"),
    "bf16-text": _steady("bf16", voice=False),
    "bf16-voice-3": _steady("bf16", cameras=3),
    "bf16-text-3": _steady("bf16", voice=False, cameras=3),
    "memory": Scenario("GPU memory taken and given back", None, alone=taken_memory.measure),
    "sigint": Scenario("SIGINT while it starts", None, alone=interrupting.measure),
}


def run_rows(stage: Stage, names: Iterable[str]) -> Iterator[Row]:
    """Yield each row as soon as it is measured; one that fails says why, and the others go on."""

    def key(name: str) -> object:
        scenario = SCENARIOS[name]
        return (scenario.setup, scenario.cold) if scenario.setup else name

    for _, group in groupby(names, key):
        chosen = [(name, SCENARIOS[name]) for name in group]
        if chosen[0][1].setup is None:
            yield from (_alone(stage, name, scenario) for name, scenario in chosen)
        else:
            yield from _shared(stage, chosen)


def _alone(stage: Stage, name: str, scenario: Scenario) -> Row:
    row = Row(f"{name}: {scenario.title}")
    assert scenario.alone is not None
    _guarded(row, partial(scenario.alone, stage, row))
    return row


def _shared(stage: Stage, chosen: list[tuple[str, Scenario]]) -> Iterator[Row]:
    """Yield the rows of scenarios that share running nodes."""
    _, leading = chosen[0]
    assert leading.setup is not None
    rows = [Row(f"{name}: {scenario.title}") for name, scenario in chosen]
    if leading.cold:
        _make_cold(stage, rows[0])
    elif not stage.plan.tiny and not any(stage.kernels.iterdir()):
        rows[0].notes.append("this start compiled the kernels")
    session = Session(stage, leading.setup)
    if not _guarded(rows[0], session.open):
        session.close()
        for row in rows[1:]:
            row.failure = "the nodes did not start"
        yield from rows
        return
    rows[0].values |= session.start_values
    if loading := session.loading():
        rows[0].notes.append(loading)
    if status := session.graph.status():
        rows[0].notes.append(f"{status.engine}; voice: {status.voice}")
    for row, (_, scenario) in zip(rows, chosen, strict=True):
        assert scenario.in_session is not None
        _guarded(row, partial(scenario.in_session, session, row))
        if row is rows[-1] and (trouble := session.close()):
            row.notes.append(f"the commentator's end: {trouble}")
        yield row


def _make_cold(stage: Stage, row: Row) -> None:
    shutil.rmtree(stage.kernels)
    stage.kernels.mkdir()
    if trouble := drop_page_cache():
        row.notes.append(trouble)


def _guarded(row: Row, action: Callable[[], object]) -> bool:
    """Do it and return True; an exception becomes the row's failure."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - the other rows go on
        traceback.print_exc()
        row.failure = f"{type(error).__name__}: {error}"
        return False
    return True
