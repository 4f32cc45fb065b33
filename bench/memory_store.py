"""The memory's database: entries written a second, time to recall, disk used a day, and its bound.

python -m bench.memory_store [--entries 1000 100000 1000000] [--seconds 10] [--rounds 100]
    [--folder DIR] [--pictures DIR]

A time is that of opening the database and answering, as the services do. Entries have places.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from bench.machine import describe
from video_commentary.core.location import Location, PlanarPose
from video_commentary.core.memory_entry import ALERT, COMMENT, EVENT, MemoryEntry
from video_commentary.core.stamp import NANOSECONDS
from video_commentary.memory.database import size_on_disk
from video_commentary.memory.event_words import event_sentence
from video_commentary.memory.filters import EntryFilter
from video_commentary.memory.reader import MemoryReader, reading, search_words
from video_commentary.memory.recall import recall
from video_commentary.memory.recall_items import RecallRequest
from video_commentary.memory.recorder import BATCH, PRUNE_PERIOD, Recorder
from video_commentary.memory.retention import RetentionLimits
from video_commentary.memory.store import MemoryStore

DAY = 86_400 * NANOSECONDS
NOW = time.time_ns()
BAR = 50.0
"""ms for an answer from 100,000 entries."""
LIMIT = 32_000_000
"""Bytes to which the growing database is held."""
A_DAY = 86_400 // 4
"""Entries of a busy day: a comment every 6 s and an event every 12 s, around the clock."""
QUESTIONS = (
    "When was the last car?",
    "When was the last zebra?",
    "How many people came in since noon?",
    "How many people came in this week?",
    "Did anything move at night?",
    "What happened in the last hour?",
    "What happened this week?",
    "Where did you see the red bag?",
    "What did you say about the gate?",
)


def entries(number: int, thumbnails: list[bytes]) -> Iterator[MemoryEntry]:
    """Yield entries of the last 30 days, evenly spread; two of three are comments."""
    draw = random.Random(1)
    for i in range(number):
        stamp = NOW - 30 * DAY + 30 * DAY * i // number
        pose = PlanarPose(frame="map", x=i % 97 / 10, y=i % 31 / 10, yaw=0.0)
        location = Location(name="the dock" if i % 10 == 0 else "", pose=pose)
        thumbnail = thumbnails[i % len(thumbnails)] + i.to_bytes(4, "big") if thumbnails else b""
        if i % 3:
            place = draw.choice(("gate", "door", "road", "table", "tree"))
            text = f"{draw.choice(('Two people', 'A red car', 'A dog'))} waits at the {place}."
            yield MemoryEntry(
                kind=COMMENT,
                stamp=stamp,
                time=stamp,
                camera="camera",
                text=text,
                location=location,
                thumbnail=thumbnail,
            )
            continue
        who = draw.choices(("person", "car", "dog", "handbag"), (60, 30, 9, 1))[0]
        kind = draw.choice(("enters", "leaves", "passes", "stops", "moves"))
        where, colour = draw.choice(("left", "right", "middle")), draw.choice(("", "red", "blue"))
        yield MemoryEntry(
            kind=EVENT,
            stamp=stamp,
            time=stamp,
            camera="camera",
            text=event_sentence(kind, who, where, None, colour),
            event=kind,
            who=who,
            where=where,
            colour=colour,
            location=location,
            thumbnail=thumbnail,
        )


def pictures(folder: Path | None) -> list[bytes]:
    """Return thumbnails: of the pictures in a folder, else of smoothed noise."""
    files = sorted(folder.iterdir()) if folder else []
    images = [image for path in files if (image := cv2.imread(str(path))) is not None]
    noise = np.random.default_rng(1)
    for _ in range(0 if images else 8):
        small = noise.integers(0, 255, (15, 20, 3), np.uint8)
        images.append(cv2.resize(small, (160, 120), interpolation=cv2.INTER_CUBIC))
    made = [cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 70])[1] for image in images]
    return [jpeg.tobytes() for jpeg in made]


def write_rate(path: Path, seconds: float, thumbnails: list[bytes]) -> None:
    """Print how many entries with pictures a second one thread stores, while it is fed more."""
    recorder = Recorder(path, RetentionLimits(30, 10**12), time.time_ns)
    made = list(entries(5000, thumbnails))
    began, added = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        if added - recorder.written < 2 * BATCH:
            recorder.add(made[added % len(made)])
            added += 1
        else:
            time.sleep(0.001)
    rate = recorder.written / (time.monotonic() - began)
    recorder.close()
    print(f"write rate: {rate:,.0f} entries/s over {seconds:g} s, {recorder.dropped} dropped")


def fill(path: Path, number: int) -> None:
    """Store entries without pictures: recalling reads only those of the entries found."""
    store, chunk = MemoryStore(path), []
    for entry in entries(number, []):
        chunk.append(entry)
        if len(chunk) == 10_000:
            store.add(chunk)
            chunk.clear()
    store.add(chunk)
    store.close()


def timed(path: Path, rounds: int, read: Callable[[MemoryReader], object]) -> tuple[float, float]:
    """Return the 50th and 99th percentile of the times in ms."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        with reading(path, seconds=600) as reader:
            read(reader)
        times.append((time.perf_counter() - began) * 1000)
    p50, p99 = np.percentile(times, (50, 99))
    return float(p50), float(p99)


