from __future__ import annotations

import threading
from functools import partial

from video_commentary.core.cancel import CancelToken


def test_it_is_cancelled_once_and_for_good() -> None:
    token = CancelToken()
    assert (token.cancelled, token.wait(0.0)) == (False, False)
    token.cancel()
    token.cancel()
    assert token.cancelled
    assert token.wait(0.0)


def test_callbacks_run_once_in_order() -> None:
    token, calls = CancelToken(), list[int]()
    for number in range(3):
        token.on_cancel(partial(calls.append, number))
    assert calls == []
    token.cancel()
    token.cancel()
    assert calls == [0, 1, 2]


def test_a_callback_that_comes_too_late_runs_at_once() -> None:
    token, calls = CancelToken(), list[int]()
    token.cancel()
    token.on_cancel(lambda: calls.append(1))()
    assert calls == [1]


def test_what_is_unsubscribed_is_not_called() -> None:
    token, calls = CancelToken(), list[int]()
    unsubscribe = token.on_cancel(lambda: calls.append(1))
    token.on_cancel(lambda: calls.append(2))
    unsubscribe()
    unsubscribe()
    token.cancel()
    assert calls == [2]


def test_a_callback_may_unsubscribe_the_next() -> None:
    token, calls = CancelToken(), list[int]()

    def first() -> None:
        calls.append(1)
        unsubscribe()

    token.on_cancel(first)
    unsubscribe = token.on_cancel(lambda: calls.append(2))
    token.cancel()
    assert calls == [1]


def test_another_thread_that_waits_is_woken() -> None:
    token, woken = CancelToken(), list[bool]()
    thread = threading.Thread(target=lambda: woken.append(token.wait(20)))
    thread.start()
    token.cancel()
    thread.join(10)
    assert woken == [True]


def test_unsubscribing_waits_for_a_callback_that_runs() -> None:
    token, begun, go_on = CancelToken(), threading.Event(), threading.Event()
    order: list[str] = []

    def callback() -> None:
        begun.set()
        go_on.wait(20)
        order.append("called")

    def leave() -> None:
        unsubscribe()
        order.append("unsubscribed")

    unsubscribe = token.on_cancel(callback)
    threads = [threading.Thread(target=target) for target in (token.cancel, leave)]
    threads[0].start()
    assert begun.wait(10)
    threads[1].start()
    threads[1].join(0.1)
    assert order == []
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert order == ["called", "unsubscribed"]
