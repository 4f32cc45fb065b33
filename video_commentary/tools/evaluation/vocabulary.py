"""The tables behind the measure: which words mean which kind, and which kinds report which event.

All of them stand here, so that a reader can check a verdict by hand (docs/evaluation.md).
"""

from __future__ import annotations

NOUNS = {  # kind: its words in the singular; plurals follow from PLURALS
    "person": "person man woman child boy girl someone somebody pedestrian walker lady guy "
    "human player worker passer-by figure visitor kid individual driver",
    "cyclist": "cyclist biker rider",
    "crowd": "crowd",
    "hand": "hand",
    "car": "car saloon suv taxi automobile estate sedan hatchback cab limousine",
    "truck": "truck pick-up pickup lorry",
    "van": "van minivan",
    "bus": "bus coach minibus",
    "bicycle": "bicycle bike",
    "motorcycle": "motorcycle motorbike scooter moped motorcyclist",
    "train": "train tram",
    "boat": "boat ship",
    "airplane": "airplane plane aeroplane aircraft",
    "vehicle": "vehicle",
    "dog": "dog puppy",
    "cat": "cat kitten",
    "bird": "bird cockatoo parrot pigeon gull seagull duck crow sparrow",
    "rabbit": "rabbit bunny hare",
    "horse": "horse pony",
    "sheep": "sheep lamb",
    "cow": "cow",
    "animal": "animal creature pet",
    "robot": "robot",
    "ball": "ball football sports_ball basketball",
    "cup": "cup mug",
    "bottle": "bottle flask",
    "glass": "glass wine_glass",
    "bowl": "bowl saucer plate dish",
    "table": "table desk dining_table",
    "chair": "chair armchair stool",
    "couch": "couch sofa",
    "bench": "bench",
    "bag": "bag handbag backpack rucksack suitcase",
    "box": "box carton parcel package",
    "book": "book magazine",
    "phone": "phone cell_phone mobile_phone smartphone",
    "laptop": "laptop notebook",
    "screen": "screen tv monitor television",
    "keyboard": "keyboard",
    "mouse": "mouse",
    "clock": "clock",
    "plant": "plant potted_plant",
    "umbrella": "umbrella",
    "banana": "banana",
    "apple": "apple",
    "sign": "sign",
    "stop sign": "stop_sign",
    "traffic light": "traffic_light",
    "road": "road street motorway highway lane path pavement junction",
    "room": "room office kitchen corridor",
    "building": "building house tower city station",
    "park": "park lawn garden",
    "tree": "tree hedge bush",
    "sky": "sky",
    "sea": "sea water beach",
    "camera": "camera view picture scene we",
    "something": "something thing object anything",
}
PLURALS = {
    "person": "people persons",
    "man": "men",
    "woman": "women",
    "child": "children",
    "lady": "ladies",
    "somebody": "",
    "someone": "",
    "pony": "ponies",
    "puppy": "puppies",
    "passer-by": "passers-by",
    "bus": "buses busses",
    "minibus": "minibuses",
    "coach": "coaches",
    "bench": "benches",
    "couch": "couches",
    "box": "boxes",
    "glass": "glasses",
    "wine_glass": "wine_glasses",
    "lorry": "lorries",
    "dish": "dishes",
    "sheep": "",
    "mouse": "mice",
    "city": "cities",
    "bush": "bushes",
    "we": "",
    "cow": "cows cattle",
}
PARENTS = {  # a kind is also one of these
    "cyclist": ("person", "bicycle"),
    "crowd": ("person",),
    "hand": ("person",),
    "stop sign": ("sign",),
    "rabbit": ("animal",),
    **dict.fromkeys(("car", "truck", "van", "bus", "bicycle", "motorcycle"), ("vehicle",)),
    **dict.fromkeys(("train", "boat", "airplane"), ("vehicle",)),
    **dict.fromkeys(("dog", "cat", "bird", "horse", "sheep", "cow"), ("animal",)),
}
LOOKALIKES = frozenset(("car", "truck", "van", "bus"))
"""Taken for one another by people too: the wrong one of them is half right."""
LIVELY = ("person", "vehicle", "animal")
"""Labels name every kind of these that is to be seen in a clip; things they need not list."""
PICTURE = frozenset(("camera_pans", "camera_tilts", "camera_zooms", "cut", "light"))
"""What happens to the picture as a whole: who is claimed does not matter."""
UNCERTAIN = frozenset(("something",))
"""Names that fit anything: half right at best."""

