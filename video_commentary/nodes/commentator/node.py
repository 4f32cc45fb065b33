"""The commentator node: cameras in, comments and speech out, steered by services."""

from __future__ import annotations

from collections.abc import Callable

from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.exceptions import NameValidationException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.validate_topic_name import validate_topic_name
from std_msgs.msg import String
from std_srvs.srv import SetBool

from video_commentary.msg import Commentary, Status
from video_commentary.srv import SetInstruction

from ...config.profiles import load_profiles
from ...config.settings import CommentatorSettings
from ...core.clock import LiveClock
from ...core.comment import Comment
from ...core.control import Control
from ...core.facts import FrameFacts
from ...core.frames import Frame
from ...core.status import CommentatorStatus
from ...ros import messages
from ...ros.graph_settling import when_graph_settles
from ...ros.health import diagnostic
from ...ros.parameters import LiveParameters, declare
from ...ros.qos import EVENTS, LATCHED
from ...ros.running import run
from ...ros.timers import every
from ...wiring import Assembly, assemble
from .barge_in_hold import BargeInHold
from .facts_publisher import FactsPublisher
from .question_services import QuestionServices
from .report import describe, diagnose
from .say_service import SayService
from .session import Session
from .watch_services import WatchServices


class CommentatorNode(LifecycleNode):
    """Configure loads the engine, activate starts commenting, deactivate stops, cleanup frees."""

    def __init__(self, assemble: Callable[[CommentatorSettings], Assembly] = assemble) -> None:
        super().__init__("commentator")
        self._assemble = assemble
        settings = declare(self, CommentatorSettings)
        self._session: Session | None = None
        _check_topics(settings)
        self._control = Control(settings, load_profiles(settings.profiles_file))
        self._live = LiveParameters(self, settings, accept=self._accept)
        self._time = LiveClock(lambda: self.get_clock().now().nanoseconds)
        self._create_interfaces()
        self._logged = ""
        self._configure_error = ""
        every(self, 1.0, self._report)
        # once the node spins: its services are there before the engine takes Python's lock
        self._first_turn = every(self, 0.0, self._start)

    def _start(self) -> None:
        """Configure and activate if set so, and say how it stands."""
        self._first_turn.cancel()
        if (
            self._live.settings.autostart
            and self._session is None
            and self.trigger_configure() is TransitionCallbackReturn.SUCCESS
        ):
            self.trigger_activate()
        self._report()

    def _accept(self, settings: CommentatorSettings) -> None:
        """Put changed parameters in force, or raise ValueError: the only way they change."""
        _check_topics(settings)
        self._control.tune(settings)
        self._try_again()

    def _try_again(self) -> None:
        """Load an engine again that failed for a reason that may be gone now."""
        if self._session:
            self._session.loader.try_again()

    def _create_interfaces(self) -> None:
        self._commentary = self.create_lifecycle_publisher(String, "~/commentary", EVENTS)
        self._events = self.create_lifecycle_publisher(Commentary, "~/commentary_events", EVENTS)
        self._facts = FactsPublisher(self)
        self._watches = WatchServices(self, self._live.settings, self._control, self._why_unspoken)
        self._hold = BargeInHold(self, self._live.settings.listener_node, self._control)
        self._audio = self.create_lifecycle_publisher(AudioData, "~/audio", EVENTS)
        self._stamped = self.create_lifecycle_publisher(AudioDataStamped, "~/audio_stamped", EVENTS)
        self._info = self.create_publisher(AudioInfo, "~/audio_info", LATCHED)
        self._info.publish(messages.audio_info())
        self._status = self.create_publisher(Status, "~/status", LATCHED)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_service(SetInstruction, "~/set_instruction", self._set_instruction)
        self.create_service(SetBool, "~/set_enabled", self._set_enabled)
        memory = self._live.settings.memory_node
        self._questions = QuestionServices(self, self._control, memory, self._unready)
        SayService(self, self._control, self._unready, self._why_unspoken)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Have the engine loaded, in the background, until it works or cleanup."""
        settings = self._live.settings
        try:
            assembly = self._assemble(settings)
        except Exception as error:  # noqa: BLE001 - rclpy would hide it
            self._configure_error = str(error)
            self._report()
            return TransitionCallbackReturn.FAILURE
        self._configure_error = ""
        self._session = Session(
            self,
            settings,
            assembly,
            self._control,
            self._time,
            self._publish,
            self._publish_facts,
            self._watches,
        )
        self._load_next(self._session)
        return super().on_configure(state)

    def _load_next(self, session: Session) -> None:
        """Begin to load the engine once DDS has met those who listen already.

        While torch's libraries are loaded, the dynamic linker would keep new subscriptions
        waiting, and ~/status behind them.
        """

        def load() -> None:
            if session is self._session:
                session.loader.start()

        when_graph_settles(self, load)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Watch the cameras and comment."""
        result = super().on_activate(state)
        if self._session:
            self._session.activate(self._audio.publish, self._stamped.publish, self._volume)
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall silent at once."""
        if self._session:
            self._session.deactivate()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the engine."""
        self._end_session()
        return super().on_cleanup(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the engine; configure may follow."""
        self._end_session()
        return super().on_error(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall silent and free the engine."""
        self._end_session()
        return super().on_shutdown(state)

    def destroy_node(self) -> None:
        """Stop every thread, then destroy the node."""
        self._end_session()
        self._watches.close()
        self._questions.close()
        super().destroy_node()
        # rclpy doesn't, and it holds the node: 35 MB of shared memory would outlive the process.
        self._state_machine.destroy_when_not_in_use()

    def _volume(self) -> float:
        return float(self._live.settings.volume)

    def _end_session(self) -> None:
        if self._session:
            self._session.close()
            self._session = None

    def _publish(self, comment: Comment) -> None:
        self._events.publish(messages.commentary(comment))
        if comment.final and comment.text and not comment.cancelled:
            self._commentary.publish(String(data=comment.text))

    def _publish_facts(self, frame: Frame, facts: FrameFacts) -> None:
        self._facts.publish(frame, facts)
        self._watches.observe(frame, facts)

    def _why_unspoken(self) -> str:
        """Return why alerts and sentences would not be spoken now; empty if they would."""
        session = self._session
        if session is None or not session.loader.ready.is_set():
            return ""
        return session.assembly.given_text_trouble()

    def _set_instruction(
        self, request: SetInstruction.Request, response: SetInstruction.Response
    ) -> SetInstruction.Response:
        response.previous = self._control.instruction
        response.message = self._set("instruction", request.instruction)
        if response.message:
            return response
        if self._control.instruction == response.previous:
            self._control.comment_now()  # sent again, it is wanted at once
        response.success = True
        active = self._session is not None and self._session.active
        response.message = "in force now" if active else "in force once the commentator is active"
        return response

    def _set_enabled(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        refused = self._set("enabled", request.data)
        response.success = not refused
        response.message = refused or ("commenting" if request.data else "paused")
        return response

    def _unready(self) -> str:
        """Return why nothing can be asked or said now, and what to do; empty if it can be."""
        session = self._session
        if session is not None and session.active and session.loader.ready.is_set():
            return ""
        self._try_again()
        return (session and session.error) or (
            "the commentator isn't ready: see ~/status, activate it and try again"
        )

    def _set(self, name: str, value: object) -> str:
        """Set a parameter; return why it was refused, empty if it was not."""
        result = self.set_parameters([Parameter(name, value=value)])[0]
        return "" if result.successful else result.reason

    def _report(self) -> None:
        if self._session:
            self._session.watch(self._live.settings.image_topics)
            self._session.follow_publishers()
        stamp = self.get_clock().now().to_msg()
        status = describe(self._session, self._control, self._configure_error)
        self._status.publish(messages.status_message(status, stamp))
        array = DiagnosticArray()
        for check in diagnose(self._session, status):
            array.status.append(diagnostic(self.get_name(), check))
        array.header.stamp = stamp
        self._diagnostics.publish(array)
        self._log_change(status)

    def _log_change(self, status: CommentatorStatus) -> None:
        if status.detail != self._logged:
            self._logged = status.detail
            if status.state in ("loading", "inactive", "unconfigured"):
                self.get_logger().info(status.detail)
            elif status.detail:
                self.get_logger().warning(status.detail)
            else:
                self.get_logger().info(f"all well: {status.engine}; voice: {status.voice}")


def _check_topics(settings: CommentatorSettings) -> None:
    """Raise ValueError unless there are image topics, and all topics have valid names."""
    if not settings.image_topics:
        raise ValueError("image_topics: name at least one topic")
    named = [("image_topics", topic) for topic in settings.image_topics]
    for setting, topic in [*named, ("sound_topic", settings.sound_topic)]:
        try:
            validate_topic_name(topic)
        except NameValidationException as error:
            raise ValueError(f"{setting}: {error}") from None


def main() -> None:
    """Run the commentator node."""
    run(CommentatorNode)


if __name__ == "__main__":
    main()
