"""Watches on labelled clips: what they find in time, false alarms in quiet spans, and their CPU.

python -m bench.watches FOLDER [--clips NAME ...] [--settings name:=value ...]

FOLDER has labels.yaml (docs/evaluation.md). For each kind of event and who it happens to, the watch
for it ("a person comes into view") runs over the built-in engine's facts, or is judged by the model
of another engine (--settings engine:=minicpmo device:=cuda). An event is found if an
alert comes while it lasts or up to 3 s (10 s) after it began; each alert counts for one event. A
false alarm is an alert in a span that is labelled quiet; there, all conditions of all clips are
watched, and those of `ALWAYS`.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from bench.conditions import ALWAYS
from bench.machine import describe
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.cancel import CancelToken
from video_commentary.core.clock import VirtualClock
from video_commentary.core.engine import Engine
from video_commentary.core.facts import FrameFacts
from video_commentary.core.frames import Frame, StampSampler
from video_commentary.core.load_progress import LoadProgress
from video_commentary.core.scene_monitor import SceneMonitor, Use
from video_commentary.core.stamp import Stamp, to_seconds
from video_commentary.core.watch_conditions import EVENT_WORDS, PICTURE_WORDS
from video_commentary.core.watch_judge import WatchJudge
from video_commentary.core.watch_language import WatchRefusedError
from video_commentary.core.watches import MAX_WATCHES, Alert, WatchList
from video_commentary.ros.images import shrink
from video_commentary.tools.evaluation.labels import Clip, LabelledEvent, read_labels
from video_commentary.tools.narration.opening import open_footage
from video_commentary.tools.offline import settings_of
from video_commentary.wiring import BUILTIN, create_engine, watch_compiler

LIMITS = (3.0, 10.0)
EARLY = 1.0
"""Seconds by which an alert may come before the label: labels are true to half a second."""
ROUNDS = 20
"""Times that the facts of all clips are shown to the watches whose CPU is measured."""


class SeenClip(Protocol):
    """A clip, and when a watch for a condition gives alerts there."""

    @property
    def clip(self) -> Clip: ...

    def alerts(self, condition: str) -> list[float]:
        """Return the seconds of the clip. Raise WatchRefusedError."""
        ...


@dataclass(frozen=True)
class Seen:
    """A clip and the facts of its frames; `start`: the stamp of its first picture."""

    clip: Clip
    start: Stamp
    facts: list[FrameFacts]

    def alerts(self, condition: str) -> list[float]:
        """Return when a watch for this gives an alert, seconds of the clip. Raise ValueError."""
        watches = WatchList(watch_compiler())
        watches.add(condition, cooldown=0.0)
        found = [alert for facts in self.facts for alert in watches.observe(facts)]
        return [to_seconds(alert.stamp - self.start) for alert in found]


@dataclass(frozen=True)
class Judged:
    """A clip and the alerts of the conditions that a model judged there, seconds of the clip."""

    clip: Clip
    found: dict[str, list[float]]

    def alerts(self, condition: str) -> list[float]:
        """Return when a watch for this gave an alert."""
        return self.found[condition]


def frames(clip: Clip, settings: CommentatorSettings, fps: float) -> Iterator[Frame]:
    """Yield the frames of a clip at this rate."""
    keep = StampSampler(fps)
    for index, shot in enumerate(open_footage(clip.path, "", lambda topics: topics[0]).shots()):
        if shot.time > clip.end:
            break
        if keep.take(shot.stamp):
            image = shrink(shot.image(), settings.max_image_side)
            yield Frame(image, shot.stamp, shot.camera, index)


def see(clip: Clip) -> Seen:
    """Show a clip to a fresh built-in engine, at the rate at which it looks."""
    settings = CommentatorSettings()
    engine = create_engine(settings, LoadProgress())
    engine.load()
    with closing(engine):
        start: Stamp | None = None
        facts = []
        for frame in frames(clip, settings, max(engine.look_fps, settings.capture_fps)):
            start = frame.stamp if start is None else start
            if seen := engine.look(frame):
                facts.append(seen)
    return Seen(clip, start or 0, facts)


def have_judged(
    clip: Clip, engine: Engine, settings: CommentatorSettings, conditions: Sequence[str]
) -> Judged:
    """Have a model judge conditions over a clip, all together, as the node would."""
    settings = replace(settings, image_topics=("clip",))
    scene, clock = SceneMonitor(settings, engine), VirtualClock(0.0, iter(()))
    watches = WatchList(watch_compiler(), has_facts=False, engine_judges=True)
    for condition in conditions:
        watches.add(condition, cooldown=0.0)
    alerts: list[Alert] = []
    judge = WatchJudge(
        engine,
        scene,
        watches,
        clock,
        lambda alert, _: alerts.append(alert),
        settings.watch_threshold,
    )
    start: Stamp | None = None
    for frame in frames(clip, settings, settings.capture_fps):
        start = frame.stamp if start is None else start
        clock.spend(to_seconds(frame.stamp - start) - clock.now())
        scene.add("clip", frame, Use.KEEP)
        if judge.due():
            judge.run(CancelToken())
    if judge.trouble:
        print(f"{clip.name}: {judge.trouble}")
    found: dict[str, list[float]] = {condition: [] for condition in conditions}
    for alert in alerts:
        found[alert.watch.condition].append(to_seconds(alert.stamp - (start or 0)))
    return Judged(clip, found)


def condition_for(event: LabelledEvent) -> str:
    """Return the words of a watch for a labelled event, empty if there are none."""
    if event.who == "camera":
        return PICTURE_WORDS.get(event.what, "")
    words = EVENT_WORDS.get(event.what)
    return f"a {event.who} {words[0]}" if words else ""


def found_in_time(events: Sequence[LabelledEvent], alerts: Sequence[float], limit: float) -> int:
    """Return how many events have an alert of their own in time."""
    left = sorted(alerts)
    found = 0
    for event in sorted(events, key=lambda event: event.t):
        latest = max(event.until, event.t + limit)
        if match := [at for at in left if event.t - EARLY <= at <= latest]:
            left.remove(match[0])
            found += 1
    return found


def recall(clips: Sequence[SeenClip]) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """Return, by condition, labelled events and those found; and events that can't be watched."""
    rows: dict[str, Counter[str]] = {}
    unwatchable: Counter[str] = Counter()
    for seen in clips:
        events = [event for event in seen.clip.events if event.what != "opens"]
        for condition in dict.fromkeys(map(condition_for, events)):
            those = [event for event in events if condition_for(event) == condition]
            try:
                alerts = seen.alerts(condition)
            except WatchRefusedError:
                unwatchable.update(f"{event.what} {event.who}" for event in those)
                continue
            row = rows.setdefault(condition, Counter())
            row["events"] += len(those)
            for limit in LIMITS:
                row[f"{limit:g}"] += found_in_time(those, alerts, limit)
    return rows, unwatchable


