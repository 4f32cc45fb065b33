"""The sentences that the robot listens for where it hears badly, as a grammar.

`intent_words` says what a sentence asks for once its words are known, and takes far more; this is
what people mostly say. Each sentence of it must be one that `intents.understand` knows.
"""

from __future__ import annotations

from .own_words import words_of
from .phrase_grammar import PhraseGrammar

_MOVERS = "person man woman child boy girl baby car truck bus train bicycle bike dog cat"
_MOVERS_MANY = """
    people men women children boys girls babies cars trucks buses trains bicycles bikes dogs cats
"""
_THINGS = "ball bag bottle cup phone chair table sofa tree door window street road"
_THINGS_MANY = "balls bags bottles cups phones chairs tables trees doors windows"
_OTHER_MOVERS = """
    guy lady player worker visitor driver cyclist van taxi motorcycle boat plane vehicle
    bird horse cow sheep animal
"""
_OTHER_MOVERS_MANY = """
    persons kids guys ladies players workers visitors drivers cyclists vans taxis motorcycles boats
    planes vehicles birds horses cows animals
"""
_OTHER_THINGS = """
    box book glass laptop computer bench umbrella suitcase backpack gate house building sign light
    lamp camera hat plant flower
"""
_OTHER_THINGS_MANY = """
    boxes books glasses laptops computers umbrellas suitcases backpacks houses buildings signs
    lights hats plants flowers
"""
UNUSUAL = frozenset(
    f"{_OTHER_MOVERS} {_OTHER_MOVERS_MANY} {_OTHER_THINGS} {_OTHER_THINGS_MANY}".split()
)
"""Words that are heard where another would be as likely less often than that one was said."""
_LANGUAGES = """
    English German Spanish French Italian Portuguese Dutch Chinese Japanese Korean Russian Polish
    Turkish Arabic Hindi Swedish Danish Norwegian Finnish Czech Greek
"""
_COLOURS = "red blue green yellow black white brown gray grey orange purple pink"
_DOING = """
    doing holding wearing carrying reading eating drinking riding pushing playing
"""


def _any(words: str) -> str:
    return "|".join(words.split())


