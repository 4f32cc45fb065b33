"""What questions ask for, recognised by their words: one table of patterns.

Adding a kind of question: a member of `Form`, a line in `_PATTERNS` (the first that fits counts),
and its reply in the tables of `answers.py`.
"""

from __future__ import annotations

import re
from enum import Enum, auto


class Form(Enum):
    """What a question asks for."""

    UNKNOWABLE = auto()
    TEXT = auto()
    CAMERA = auto()
    LIGHT_CHANGE = auto()
    DAYTIME = auto()
    SETTING = auto()
    TOTAL = auto()
    COMPARE = auto()
    STILL_THERE = auto()
    COUNT = auto()
    WEARING = auto()
    COLOUR = auto()
    APPROACH = auto()
    HEADING = auto()
    WHERE = auto()
    DOING = auto()
    HAPPENED = auto()
    NEAREST = auto()
    PLACE = auto()
    KIND = auto()
    ACTION = auto()
    ON = auto()
    MOVING = auto()
    PRESENCE = auto()
    OVERVIEW = auto()


_GOES = (
    r"(go(es|ing)?|head(s|ed|ing)?|mov(e|es|ing)|walk(s|ing)?|run(s|ning)?|driv(e|es|ing)|"
    r"fly(ing)?|flies|travel(s|ling)?|turn(s|ing)?|rid(e|es|ing))"
)
_MOTION = (
    r"(mov\w*|turn\w*|pan\w*|driv\w*|still|stopp\w*|stand\w*|rotat\w*|tilt\w*|zoom\w*|shak\w*|"
    r"stationary|fly\w*|backwards?|forwards?|revers\w*|travel\w*|going|heading|parked|doing|pointing|"
    r"fixed|steady|swing\w*)"
)
ACTIONS = {
    "moves": r"mov(e|es|ing)|motion|driv(e|es|ing)|walk(s|ing)?|run(s|ning)?|rid(e|es|ing)|"
    r"go(es|ing)?|fly(ing)?|flies|pass(es|ing)?( by)?|cross(es|ing)?",
    "rests": r"stand(s|ing)?( still)?|still|stopp(ed|ing)|stationary|park(ed|ing|s)?|wait(s|ing)?|"
    r"at rest|motionless|not moving",
}
"""What the movement of a box shows."""
UNSEEN_ACTIONS = (
    r"sit(s|ting)?|sleep(s|ing)?|eat(s|ing)?|drink(s|ing)?|read(s|ing)?|writ(es|ing)|jump(s|ing)?|"
    r"danc(e|es|ing)|wav(e|es|ing)|point(s|ing)?|play(s|ing)?|fight(s|ing)?|fall(s|ing|en)?|"
    r"lying|lies|kneel\w*|bend(s|ing)?|climb(s|ing)?|swim(s|ming)?|cook(s|ing)?|work(s|ing)?|"
    r"hold(s|ing)?|carry(ing)?|carries|push(es|ing)?|pull(s|ing)?|throw(s|ing)?|catch(es|ing)?|"
    r"hug\w*|kiss\w*|shak(es|ing)|us(es|ing)|phoning|calling|smok\w+|open(s|ing)?|clos(es|ing)|"
    r"touch\w*|look(s|ing)?|watch\w*|fac(es|ing)|lean(s|ing)?|turn(s|ing)?|bark\w*|help\w*|"
    r"steal\w*|hid(es|ing)|injured|hurt|broken|open|closed|full|empty|on fire|burning|"
    r"cycl\w*|overtak\w*|kick\w*|juggl\w*"
)
_COLOUR_ASKED = (
    r"^(is|are) (the|that|this|these|those|his|her|their)\b.*\b(red|orange|yellow|green|blue|"
    r"purple|pink|brown|white|gr[ea]y|black|silver)( or \w+)?$"
)
_PATTERNS: tuple[tuple[Form, str], ...] = (
    (
        Form.TEXT,
        r"\b(say|says|read|reads|written|text|writing|words?|letters|lettering)\b.*|\bspell",
    ),
    (
        Form.UNKNOWABLE,
        r"\bwhy\b|\bwhose\b|\bnames?\b|\bnamed\b|\bcalled\b|"
        r"\bhow (old|tall|heavy|fast|far|much|long|big|large|hot|cold|deep|wide|high|expensive|"
        r"often|come|does|do|did|is|are|was|can|could|would)\b|"
        r"\b(ages?|brands?|makers?|manufacturer|licen[cs]e|number ?plates?|registration)\b|"
        r"\b(happy|sad|angry|smil\w+|laugh\w*|crying|cries|tired|bored|nervous|afraid|mood|feel\w*|"
        r"think\w*|thought|believes?|wants?|wish\w*|hop(es|ing)|plan(s|ning)?|intends?|likes?|"
        r"loves?|hates?|enjoy\w*|know|remember)\b|"
        r"\b(talk\w*|speak\w*|discuss\w*|sing\w*|sounds?|hear|noises?|music|loud|listen\w*|smell\w*|"
        r"tastes?)\b|"
        r"\bwho (owns?|lives?|drives?|made|built|won|wins|belongs|is (driving|holding|playing|"
        r"talking|winning)|('s|is|are|was) (he|she|it|they|this|that|these|those|the))\b|"
        r"\b(do|does) you know\b|"
        r"\b(which|what) (city|country|town|village|state|team|language|club|year|month|day|date|"
        r"season|airport|company|school|university|material|breed|model|make|song|game is|"
        r"time|temperature|street is|road is|place is|number)\b|"
        r"\bwhat('s| is) the (time|date|temperature|weather|score|model|make|breed|price)\b|"
        r"\b(weather|rain\w*|snow\w*|sunny|windy|cloudy|forecast|temperature|warm|o'clock)\b|"
        r"\b(tomorrow|yesterday|later|tonight|(do|happens?) next|next (week|time|day|year))\b|"
        r"\b(will|would|should|could have|going to happen|"
        r"future|used to)\b|"
        r"\b(gender|sex|nationality|job|profession|married|famous|related|family|friends?|"
        r"owner|owned|belongs?|cost|price|worth|dangerous|danger|safe|allowed|legal|real|fake)\b|"
        r"\b(eyes?|hair|teeth|tongue|nails)\b|\bwhat\b.*\b(behind|beside|between|next to|under)\b|"
        r"\b(look|looks|looking|facing|faces|staring|gazing)\b(?! like)|"
        r"\b(in|inside|under|beneath|behind|underneath) (the|his|her|their|a|an|that|this) "
        r"(cup|mug|bottle|glass|bowl|box|bag|handbag|backpack|suitcase|car|van|truck|lorry|bus|"
        r"house|building|door|drawer|pocket|hand)\b|\bwhich \w+ is the \w+ (in|under|behind)\b",
    ),
    (
        Form.CAMERA,
        r"\b(is|does|did|do|has|was|are|am) (((the|this|your|our|my) (camera|view|picture|image|"
        r"video|robot|drone))|"
        r"(we|you|i)(?! (see|notice|think|know|find|tell|spot|count|hear|make)))\b.*"
        rf"\b{_MOTION}\b|\b(which|what) (way|direction) (are|do) (we|you)\b|"
        r"\bcamera (move|motion|movement)",
    ),
    (
        Form.LIGHT_CHANGE,
        r"^(?!.*traffic light).*\b(light|lights|lighting|bright\w*|dark\w*|sun)\b.*\b(chang\w*|"
        r"get\w*|got|becom\w*|became|turn\w*|went|come|came|go|gone|switched|brighter|darker)\b|"
        r"^(?!.*traffic light).*\b(chang\w*|get\w*|got|becom\w*|became|turn\w*|went|switched)\b.*"
        r"\b(light|lights|lighting|bright\w*|dark\w*)\b|\b(brighter|darker)\b",
    ),
    (
        Form.DAYTIME,
        r"\b(day|daytime|night|night-?time|daylight|evening|morning|dawn|dusk)\b|"
        r"\bis it (very |so |too )?(dark|bright|light)\b|"
        r"\b(dark|bright) (outside|inside|there|here)\b",
    ),
    (Form.SETTING, r"\b(inside|indoors?|outside|outdoors?|in the open)\b"),
    (
        Form.TOTAL,
        r"\bhow many\b.*\b(so far|in (all|total)|altogether|until now|up to now|(have|has) "
        r"(come|passed|left|entered|been|gone|walked|driven|crossed|appeared)|passed|came|entered|"
        r"left the|went)\b|\btotal (number|count)\b",
    ),
    (
        Form.COMPARE,
        r"\b(more|fewer|less)\b(?!.* than (one|two|three|four|five|\d)).*"
        r"\b(than|before|now|earlier|or)\b",
    ),
    (
        Form.STILL_THERE,
        r"\bstill (there|here|in|on|at|visible|around|present)\b|"
        r"\b(has|have|is|are|did)\b.*\b(gone|left yet|disappeared|vanished)\b|"
        r"\b(has|have) (the|that|this|he|she|they|it)\b.*\bleft\b(?! (side|hand))",
    ),
    (
        Form.ON,
        r"^what('s| is| are| do you see| else is) (lying |standing )?on (the|that|this|a) "
        r"(?!(far )?(left|right)\b)",
    ),
    (
        Form.MOVING,
        r"^what('s| is| are| else is)? (moving|going past|driving)\b|"
        r"^(is|does) (anything|something) mov\w*",
    ),
    (Form.COUNT, r"\bhow many\b|\bnumber of\b|\bcount\b"),
    (Form.WEARING, r"\bwear\w*\b|\bdressed\b|\bclothes\b.*\bhas\b|\bhave\b.*\bon\b$"),
    (Form.COLOUR, r"\bcolou?rs?\b(?!ed)|" + _COLOUR_ASKED),
    (
        Form.APPROACH,
        r"\b(com(e|es|ing)|get(s|ting)?|mov(e|es|ing)|draw(s|ing)?|walk(s|ing)?|driv(es|ing)|"
        r"go(es|ing)?|run(s|ning)?)\b.*"
        r"\b(closer|nearer|near|towards?|away|farther|further|at (us|you|me))\b|"
        r"\b(approach\w*|reced\w*|retreat\w*|closer|nearer)\b|"
        r"^(is|are)\b.*\bcoming\b(?! (in|out|back|from)\b)",
    ),
    (
        Form.HEADING,
        rf"\b(which|what) (way|direction|side)\b.*\b{_GOES}\b|\bdirection\b|\bheading\b|"
        rf"\bwhere\b.*\b(go(es|ing)?|heading|walking|moving|driving|running|flying|riding)\b|"
        rf"\b{_GOES}\b.*\b(to the )?(left|right)\b",
    ),
    (
        Form.NEAREST,
        r"\bwhat\b.*\b(nearest|closest|in front of (us|you|me)|ahead)\b|"
        r"\bwho\b.*\b(nearest|closest)\b",
    ),
    (
        Form.PLACE,
        r"\b(what|who)\b('s| is| are| do| can| else| stands?| sits?|.* you see).*"
        r"\b(on|at|in|to) the "
        r"(far )?(left|right|middle|cent(re|er)|front|foreground|background|back|distance)\b",
    ),
    (
        Form.WHERE,
        r"\bwhere\b|^which\b.*\b(nearest|closest)\b|\bwhich side\b|\bwhereabouts\b|"
        r"\bposition of\b|\blocat(ed|ion)\b",
    ),
    (
        Form.DOING,
        r"\bwhat\b.*\b(doing|do|does|up to|holding|carrying)\b(?! you (see|hear))"
        r"(?!.*\b(see|happen))",
    ),
    (
        Form.HAPPENED,
        r"\b(happen\w*|occur\w*|chang\w*|just now|went on|going on)\b|\bwho\b.*\b(came|come|left|"
        r"leave|enter\w*|arriv\w*|went|walked|passed|appeared)\b|\b(did|has|have)\b.*\b(come|came|"
        r"enter\w*|arriv\w*|appear\w*|leave|left|gone|walked|pass\w*|overtak\w*|anything|something)\b|"
        r"\banything new\b|\bcoming (in|out|back)\b",
    ),
    (
        Form.KIND,
        r"\b(what|which) (kind|type|sort)\b|\b(what|which) (animal|vehicle|creature|thing|object|"
        r"pet|bird)s?\b|\bwhat('s| is| are) (that|this|it|those|these)\b",
    ),
    (
        Form.OVERVIEW,
        r"\bwhat\b.*\b(see|visible|there|in (the|this|view)|shown|around)\b|\bdescribe\b",
    ),
    (
        Form.ACTION,
        rf"^(is|are|do|does)\b.*\b({ACTIONS['moves']}|{ACTIONS['rests']}|{UNSEEN_ACTIONS})\b",
    ),
    (
        Form.PRESENCE,
        r"^(is|are|was|do|does|did|can|could|have|has|any)\b|\bany\b|\b(see|there)\b|^who\b",
    ),
)
FORMS = tuple((form, re.compile(pattern)) for form, pattern in _PATTERNS)
"""Each form with its pattern, for a question in lower case; the first that fits counts."""
