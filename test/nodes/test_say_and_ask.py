"""~/say, and ~/ask as an action and about the past, over DDS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rclpy.action import ActionClient
from rclpy.action.client import GoalStatus
from video_commentary.action import Ask as AskAction
from video_commentary.srv import Say

from test.nodes.graph import Probe, commentator, probe
from test.nodes.test_memory import memory


class Asked:
    """A goal of ~/ask: what came of it so far."""

    def __init__(self, graph: Probe, question: str, quiet: bool = False) -> None:
        self._graph = graph
        client = ActionClient(graph.node, AskAction, "/commentator/ask")
        graph.until(client.server_is_ready, what="the action")
        self.words: list[str] = []
        goal = AskAction.Goal(question=question, quiet=quiet)
        sent = client.send_goal_async(goal, lambda m: self.words.append(m.feedback.text))
        graph.film(sent.done)
        self._handle: Any = sent.result()
        assert self._handle.accepted
        self._result = self._handle.get_result_async()

    def cancel(self) -> None:
        self._handle.cancel_goal_async()

    def result(self) -> Any:
        self._graph.film(self._result.done)
        return self._result.result()


def say(graph: Probe, text: str, **fields: Any) -> Any:
    return graph.call(Say, "/commentator/say", Say.Request(text=text, **fields))


def said(graph: Probe) -> list[str]:
    return [message.text for message in graph.finals]


def test_sentences_and_goals_are_served_while_it_comments() -> None:
    with commentator("long", voice="speaks") as node, probe() as graph:
        graph.film(lambda: graph.got["audio"])
        later, now = say(graph, "Later."), say(graph, "Now!", priority=1, interrupt=True)
        assert (later.success, later.message, now.success) == (True, "", True)
        graph.film(lambda: "Later." in said(graph))
        assert said(graph)[-2:] == ["Now!", "Later."]
        assert graph.finals[-3].cancelled, "the comment went on"
        assert all(message.first_sound.sec for message in graph.finals[-2:])
        assert any(not message.audio.data for message in graph.got["audio_stamped"]), "no cut"
        graph.until(lambda: {"Now!", "Later."} <= {m.data for m in graph.got["commentary"]})
        for fields, words in (
            ({"text": " "}, "the text is empty"),
            ({"text": "x" * 2001}, "2,001 characters"),
            ({"text": "Hello.", "priority": 7}, "neither NORMAL (0) nor HIGH (1)"),
        ):
            refused = say(graph, **fields)
            assert not refused.success
            assert words in refused.message

        asked = Asked(graph, "What is it?")
        graph.film(lambda: len(asked.words) > 3)
        assert asked.words[1].startswith(asked.words[0]) and asked.words[1] != asked.words[0]
        waiting = Asked(graph, "And then?")
        asked.cancel()
        waiting.cancel()
        for each in (asked, waiting):
            ended = each.result()
            assert ended.status == GoalStatus.STATUS_CANCELED
            assert (ended.result.success, ended.result.answer) == (
                False,
                "the question was cancelled",
            )
        graph.film(lambda: any(m.question == "What is it?" for m in graph.finals))
        answers = [m for m in graph.finals if m.question]
        assert [(m.question, m.cancelled) for m in answers] == [("What is it?", True)]
        assert len(answers[0].text.split()) < 400

        refused = Asked(graph, "").result()
        assert refused.status == GoalStatus.STATUS_ABORTED
        assert "the question is empty" in refused.result.answer
        past = Asked(graph, "When was the last car?")
        assert past.result().status == GoalStatus.STATUS_SUCCEEDED
        assert past.result().result.answer == past.words[-1]
        assert past.words[-1].startswith("I can't remember that: no memory is running")
        assert node.stop()[0] == 0


def test_the_past_is_asked_of_the_memory(tmp_path: Path) -> None:
    with memory(tmp_path / "m.db"), commentator("says") as node, probe() as graph:
        question = "How many people came in since yesterday?"

        def answered() -> Any:
            reply = graph.ask(question)
            return reply if "came in since yesterday" in reply.answer else None

        graph.film(lambda: graph.got["events"])
        reply = graph.film(answered)
        assert reply.success
        entry = next(m for m in graph.got["events"] if m.header.stamp == reply.stamp)
        assert entry.kind == "enters"
        graph.film(lambda: reply.answer in said(graph))
        told = next(m for m in graph.finals if m.text == reply.answer)
        assert (told.question, told.cancelled) == (question, False)
        present = graph.ask("How many people are there?")
        assert present.answer == "You asked: How many people are there?"
        assert node.stop()[0] == 0
