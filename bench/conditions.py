"""Conditions that the benches watch for, on whatever is filmed."""

from __future__ import annotations

ALWAYS = (
    "a person comes into view",
    "a person goes out of view",
    "a car stops",
    "a car comes closer",
    "a dog comes into view",
    "a bottle is taken",
    "more than three people",
    "anything moves",
    "the light changes",
    "the picture changes to another scene",
)
