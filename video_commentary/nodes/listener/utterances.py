"""From what was heard to what was done: ~/heard while it is recognized and once it is done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

from rclpy.node import Node
from std_msgs.msg import Header

from video_commentary.msg import Utterance

from ...core.stamp import Stamp
from ...listening.acts import NOTHING_DONE, SLOW, ActOutcome, ActPerformer
from ...listening.chooser import Chooser, ChooserError
from ...listening.intents import NOTHING, Act, ActKind, understand
from ...listening.items import Heard
from ...ros.qos import EVENTS
from ...ros.time import from_stamp

MAX_WAITING = 8
"""Sentences that are being acted upon, or wait for it; of more nothing is done."""
_BUSY = ActOutcome(f"{MAX_WAITING} sentences are being acted upon: say it again later", False)


class Utterances:
    """Publishes utterances, and does what they ask for on threads of its own."""

    def __init__(
        self,
        node: Node,
        actor: ActPerformer,
        chooser: Chooser | None,
        now: Callable[[], Stamp],
    ) -> None:
        """`now` returns the time of the ROS clock."""
        self._logger = node.get_logger()
        self._actor = actor
        self._chooser = chooser
        self._now = now
        self._publisher = node.create_publisher(Utterance, "~/heard", EVENTS)
        self._quick = ThreadPoolExecutor(1, thread_name_prefix="act")
        self._slow = ThreadPoolExecutor(2, thread_name_prefix="answer")
        self._free = BoundedSemaphore(MAX_WAITING)
        self.acts = 0
        self.trouble = ""

    def close(self) -> None:
        """Do nothing more; an answer under way is not waited for."""
        self._actor.close()
        for pool in (self._quick, self._slow):
            pool.shutdown(wait=False, cancel_futures=True)

    def take(self, heard: Heard) -> None:
        """Publish the words so far; if they are all, do what they ask for. Never waits."""
        if not heard.final:
            self._publish(heard)
            return
        if not heard.text or not heard.confidence:  # its own words after all, or broken off
            self._publish(heard, NOTHING)
            return
        self._publish(heard)
        act = understand(heard.text, heard.addressed)
        if act.kind is ActKind.UNDO and not self._actor.can_undo:
            act = NOTHING
        unknown = act.kind is ActKind.NONE and self._chooser is not None
        if act.kind is ActKind.NONE and not unknown:
            self._publish(heard, act, NOTHING_DONE)
        elif not self._free.acquire(blocking=False):
            self._publish(heard, act, _BUSY)
        else:
            pool = self._slow if unknown or act.kind in SLOW else self._quick
            pool.submit(self._act, heard, act)

    def _act(self, heard: Heard, act: Act) -> None:
        try:
            if act.kind is ActKind.NONE:
                act = self._choose(heard.text)
            outcome = self._actor.perform(act, heard.sound)
            self.acts += outcome.done
            self._publish(heard, act, outcome)
            if act.kind is not ActKind.NONE:
                self._logger.info(f"{heard.stream}: {heard.text!r}: {outcome.text}")
        except Exception as error:  # noqa: BLE001 - the next sentence must be acted upon
            self._logger.error(f"{heard.text!r} failed: {error!r}")
        finally:
            self._free.release()

    def _choose(self, text: str) -> Act:
        assert self._chooser is not None
        try:
            act = self._chooser.choose(text)
        except ChooserError as error:
            self.trouble = str(error)
            return NOTHING
        self.trouble = ""
        return act

    def _publish(
        self, heard: Heard, act: Act | None = None, outcome: ActOutcome = NOTHING_DONE
    ) -> None:
        self._publisher.publish(
            Utterance(
                header=Header(stamp=from_stamp(heard.begin), frame_id=heard.stream),
                end=from_stamp(heard.end),
                id=heard.id,
                text=heard.text,
                final=act is not None,
                speaker=heard.speaker,
                intent=act.kind.value if act else "",
                confidence=act.confidence if act else 0.0,
                outcome=outcome.text,
                acted=from_stamp(self._now() if outcome.done else 0),
            )
        )