def false_alarms(clips: Sequence[SeenClip], conditions: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield, for each condition that can be watched, how many alerts come in quiet spans."""
    for condition in conditions:
        with suppress(WatchRefusedError):
            yield (
                condition,
                sum(
                    begin <= at <= end
                    for seen in clips
                    for at in (seen.alerts(condition) if seen.clip.quiet else ())
                    for begin, end in seen.clip.quiet
                ),
            )


def cpu(clips: Sequence[Seen], number: int, conditions: Sequence[str]) -> float:
    """Return the mean CPU seconds of one frame with this many watches."""
    watches = WatchList(watch_compiler())
    for index in range(number):
        condition = conditions[index % len(conditions)]
        watches.add(condition, camera="" if index < len(conditions) else clips[0].facts[0].camera)
    facts = [facts for seen in clips for facts in seen.facts]
    begun = time.process_time()
    for _ in range(ROUNDS):
        for each in facts:
            watches.observe(each)
    return (time.process_time() - begun) / (ROUNDS * len(facts))


def wanted(clips: Sequence[Clip]) -> list[str]:
    """Return `ALWAYS` and the conditions for the labelled events, as many as can be watched."""
    events = [event for clip in clips for event in clip.events if event.what != "opens"]
    conditions = dict.fromkeys([*ALWAYS, *map(condition_for, events)])
    return [condition for condition in conditions if condition][:MAX_WATCHES]


def look_at(clips: Sequence[Clip], settings: CommentatorSettings) -> list[SeenClip]:
    """Show the clips to the engine that the settings choose."""
    if settings.engine == BUILTIN:
        return [see(clip) for clip in clips]
    engine = create_engine(settings, LoadProgress())
    engine.load()
    with closing(engine):
        return [have_judged(clip, engine, settings, wanted(clips)) for clip in clips]


def print_recall(clips: Sequence[SeenClip]) -> None:
    """Print what was found in time."""
    rows, unwatchable = recall(clips)
    print("\n| watch | events | found within 3 s | within 10 s |\n| --- | --- | --- | --- |")
    total: Counter[str] = Counter()
    for condition, row in sorted(rows.items(), key=lambda item: -item[1]["events"]):
        print(f"| {condition} | {row['events']} | {row['3']} | {row['10']} |")
        total.update(row)
    print(f"| all | {total['events']} | {total['3']} | {total['10']} |")
    cannot = ", ".join(f"{what} ({n})" for what, n in unwatchable.most_common())
    print(f"\nno watch for: {cannot or 'none'}")


def print_false_alarms(clips: Sequence[SeenClip], conditions: Sequence[str]) -> None:
    """Print how many alerts come in quiet spans."""
    hours = sum(end - begin for seen in clips for begin, end in seen.clip.quiet) / 3600
    print(f"\n| false alarms in {3600 * hours:.0f} quiet seconds | number | an hour |")
    print("| --- | --- | --- |")
    for condition, number in false_alarms(clips, conditions):
        rate = f"{number / hours:.1f}" if hours else "-"
        print(f"| {condition} | {number} | {rate} |")


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", nargs="*", default=[])
    parser.add_argument("--settings", nargs="*", default=[], metavar="name:=value")
    arguments = parser.parse_args()
    settings = settings_of(arguments.settings)
    print(describe("numpy"), f"engine {settings.engine}", sep="; ", flush=True)
    chosen = [
        clip
        for clip in read_labels(arguments.folder)
        if not arguments.clips or clip.name in arguments.clips
    ]
    clips = look_at(chosen, settings)
    print_recall(clips)
    print_false_alarms(clips, wanted(chosen))
    by_facts = [seen for seen in clips if isinstance(seen, Seen)]
    if by_facts:
        print("\n| watches | CPU a frame, microseconds | % of a core at 5 frames a second |")
        print("| --- | --- | --- |")
        for number in (1, 20):
            seconds = cpu(by_facts, number, ALWAYS)
            print(f"| {number} | {1e6 * seconds:.1f} | {500 * seconds:.3f} |")


if __name__ == "__main__":
    main()
