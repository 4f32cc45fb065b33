"""What the listener understands, how soon it stops the robot, and what it costs.

python -m bench.listening commands [--half tuning|held-out|all] [--ratios 20 10 5] [--verbose]
python -m bench.listening stops                        (real time, 4 minutes)
python -m bench.listening false [--minutes 60]         (nobody speaks; faster than real time)
python -m bench.listening cpu                          (real time, 2 minutes)

It needs `fetch_model ears`, the neural voice and espeak-ng.
"""

from __future__ import annotations

import argparse
import statistics

from bench import listening_commands, listening_stops
from bench.listening_feed import Session
from bench.listening_sounds import VOICES
from bench.machine import describe

CPU_BARS = {"idle": 3.0, "while somebody speaks": 100.0}


def commands(options: argparse.Namespace) -> None:
    """Print how many sentences are understood in babble."""
    halves = ("tuning", "held-out") if options.half == "all" else (options.half,)
    session = Session()
    print("sentences | SNR, dB | trials | right act, % | bar | wrong act, % | bar")
    for half in halves:
        said = listening_commands.chosen(half)[: options.sentences]
        for ratio in options.ratios:
            found = listening_commands.measure(
                session, said, ratio, options.voices, options.verbose
            )
            bar = listening_commands.BARS.get(ratio, "")
            print(
                f"{half} | {ratio} | {found.trials} | {found.right_percent:.1f} | {bar} | "
                f"{found.wrong_percent:.1f} | {listening_commands.WRONG_BAR}",
                flush=True,
            )
    session.close()


def stops(options: argparse.Namespace) -> None:
    """Print how soon speech stops the robot, and how soon a sentence is known."""
    session = Session()
    print("voice | STOP median, ms | slowest | bar | missed | DUCK median | final words median, ms")
    for voice in options.voices:
        robot = "en-us" if voice == "hibari" else "hibari"
        found = listening_stops.measure_stops(session, voice, robot, options.rounds)
        stop = [each for each in found.stop if each is not None]
        duck = [each for each in found.duck if each is not None]
        ends = listening_stops.measure_ends(session, voice)
        print(
            f"{voice} | {_median(stop)} | {max(stop, default=0):.0f} | {listening_stops.STOP_BAR} "
            f"| {len(found.stop) - len(stop)} of {len(found.stop)} | {_median(duck)} "
            f"| {_median(ends)}",
            flush=True,
        )
    session.close()


def false(options: argparse.Namespace) -> None:
    """Print what happens while nobody speaks."""
    session = Session()
    found = listening_stops.measure_false(session, options.minutes, options.verbose)
    session.close()
    print("minutes | ducked | stopped | bar | acts | bar")
    print(
        f"{found.minutes:.0f} | {found.ducks} | {found.stops} | "
        f"{listening_stops.FALSE_STOPS_BAR} an hour | {found.acts} | "
        f"{listening_stops.FALSE_ACTS_BAR}"
    )
    for name in found.where:
        print(f"  {name}")


def cpu(options: argparse.Namespace) -> None:
    """Print what the listener costs."""
    session = Session()
    print("state | % of a core | bar")
    for state, voice in (("idle", None), ("while somebody speaks", VOICES[0])):
        used = listening_stops.measure_cpu(session, options.seconds, voice)
        print(f"{state} | {used:.1f} | {CPU_BARS[state]:.0f}", flush=True)
    session.close()


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.0f}" if values else "-"


def main() -> None:
    """Run the part that is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=("commands", "stops", "false", "cpu"))
    parser.add_argument("--half", default="all", choices=("tuning", "held-out", "all"))
    parser.add_argument("--ratios", type=int, nargs="+", default=[20, 10, 5])
    parser.add_argument("--sentences", type=int, help="only the first ones of each half")
    parser.add_argument("--voices", nargs="+", default=VOICES)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--verbose", action="store_true", help="show what goes wrong")
    options = parser.parse_args()
    print(describe())
    {"commands": commands, "stops": stops, "false": false, "cpu": cpu}[options.part](options)


if __name__ == "__main__":
    main()
