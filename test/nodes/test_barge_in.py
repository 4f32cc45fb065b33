"""The commentator gives way to somebody who speaks, over DDS, and its volume changes."""

from __future__ import annotations

import numpy as np
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from video_commentary.msg import BargeIn, Utterance

from test.nodes.graph import Probe, commentator, probe
from video_commentary.ros.qos import EVENTS


def loudest(graph: Probe) -> int:
    """Return the peak of the latest block of sound."""
    samples = np.frombuffer(bytes(graph.got["audio"][-1].data), "<i2")
    return int(np.abs(samples.astype(int)).max())


def test_it_falls_silent_at_once_and_goes_on_after_the_listener_or_without_it() -> None:
    with probe() as graph, commentator("long", voice="speaks"):
        states = graph.node.create_publisher(BargeIn, "/listener/barge_in", EVENTS)
        heard = graph.node.create_publisher(Utterance, "/listener/heard", EVENTS)
        graph.until(states.get_subscription_count, what="a subscription to barge_in")
        graph.until(heard.get_subscription_count, what="a subscription to heard")
        graph.film(lambda: graph.got["audio_stamped"])

        states.publish(BargeIn(state=BargeIn.DUCK))
        states.publish(BargeIn(state=BargeIn.STOP))
        graph.film(lambda: not len(graph.got["audio_stamped"][-1].audio.data), 2.0)
        graph.film(lambda: graph.finals)
        assert graph.finals[-1].cancelled
        events = len(graph.got["commentary_events"])
        states.publish(BargeIn(state=BargeIn.NONE))
        graph.spin(0.5)
        assert len(graph.got["commentary_events"]) == events, "it did not wait for the words"
        heard.publish(Utterance(text="well", final=True, intent="none"))
        graph.film(lambda: len(graph.got["commentary_events"]) > events, 1.5)

        states.publish(BargeIn(state=BargeIn.STOP))
        graph.film(lambda: len(graph.finals) == 2, 2.0)
        events = len(graph.got["commentary_events"])
        graph.film(lambda: len(graph.got["commentary_events"]) > events)  # nothing is repeated

        volume = Parameter("volume", value=0.5).to_parameter_msg()
        request = SetParameters.Request(parameters=[volume])
        graph.film(lambda: graph.got["audio"] and loudest(graph) == 10_000)
        assert graph.call(SetParameters, "/commentator/set_parameters", request).results[0]
        graph.film(lambda: loudest(graph) == 5_000)
