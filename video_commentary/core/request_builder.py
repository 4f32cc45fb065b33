"""From orders and a view to what an engine is asked, and the comment that is to come of it."""

from __future__ import annotations

from collections.abc import Sequence

from .change import Intensity
from .comment import Comment
from .control import Orders
from .engine import Limits, Request
from .prompting import build_prompt
from .scene_monitor import View
from .stamp import Stamp


def build_request(
    orders: Orders, view: View, recent: Sequence[str], *, can_speak: bool, pressing: bool
) -> Request:
    """Return what to ask an engine; `recent`: the last comments, oldest first."""
    settings, question = orders.settings, orders.question
    remembered = question.remembered if question else None
    frames = () if remembered else view.frames
    prompt = build_prompt(
        orders.profile,
        orders.instruction,
        question.text if question else "",
        recent[-settings.context_comments :] if settings.context_comments else (),
        frames,
        remembered,
    )
    brief = view.intensity is Intensity.BRIEF and not question
    return Request(
        frames,
        prompt,
        Limits(settings.max_tokens_brief if brief else settings.max_tokens),
        speak=can_speak and not (question and question.quiet),
        pressing=pressing,
        announcement=orders.announcement.text if orders.announcement else "",
        remembered=remembered,
        question_sound=question.sound if question else None,
    )


def unsaid_comment(orders: Orders, view: View, sequence: int, now: Stamp) -> Comment:
    """Return a comment before its first word; without frames it is about the present, `now`."""
    newest = view.frames[-1] if view.frames else None
    return Comment(
        sequence=sequence,
        camera=newest.camera if newest else "",
        newest=newest.stamp if newest else now,
        oldest=view.frames[0].stamp if newest else now,
        instruction=orders.instruction,
        question=orders.question.text if orders.question else "",
        requested=now,
    )
