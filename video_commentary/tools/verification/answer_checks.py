"""Checks of loading and of what the model says about the shipped picture."""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from typing import TYPE_CHECKING

from ...core.prompting import one_line
from .check import CheckOutcome, Figure, fail, ok, warn
from .weight_checks import RANDOM, fail_unless_random, ok_unless_random

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

SHOWN_WORDS = ("robot", "arm", "cup", "mug", "saucer", "plate", "table", "gripper", "machine")
"""Words that an answer about models/verify/picture.jpg may be expected to hold one of."""
_CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
_MARKS = re.compile(r"<\|?/?\w+\|?>")
"""What looks like a special token, such as <think>, </think> or <|listen|>."""
_LOOP_WORDS, _LOOP_TIMES = 4, 3
_FEW_CHINESE = 3
_ENGLISH = 'set instruction:="Answer in English."'


def check_load(model: ModelUnderTest) -> CheckOutcome:
    """Load the model as the node does."""
    begun = time.monotonic()
    engine = model.engine()
    seconds = round(time.monotonic() - begun, 1)
    problems = model.log.lines(level=logging.WARNING)
    found = f"{engine.description}, {seconds} s"
    figures: dict[str, Figure] = {"seconds": seconds, "description": engine.description}
    if problems and engine.voice is not None:
        return warn(f"{found}; {problems[0]}", "", log=model.log.lines(), **figures)
    return ok(found, log=model.log.lines(), **figures)


def check_kernel_choice(model: ModelUnderTest) -> CheckOutcome:
    """Name the kernels that were fastest on this card when the model was loaded."""
    model.gpu("no GPU: plain torch on the CPU")
    model.engine()
    chosen = model.log.lines("autotune")
    if not chosen:
        return ok("16-bit weights: cuBLAS for prefill, our GEMV for decode")
    return ok("; ".join(chosen), chosen=chosen)


def check_answer(model: ModelUnderTest) -> CheckOutcome:
    """Ask about the picture; the numbers must be finite, and the answer about the picture."""
    reply = model.reply()
    text = one_line(reply.text)
    figures: dict[str, Figure] = {
        "text": text,
        "ids": list(reply.ids),
        "ended": reply.ended,
        "finite": reply.finite,
    }
    if not reply.finite:
        return fail(
            "the logits hold NaN or infinity",
            "damaged weights, or a dtype that overflows: see the rows above",
            **figures,
        )
    if not reply.ids:
        return fail_unless_random(
            model, "the model says nothing", "the weights or the prompt are wrong", **figures
        )
    quoted = f'"{text}"'
    if model.random_weights():
        return warn(f"{quoted} ({RANDOM})", "", **figures)
    if not reply.ended:
        return warn(f"{quoted}: no end", f"longer than {len(reply.ids)} tokens", **figures)
    if not any(word in text.lower() for word in SHOWN_WORDS):
        return warn(
            f"{quoted}: names nothing of the picture",
            "look at models/verify/picture.jpg: a robot arm at a table with a cup",
            **figures,
        )
    return ok(quoted, **figures)


def check_added_tokens(model: ModelUnderTest) -> CheckOutcome:
    """Look for tokens of thinking, tools and other modes in the answer."""
    reply = model.reply()
    suppressed = set(model.engine().parts.tokenizer.suppress_tokens)
    sampled = sorted(suppressed & set(reply.ids))
    written = _MARKS.findall(reply.text)
    if sampled or written:
        return fail(
            f"the answer holds {', '.join(written) or sampled}",
            "it would be shown and spoken: send the report",
            sampled=sampled,
            written=written,
        )
    return ok(f"none in {len(reply.ids)} tokens")


def check_language(model: ModelUnderTest) -> CheckOutcome:
    """Look for Chinese signs in an answer that is to be English."""
    text = model.reply().text
    count = len(_CHINESE.findall(text))
    found = f"{count} Chinese signs among {len(text)} characters"
    if 0 < count <= _FEW_CHINESE and not model.random_weights():
        return warn(found, _ENGLISH, chinese=count)
    if count:
        return fail_unless_random(model, found, _ENGLISH, chinese=count)
    return ok_unless_random(model, "no Chinese signs", chinese=0)


def check_repetition(model: ModelUnderTest) -> CheckOutcome:
    """Look for a phrase that comes again and again."""
    loop = repeated_phrase(model.reply().text)
    if loop:
        return fail_unless_random(
            model, f'repeats "{loop}"', "damaged weights, or wrong kernels", loop=loop
        )
    return ok_unless_random(model, f"no {_LOOP_WORDS} words {_LOOP_TIMES} times")


def repeated_phrase(text: str) -> str:
    """Return a phrase of four words that `text` holds three times, empty if there is none."""
    words = text.split()
    phrases = Counter(
        " ".join(words[i : i + _LOOP_WORDS]) for i in range(len(words) - _LOOP_WORDS + 1)
    )
    phrase, count = next(iter(phrases.most_common(1)), ("", 0))
    return phrase if count >= _LOOP_TIMES else ""