EVENT_WORDS = {  # kind: words and phrases that say it, tried in this order
    "quiet": r"\b(all|everything|it) is (calm|quiet|still)\b|\bnothing (moves|is moving|happens|"
    r"is happening)\b|\bno (movement|motion)\b|\bquiet again\b",
    "total": r"\b(so far|in all|altogether|in total)\b",
    "camera_pans": r"(camera|view|picture)[^.,;]*\b(pan|turn|swing|rotate)(s|ning|ing|ned)?\b|"
    r"\b(pan|turn)s? (of|by) the camera",
    "camera_tilts": r"(camera|view|picture)[^.,;]*\b(tilts?|tilting|looks? (further )?(up|down))\b",
    "camera_zooms": r"\bzoom(s|ing)?\b|(view|picture) (draws closer|widens)",
    "cut": r"\b(view|scene|shot|picture) (changes|switches|cuts)\b|different (view|scene)|"
    r"new (scene|shot)\b",
    "light": r"\b(brighter|darker|dimmer|brightens|darkens|dims|gets? (bright|dark))\b|"
    r"light (comes up|goes down|changes)|sun comes out|lights? (goes|go|turns?) (on|off|out)",
    "overtakes": r"\bovertak\w+|\bovertook\b",
    "takes_off": r"\b(takes?|taking|took) off\b|\bfl(y|ies|ew) (up|off|away)\b",
    "flies": r"\b(fly|flies|flying|flew|soar\w*)\b",
    "puts_back": r"\b(puts?|putting|plac(es?|ing|ed)|sets?|setting|lays?|laying) (\w+ ){0,4}"
    r"(back|down|onto?|over)\b|\b(is|are) back\b|\breturns? (a|an|the|it)\b|\bone more\b",
    "picks_up": r"\b(pick(s|ed|ing)?( \w+){0,3} up|lift(s|ed|ing)?|grab(s|bed|bing)?|"
    r"(is|are|was|were|been|gets?) (taken|removed)|tak(es|ing) (a|an|the|one|two|it|away)\b|"
    r"take(s|n)? away|removes?|one fewer|fetch(es|ed|ing)?)\b",
    "enters": r"\b(enter(s|ed|ing)?|(walk|com|rid|driv|mov|run|step)(es?|s|ing|e)? in(to)?\b|"
    r"com(es?|ing) into (view|sight|the picture)|appear(s|ed|ing)?|arriv(es?|ed|ing)|"
    r"joins?|emerg(es?|ing))\b",
    "leaves": r"\b(leave|leaves|leaving|(?<!the )left (the|at)|(has|have|just) left|"
    r"exit(s|ed|ing)?|disappear(s|ed|ing)?|goes out|gone out|go out|out of (view|sight)|"
    r"walks? (off|out)|(runs?|drives?) off|(is|are) gone|departs?)\b",
    "stops": r"\b(stops?|stopped|stopping|halts?|halted|standstill|brak(es?|ing)|parks)\b",
    "starts": r"\b(starts?|started|starting|sets? off|on the move again|begins?|drives? off|"
    r"moves? off)\b",
    "crosses": r"\b(cross(es|ed|ing)?|right across|from (left to right|right to left))\b",
    "passes": r"\b(pass(es|ed|ing)?|(goes|go|going|drives?|walks?|runs?) (past|by))\b",
    "approaches": r"\b(approach(es|ed|ing)?|closer|nearer|towards? (the camera|us|me))\b",
    "recedes": r"\b(reced(es?|ing)|away|further off|farther off|draws? back|retreats?|backs?)\b",
    "crouches": r"\b(crouch(es|ed|ing)?|bend(s|ing)?|bent|kneel(s|ing)?|squat(s|ting)?|"
    r"stoop(s|ing)?)\b",
    "throws": r"\b(throw(s|ing|n)?|threw|toss(es|ed|ing)?|kick(s|ed|ing)?|hurl(s|ing)?)\b",
    "jumps": r"\b(jump(s|ed|ing)?|leap(s|ed|ing|t)?|hop(s|ped|ping)?)\b",
    "turns": r"\b(turn(s|ed|ing)?|rotat(es?|ing)|spin(s|ning)?)\b",
    "leans": r"\b(lean(s|ed|ing)?|tilt(s|ed|ing)?)\b",
    "gestures": r"\b(gestur(es?|ing)|wav(es?|ing)|point(s|ing)|stretch(es|ing)?|yawn(s|ing)?)\b",
    "talks": r"\b(talk(s|ing)?|speak(s|ing)?|chat(s|ting)?)\b",
    "moves": r"\b(mov(es?|ed|ing)|movement|walk(s|ed|ing)?|run(s|ning)?|driv(es?|ing)|"
    r"rid(es?|ing)|push(es|ed|ing)?|slid(es?|ing)|shuffl(es?|ing)|juggl(es?|ing)|play(s|ing)?|"
    r"going|heading)\b",
    "rests": r"\b(stands?|standing|sits?|sitting|still|parked|waits?|waiting|lies|lying|rests?|"
    r"motionless)\b",
}
PRESENT_WORDS = (
    r"\bthere('s| is| are)\b|\b(is|are) (now )?(on|in|at|here|near|visible|close|among|beside)\b|"
    r"\b(I|we|you) (can )?see\b|\bin view\b|\bcan be seen\b|\bI count\b"
)
"""With a noun and none of the above: it is there."""
ABSENT = ("no", "no one", "nobody", "nothing", "none")
UNSURE = (
    r"\b(not|\w+n't|without|never|no longer|might|may|maybe|perhaps|probably|possibly|seems?|"
    r"appears? to|looks? like|as if|could)\b"
)
"""What makes a written sentence none that words alone can judge."""
PREPOSITIONS = frozenset(
    (
        *("in", "at", "on", "from", "with", "to", "of", "behind", "near", "by", "before"),
        *("beside", "beyond", "over", "under", "past", "into", "onto", "towards", "toward"),
        *("between", "among", "round", "around", "across", "along", "through", "after", "for"),
    )
)
"""A noun after one of these is where something happens, hardly who it happens to."""

