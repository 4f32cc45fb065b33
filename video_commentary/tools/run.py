"""Start nodes where there is no `ros2 launch`: run demo|robot|desk|<node> name:=value ...

The same nodes with the same parameters as the launch files, from the same table. Each node is a
process; when one dies, or on Ctrl-C, all end.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ..config.launch_plan import (
    DEMO,
    LAUNCH_TARGETS,
    Argument,
    Start,
    absolute,
    arguments,
    launch_plan,
    ros_arguments,
    target_environment,
)
from ..config.paths import PACKAGE, share_dir, source_tree
from ..config.process_env import for_images, for_this_machine_only
from ..config.rules import ENV_PREFIX
from .check_source import UNREADABLE
from .processes import Processes

_POLL = 0.1
"""Seconds between looks at the children."""
_CHECK = 20.0
"""Longest check of the source, s; one that takes longer is left to the source node."""


class StopRequest(BaseException):
    """A signal asks us to end."""


def main(words: Sequence[str] | None = None) -> int:
    """Run until a signal or until a node ends; return the exit code."""
    options = _parser().parse_intermixed_args(words)
    if options.list:
        return _list(options.target)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        given = _given(options.arguments, options.params)
        starts = launch_plan(options.target, given)
        environment = _environment(options.target, given)
        if options.target == DEMO:
            _check_source(given, environment)
        return _run(options.target, starts, given, environment)
    except ValueError as error:
        print(f"run: {error}", file=sys.stderr)
        return 2
    except StopRequest:
        return 0


def _stop(*_: object) -> None:
    for further in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(further, signal.SIG_IGN)
    raise StopRequest


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("target", choices=LAUNCH_TARGETS, help="what to start")
    parser.add_argument("arguments", nargs="*", metavar="name:=value", help="see --list")
    parser.add_argument("--params", help="ROS parameters file (the same as params_file:=)")
    parser.add_argument("--list", action="store_true", help="list the arguments and end")
    return parser


def _list(target: str) -> int:
    for argument in arguments(target).values():
        print(_described(argument))
    return 0


def _described(argument: Argument) -> str:
    default = f" (default: {argument.default})" if argument.default else ""
    return f"{argument.name}:=  {argument.description}{default}"


def _given(words: Sequence[str], params: str | None) -> dict[str, str]:
    given = {"params_file": params} if params else {}
    for word in words:
        name, separator, value = word.partition(":=")
        if not separator:
            raise ValueError(f"{word} is not of the form name:=value")
        given[name] = value
    if given.get("params_file") and not Path(given["params_file"]).is_file():
        raise ValueError(f"there is no parameters file {given['params_file']}")
    return given


def _environment(target: str, given: dict[str, str]) -> dict[str, str]:
    environment = dict(os.environ)
    environment |= target_environment(target, given, environment)
    environment |= for_images(environment, share_dir() / "config")
    if target == DEMO:
        environment |= for_this_machine_only(environment)
    root = source_tree()
    if root is not None:
        found = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{root}{os.pathsep}{found}" if found else str(root)
    return environment


def _check_source(given: dict[str, str], environment: dict[str, str]) -> None:
    """Raise ValueError if the demo's source is a file that can't be shown."""
    test_scene = arguments(DEMO)["source"].default
    source = given.get("source") or environment.get(f"{ENV_PREFIX}SOURCE") or test_scene
    if source == test_scene:
        return
    # In a separate process: video libraries start threads, and we fork.
    command = [sys.executable, "-m", f"{PACKAGE}.tools.check_source", source]
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_CHECK,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return
    if done.returncode == UNREADABLE:
        raise ValueError(done.stdout.strip())


def _run(
    target: str, starts: Sequence[Start], given: dict[str, str], environment: dict[str, str]
) -> int:
    processes = Processes(environment)
    logs = _log_folder() if target == DEMO else None
    try:
        for start in starts:
            command = [sys.executable, "-m", f"{PACKAGE}.nodes.{start.node}"]
            command += _with_namespace(ros_arguments(start, given), given)
            output = (logs / f"{start.node}.log").open("wb") if logs else None
            processes.start(start.node, command, output)
        if logs:
            nodes = [start.node for start in starts]
            print(f"nodes: {', '.join(nodes)}; their logs: {logs}")
            port = given.get("port") or arguments(target)["port"].default
            print(f"page: http://127.0.0.1:{port}", flush=True)
            node = f"{absolute(given.get('namespace', ''))}/commentator"
            say = [sys.executable, "-m", f"{PACKAGE}.tools.say", "--node", node]
            processes.start("say", [*say, "watch", "--diagnostics", *nodes])
        return _wait(processes, logs)
    finally:
        processes.stop()


def _with_namespace(words: list[str], given: dict[str, str]) -> list[str]:
    namespace = absolute(given.get("namespace", ""))
    return [*words, "-r", f"__ns:={namespace}"] if namespace else words


def _wait(processes: Processes, logs: Path | None) -> int:
    while not (ended := processes.ended()):
        time.sleep(_POLL)
    for name, code in ended.items():
        print(f"{name} ended with exit code {code}", file=sys.stderr)
        if logs and (logs / f"{name}.log").is_file():
            print((logs / f"{name}.log").read_text(errors="replace")[-2000:], file=sys.stderr)
    return int(any(ended.values()))


def _log_folder() -> Path:
    """Return a new folder where ROS keeps its logs."""
    home = Path(os.environ.get("ROS_HOME", "~/.ros")).expanduser()
    logs = Path(os.environ.get("ROS_LOG_DIR") or home / "log").expanduser()
    folder = logs / f"{PACKAGE}-{datetime.now().strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
