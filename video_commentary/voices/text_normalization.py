"""Text normalization for English speech: numbers, units and symbols become words.

Dates, fractions and amounts of money are not changed: the neural voice reads those well.
"""

from __future__ import annotations

import re

# unit -> (singular, plural)
_SPEED = "kilometre per hour", "kilometres per hour"
_UNITS = {
    "%": ("percent", "percent"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"),
    "m/s²": ("metre per second squared", "metres per second squared"),
    "m/s": ("metre per second", "metres per second"),
    "km/h": _SPEED,
    "kmh": _SPEED,
    "kph": _SPEED,
    "mph": ("mile per hour", "miles per hour"),
    "m²": ("square metre", "square metres"),
    "m³": ("cubic metre", "cubic metres"),
    "km": ("kilometre", "kilometres"),
    "cm": ("centimetre", "centimetres"),
    "mm": ("millimetre", "millimetres"),
    "m": ("metre", "metres"),
    "ft": ("foot", "feet"),
    "kg": ("kilogram", "kilograms"),
    "g": ("gram", "grams"),
    "ms": ("millisecond", "milliseconds"),
    "s": ("second", "seconds"),
    "min": ("minute", "minutes"),
    "h": ("hour", "hours"),
    "kHz": ("kilohertz", "kilohertz"),
    "Hz": ("hertz", "hertz"),
    "fps": ("frame per second", "frames per second"),
    "px": ("pixel", "pixels"),
    "V": ("volt", "volts"),
    "W": ("watt", "watts"),
}
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
# A number that is no part of a word, date, fraction, amount, version or address.
_ALONE = r"(?<![\w.,:/$£€¥-])"
_ALONE_AFTER = r"(?![\w/]|[.,:-]\d)"

_MARKUP = re.compile(r"[*_`~^|<>\\{}]+|#(?!\d)")
_TIME = re.compile(r"(?<![\w:.])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![\w:]|\.\d)")
_RANGE = re.compile(
    rf"{_ALONE}(\d+(?:\.\d+)?)\s?[-–]\s?(?=\d+(?:\.\d+)?(?:[^\w/.-]|\.?$|\s?(?:{_UNIT})\b))"
)
_QUANTITY = re.compile(rf"{_ALONE}([-−+]?)({_NUMBER})\s?({_UNIT})(?![\w/²³])")
_ORDINAL = re.compile(rf"{_ALONE}(\d{{1,6}})(?:st|nd|rd|th)\b")
_TIMES = re.compile(rf"{_ALONE}(?:[x×]\s?(\d+)|(\d+(?:\.\d+)?)\s?[x×])(?!\w)")
_BY = re.compile(r"(?<=\d)\s?[x×]\s?(?=\d)")
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_YEAR = re.compile(
    rf"\b((?:in|since|until|till|from|of|year|early|late|before|after|{_MONTH}),? )"
    rf"(1[1-9]\d\d|20\d\d){_ALONE_AFTER}(?! [a-z]*s\b)",
    re.IGNORECASE,
)
_PLAIN = re.compile(rf"{_ALONE}([-−+]?)({_NUMBER}){_ALONE_AFTER}")
_MAX_DIGITS = 9
"""Longer numbers are read digit by digit."""


def normalized(text: str) -> str:
    """Return `text` with numbers, units, times and symbols written out as words."""
    text = _MARKUP.sub(" ", text).replace("#", "number ")
    text = _TIME.sub(_time, text)
    text = _BY.sub(" by ", text)
    text = _RANGE.sub(r"\1 to ", text)
    text = _QUANTITY.sub(_quantity, text)
    text = _ORDINAL.sub(lambda m: _num2words(int(m[1]), to="ordinal"), text)
    text = _TIMES.sub(_times, text)
    text = _YEAR.sub(lambda m: m[1] + _words(_num2words(int(m[2]), to="year")), text)
    text = _PLAIN.sub(lambda m: _sign(m[1]) + _number(m[2]), text)
    return " ".join(text.replace("&", " and ").split())


def _num2words(number: int, to: str = "cardinal") -> str:
    from num2words import num2words  # NeuralVoice.load has made sure that it is there

    return str(num2words(number, to=to))


def _words(text: str) -> str:
    """Remove the commas of num2words in long numbers: they would become pauses."""
    return text.replace(",", "")


def _number(digits: str) -> str:
    digits = digits.replace(",", "")
    whole, _, decimals = digits.partition(".")
    if len(whole) > _MAX_DIGITS or len(whole) > 1 and whole[0] == "0":
        said = _one_by_one(whole)
    else:
        said = _words(_num2words(int(whole)))
    return f"{said} point {_one_by_one(decimals)}" if decimals else said


def _one_by_one(digits: str) -> str:
    return " ".join(_num2words(int(digit)) for digit in digits)


def _sign(sign: str) -> str:
    return {"": "", "+": "plus "}.get(sign, "minus ")


def _quantity(match: re.Match[str]) -> str:
    one, many = _UNITS[match[3]]
    return f"{_sign(match[1])}{_number(match[2])} {one if match[2] == '1' else many}"


def _times(match: re.Match[str]) -> str:
    return f"{_number(match[1] or match[2])} times"


def _time(match: re.Match[str]) -> str:
    hour, minute = _num2words(int(match[1])), int(match[2])
    if minute == 0:
        said = f"{hour} o'clock" if not match[3] else f"{hour} hundred"
    else:
        said = f"{hour} {'oh ' if minute < 10 else ''}{_num2words(minute)}"
    if not match[3]:
        return said
    seconds = int(match[3])
    return f"{said} and {_num2words(seconds)} second{'' if seconds == 1 else 's'}"