REPORTED_BY = {  # label's what: (claims' kinds that say it, kinds that half say it)
    "opens": (("opens", "present", "rests", "moves"), ()),
    "enters": (("enters",), ("approaches", "crosses")),
    "leaves": (("leaves",), ("recedes", "crosses")),
    "crosses": (("crosses", "passes"), ("enters", "leaves", "moves")),
    "passes": (("passes", "crosses", "overtakes"), ("approaches", "recedes", "enters", "leaves")),
    "overtakes": (("overtakes",), ("passes", "approaches", "recedes")),
    "stops": (("stops",), ("rests",)),
    "starts": (("starts",), ("moves",)),
    "picks_up": (("picks_up",), ()),
    "puts_back": (("puts_back",), ("enters",)),
    "moves": (("moves",), ("starts", "picks_up", "puts_back")),
    "approaches": (("approaches",), ("enters", "passes")),
    "recedes": (("recedes",), ("leaves",)),
    "crouches": (("crouches",), ("leans",)),
    "leans": (("leans",), ("crouches",)),
    "throws": (("throws",), ()),
    "talks": (("talks",), ("gestures",)),
    "gestures": (("gestures",), ("talks",)),
    "flies": (("flies",), ("moves", "crosses")),
    "takes_off": (("takes_off",), ("flies", "leaves", "starts")),
    "camera_pans": (("camera_pans",), ("camera_tilts",)),
    "camera_tilts": (("camera_tilts",), ("camera_pans",)),
}
"""A label of any other kind is reported by claims of that very kind alone."""
HANDLED = frozenset(("picks_up", "puts_back", "throws", "moves"))
"""Done by somebody to something: the label names one of them, and either may be claimed."""
ANYWHERE = frozenset(("crosses", "passes", "overtakes", "moves", "approaches", "starts"))
"""Labels give one side of what goes through several: another is not wrong."""
LISTED = frozenset(
    (
        *("enters", "leaves", "stops", "picks_up", "puts_back", "cut", "light", "camera_pans"),
        *("camera_tilts", "overtakes", "throws", "jumps", "takes_off", "crouches"),
    )
)
"""Labels list every one of these: a claim of one that they don't list is false."""

PLACE_WORDS = {
    "left": r"\bleft(wards)?\b",
    "right": r"\bright(wards)?\b(?! across)",
    "middle": r"\b(middle|cent(re|er))\b",
    "near": r"\b(near edge|foreground|close by|in front|bottom|down)\b",
    "far": r"\b(far edge|far end|background|distance|further back|top|behind|up)\b",
}
COLOURS = {
    "black": "black dark",
    "grey": "grey gray dark silver",
    "white": "white light pale cream",
    "red": "red",
    "orange": "orange ochre",
    "yellow": "yellow ochre",
    "green": "green",
    "blue": "blue dark",
    "brown": "brown dark",
    "pink": "pink pale",
    "purple": "purple violet",
    "dark": "dark black grey gray blue brown",
    "light": "light pale white cream",
}
"""A claimed colour, and the words of a label that bear it out."""
NUMBERS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "another": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "pair": 2,
    "couple": 2,
    "both": 2,
}
AT_LEAST = {"several": 3, "many": 4, "some": 2}
"""Words for no exact number, and what they take at least."""