_RULES = {
    "command": "[<polite>] <said>|<said> [,] please",
    "polite": "please|can you|could you",
    "said": "<stop>|<go_on>|<louder>|<quieter>|<undo>|<instruction>|<watch>|<question>|<recall>",
    "stop": "stop (for <duration>|talking to me)|pause for <duration>|silence for <duration>|"
    "that is enough|enough talking|do not (talk|speak)|give it a rest|take a break|you can "
    "(stop|be quiet) [now]|mute yourself|quiet now|I need (silence|quiet)|"
    "(be|keep|stay) quiet [now|for <duration>]|quiet [for <duration>]|"
    "stop talking [now|for <duration>]|stop (speaking|commenting|it|that|now)|stop|"
    "stop the (commentary|comments)|silence|shut up|hush|shush|be silent|that's enough|enough|"
    "mute|pause [the commentary]|don't (talk|speak|say anything) [now|for <duration>]|"
    "no more (comments|talking)|keep quiet",
    "duration": "a while|a moment|a minute|(<number>|a few) minutes|(ten|twenty|thirty) seconds|"
    "(half an|an|one) hour",
    "go_on": "(go|carry|keep) on talking|(start|begin) again|start (commenting|speaking)|you "
    "may (talk|continue|go on) [again] [now]|"
    "go on|go ahead|carry on|continue|keep (talking|going|commenting)|resume|"
    "you can (talk|speak|go on|continue) [again] [now]|(start|continue) talking [again]|"
    "(talk|speak) again|unmute|(resume|continue|start) the commentary",
    "louder": "I can hardly hear you|I cannot hear you|(it's|that's) too quiet|turn your "
    "volume up|(increase|raise|turn up) your volume|"
    "[a bit|a little|much|speak|talk|be|make it|even] louder|speak up|"
    "turn up the (volume|sound)|turn (it|the volume|the sound) up|volume up|more volume|"
    "(raise|increase) the volume|raise your voice|speak [a bit|a little] louder|I can't hear you|"
    "you are too quiet|you're too quiet",
    "quieter": "[a bit|a little] less loud|it is too loud|(you're|you are) so loud|keep your "
    "voice down|don't be so loud|turn your volume down|"
    "[a bit|a little|much|speak|talk|be|make it] (quieter|softer)|not so loud|"
    "turn down the (volume|sound)|turn (it|the volume|the sound) down|volume down|"
    "less volume|(lower|reduce|decrease) (the volume|your voice)|speak [more] (quietly|softly)|"
    "(you are|you're|it's|that's|that is) too loud|too loud|keep it down",
    "undo": "nope|wrong|that's not right|that is not what I (meant|said|wanted)|not what I "
    "meant|don't do that|go back|change it back|you misunderstood me|you got (it|that) wrong|"
    "no|no no|undo [that|it]|cancel [that|it]|take (that|it) back|not that|"
    "that (was|is) wrong|that's wrong|never mind|forget (it|that)|that was a mistake|"
    "that's not what I (meant|said|wanted)|scratch that|I didn't (say|mean) that",
    "instruction": "talk about <things> only|comment [only] on <things>|keep watching <known>|"
    "(look|search) for my (keys|<singular>)|no more about <topic>|(forget about|skip) <things>|"
    "talk about everything|talk about nothing but <things>|"
    "<talk> <topic>|only (mention|describe|watch|look at) <topic>|"
    "describe only <topic>|(focus|concentrate) [only] on <topic>|"
    "(look|search) for <sought>|find <found>|(follow|track) <known>|(ignore|leave out) <topic>|"
    "(don't talk|stop talking) about <topic>|(don't mention|stop mentioning) <topic>|"
    "pay attention to <topic>|keep an eye on <known>|look at <known>|watch <known>|"
    "describe everything [you see]|<language>|<manner>",
    "talk": "[only|just] (talk|speak) about|(talk|speak) [only|more|less] about|"
    "[only|just] tell (me|us) about|[only] report on|only comment on",
    "topic": "the traffic|what is happening <place>|"
    "<things>|what <actors> doing|the weather|everything that moves",
    "language": "<tongue>|switch language to <tongue>|talk to me in <tongue>|comment in <tongue>|"
    "[now] in <tongue>|(speak|talk|answer|reply|continue) [in] <tongue>|"
    "(switch|change) to <tongue>|say it in <tongue>|use <tongue>",
    "tongue": _any(_LANGUAGES),
    "manner": "be (brief|shorter|funny|serious|more precise|more detailed)|"
    "keep it (short|brief)|(more|fewer|less) (details|words)|use (short|longer) sentences|"
    "(talk|say|speak) (more|less)",
    "watch": "(when|if|as soon as) <event> [,] (tell me|warn me|let me know)|tell me (whenever|"
    "every time) <event>|I want to know when <event>|say so when <event>|"
    "(tell|warn|alert|notify|inform|call) (me|us) (when|if|as soon as|once) <event>|"
    "let (me|us) know (when|if|as soon as) <event>|say something (when|if) <event>|"
    "(watch|look) [out] for <sought>|keep an eye out for <sought>",
    "event": "it is dark|the (room|street|house) is empty|everybody has left|everyone is gone|"
    "anything changes|"
    "<mover> <does>|(the|a) (door|window|gate|light|ball) <does>|<many> <do>|"
    "(you see|there is) <sought>|"
    "there are [more than] (<number>|many) <plural> [<place>]|"
    "nobody is (left|there|here|<place>)|(<mover>|<one>) is (<place>|gone|there|moving)|"
    "it (gets|becomes) (dark|bright|quiet)|the (light|lights) (goes|go) (on|off|out)|"
    "something (moves|happens|changes)|(anything|something) moves",
    "does": "enters|leaves|arrives|appears|disappears|stops|starts|moves|passes [by]|falls "
    "[down]|"
    "turns [around|left|right]|comes [in|back|closer|out|here|near|too close|in <place>]|"
    "goes (away|in|out)|runs [away]|"
    "opens|closes|sits down|stands up|gets (up|closer|too close)|walks (in|by|away|past)|"
    "drives (by|away|off|past)|crosses [the (street|road)]|"
    "(enters|leaves) the (room|house|kitchen|garden|building|picture)|"
    "shows up|jumps|waves|wakes up",
    "do": "enter|leave|arrive|appear|stop|move|come [in|back|closer]|pass [by]|cross [the street]",
    "question": "what's <spotted>|who's (there|<place>)|is it (raining|dark|day|night) "
    "[outside]|(describe|tell me) what you see|where is (everybody|everyone)|is (a|the) "
    "<moving> coming|(anybody|anyone) (there|here|outside|<place>)|any <moving_many> [<place>]|"
    "what kind of (<moving>|animal) is that|how (big|far away) is the <singular>|is the (room|"
    "street) empty|what's <acting> (<doing>|looking at)|what (color|colour) is (her|his) (bag|"
    "hat|car|dress|shirt|coat)|is <acting> (wearing|carrying|holding) (a|an) <singular>|"
    "how many <plural> (are (there|here|<place>)|(do|can) you see|are <adverb>)|"
    "how many <plural> are there <place>|"
    "what is <acting> (<doing>|looking at)|what are <acting_many> (<doing>|looking at)|"
    "(what|who) (is|else is) <spotted>|what (do|can) you see [<place>|now]|"
    "what (color|colour) (is|are) <known>|what is the (color|colour) of <known>|"
    "what is (going on|happening) [<place>|there|here]|what's (going on|happening) [<place>|"
    "there]|"
    "where (is|are) (<known>|<mine>)|where's <known>|"
    "who is (there|standing <place>|sitting <place>)|"
    "is (anybody|anyone|somebody|someone|nobody) (<place>|there|here)|"
    "is there (<a> [<place>]|anybody <place>|anyone <place>|somebody <place>|anything <place>)|"
    "are there [any|two|three|many] <plural> [<place>]|"
    "is <known> (open|closed|empty|moving|on|off|<place>|<colour>|still there|gone|<doing_now>)|"
    "are <known_many> (open|closed|moving|<place>|<doing_now>)|"
    "(can|do) you [still] see (<a>|<known>|any <plural>|anybody|anyone) [<place>]|"
    "describe the (scene|room|picture)|what does the sign say|which way is the <moving> going",
    "doing": _any(_DOING),
    "doing_now": "moving|standing|sitting|sleeping|walking|running|open|still",
    "recall": "what has (happened|changed) [<past>]|did (I|we) miss anything|did (anything|"
    "something) happen [<past>]|what was that|what did you see [<past>]|who has been here "
    "[<past>]|when did the last <moving> <did>|where was the <moving>|where did the <moving> "
    "go|what did the <moving> do|what was (on|under) the table|give me a summary|[is there] "
    "anything new|(tell|show) me what (happened [<past>]|I missed)|was the (door|window|light) "
    "(open|on|closed)|who was at the door|"
    "what happened [<past>]|what did (I|we) miss|what have (I|we) missed|"
    "when did <mover> <did>|when was the last time you saw <one>|when was the last <singular> "
    "here|"
    "when was the last <singular>|when did you (last see <one>|see <one>)|"
    "how many <plural> (<came>|were (here|there|<place>)|did you see|have you seen) [<past>]|"
    "how many <plural> have (passed|come in|left) [<past>]|"
    "who (was (here|there|<place>)|<came>) [<past>]|"
    "did <mover> <did> [<past>]|did you see <one> [<past>]|"
    "have you seen (<one>|<mine>)|was there <one> [<past>]|what was the <moving> doing|"
    "what was the last thing you saw|was (anyone|anybody|somebody) (here|there|<place>) [<past>]|"
    "has <mover> (arrived|left|come in|been here) [<past>]",
    "did": "leave|arrive|come [in|back]|enter|stop|appear|pass [by]|go|disappear|move|fall",
    "came": "came [in|by|back]|left|entered|passed [by]|arrived",
    "past": "when (I|we) (was|were) (away|gone)|here|"
    "today|yesterday|(this|yesterday) (morning|afternoon|evening)|last night|"
    "in the last (hour|minute|(<number>|few) (minutes|hours))|"
    "while (I|we) (was|were) (away|gone|out)|since <time>|before|during the night",
    "time": "this morning|yesterday|noon|lunch",
    "things": "[the|all the] [<colour>] <plural> [<where>]|the [<colour>] <singular> [<where>]|"
    "everybody|everyone",
    "a": "(a|an) [<colour>] <singular>",
    "sought": "(a|an|the|another) [<colour>] <singular>|[any] [<colour>] <plural>|somebody|"
    "anybody|someone",
    "found": "(a|an|the|my) [<colour>] <singular>|the <plural>",
    "known": "the [<colour>] (<singular>|<plural>) [<place>]",
    "known_many": "the <plural> [<place>]",
    "acting": "the [<colour>] <moving> [<place>]|he|she",
    "acting_many": "the <moving_many> [<place>]|they",
    "actors": "the <moving_many> [<place>] are|the <moving> [<place>] is|everybody is|everyone is",
    "mine": "my (<singular>|keys|glasses|<plural>)",
    "one": "(a|an|the|another) [<colour>] <singular>|somebody|someone|anybody|anyone|nobody|"
    "everybody|everyone",
    "mover": "(a|an|the|another) [<colour>] <moving>|somebody|someone|anybody|anyone|nobody|"
    "everybody|everyone",
    "many": "[the] <moving_many>|(two|three) <moving_many>",
    "place": "on the (left|right|<spot>)|(in|inside) the (room|picture|middle|background|kitchen|"
    "garden|car|house|street|box|front)|at the (door|window|table|gate|back)|"
    "(near|behind|under|next to|in front of) the <spot>|outside|inside|there|over there",
    "spotted": "on the (left|right|<spot>)|in the (room|picture|kitchen|garden|car|"
    "house|street|box)|"
    "at the (door|window|table|gate)|(behind|under|next to|in front of) the <spot>",
    "where": "<place>|in (red|black|white|blue|green)",
    "spot": "table|desk|street|road|floor|sofa|couch|chair|bed|bench|door|window|house|car|tree|"
    "wall|shelf|building|gate",
    "adverb": "outside|inside|there|left",
    "number": "two|three|four|five|six|ten|fifteen|twenty",
    "colour": _any(_COLOURS),
    "moving": _any(_MOVERS + _OTHER_MOVERS),
    "moving_many": _any(_MOVERS_MANY + _OTHER_MOVERS_MANY),
    "singular": f"<moving>|{_any(_THINGS + _OTHER_THINGS)}",
    "plural": f"<moving_many>|{_any(_THINGS_MANY + _OTHER_THINGS_MANY)}",
}


def command_grammar(wake: str = "") -> PhraseGrammar:
    """Return the grammar of all commands, which may begin with the wake word, if there is one."""
    if not (words := words_of(wake)):
        return PhraseGrammar(_RULES, "command")
    address = f"[hey|okay] {' '.join(words)} [,] <command>|<command>"
    return PhraseGrammar(_RULES | {"addressed": address}, "addressed")