def measure(path: Path, number: int, rounds: int) -> None:
    """Print the time of each question, and of pages as the timeline reads them."""
    size = path.stat().st_size / 1e6
    print(f"\n| {number:,} entries, {size:,.0f} MB, {rounds} rounds | p50, ms | p99, ms |")
    print("| --- | --- | --- |")
    asked = [RecallRequest(question=question) for question in QUESTIONS]
    answers = [(each.question, partial(recall, request=each, now=NOW, zone=None)) for each in asked]
    middle = EntryFilter(end=NOW - 15 * DAY)
    gate = EntryFilter(words=search_words("gate"))
    alerts = EntryFilter(kinds=(ALERT,))
    pages = [
        (name, partial(MemoryReader.page, chosen=chosen, limit=50))
        for name, chosen in (
            ("first page", EntryFilter()),
            ("jump to a page", middle),
            ("search", gate),
            ("filter by a kind that is not there", alerts),
        )
    ]
    times = [(name, *timed(path, rounds, read)) for name, read in answers]
    bar = f", bar {BAR:g} ms" if number == 100_000 else ""
    slowest = max(p50 for _, p50, _ in times), max(p99 for _, _, p99 in times)
    times += [(name, *timed(path, rounds, read)) for name, read in pages]
    times.append((f"slowest question{bar}", *slowest))
    for name, p50, p99 in times:
        print(f"| {name} | {p50:.1f} | {p99:.1f} |", flush=True)


def growth(path: Path, thumbnails: list[bytes]) -> None:
    """Print how large the files get while three times the limit is written."""
    recorder = Recorder(path, RetentionLimits(30, LIMIT), time.time_ns)
    each = statistics.mean(map(len, thumbnails)) + 600
    number, largest = round(3 * LIMIT / each), 0
    for added, entry in enumerate(entries(number, thumbnails)):
        recorder.add(entry)
        while added - recorder.written > BATCH:
            time.sleep(0.001)
            largest = max(largest, size_on_disk(path))
    time.sleep(PRUNE_PERIOD + 2)
    settled = size_on_disk(path) / 1e6
    recorder.close()
    print(
        f"growth: {number:,} entries into a limit of {LIMIT / 1e6:g} MB: at most "
        f"{largest / 1e6:.0f} MB, {settled:.0f} MB in the end; {recorder.dropped} dropped"
    )


def disk(path: Path, thumbnails: list[bytes]) -> None:
    """Print what a busy day takes, with and without pictures."""
    for name, chosen in (("with pictures", thumbnails), ("without", [])):
        store = MemoryStore(path.with_name(f"day-{bool(chosen)}.db"))
        made = list(entries(A_DAY, chosen))
        for at in range(0, A_DAY, 50):
            store.add(made[at : at + 50])
        size = store.size / 1e6
        store.close()
        print(f"disk: {size:,.0f} MB for {A_DAY:,} entries, a busy day, {name}")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[1000, 100_000, 1_000_000])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="where to write; a temporary one by default")
    parser.add_argument("--pictures", type=Path, help="a folder of pictures to make thumbnails of")
    given = parser.parse_args()
    print(describe("opencv-python-headless"), flush=True)
    thumbnails = pictures(given.pictures)
    size = statistics.mean(map(len, thumbnails))
    print(f"thumbnails: {size / 1000:.1f} kB on average")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        write_rate(Path(folder) / "rate.db", given.seconds, thumbnails)
        disk(Path(folder) / "day.db", thumbnails)
        growth(Path(folder) / "growth.db", thumbnails)
        for number in given.entries:
            path = Path(folder) / f"{number}.db"
            fill(path, number)
            measure(path, number, given.rounds)
            path.unlink()


if __name__ == "__main__":
    main()
