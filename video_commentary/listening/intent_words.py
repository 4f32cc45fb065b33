"""The words of what people ask of the robot: one table of patterns for each kind of act.

All patterns are for a text in lower case, without punctuation, contractions and politeness, as
`intents.plain` returns it.
"""

from __future__ import annotations

import re

LANGUAGES = (
    "english|german|spanish|french|italian|portuguese|dutch|chinese|mandarin|japanese|korean|"
    "russian|polish|turkish|arabic|hindi|swedish|danish|norwegian|finnish|czech|greek"
)
STOP = re.compile(
    r"((just |now )?(stop|quit|end|cease)( (it|that|this|now))?( (talking|speaking|commenting|"
    r"chatting|that noise))?( (now|please|already|at once|immediately))?|"
    r"(stop|end|pause|mute) (the )?(commentary|comments|talking|sound|audio|speech|voice|yourself)|"
    r"(be|keep|stay|remain|go)( a bit| very| really)? (quiet|quite|silent|still)( now)?|"
    r"(quiet|silence|shush|hush|sh+)( down| up| now)?|keep (it )?quiet|"
    r"shut (up|it|of|your mouth)( now)?|hold your tongue|zip it|"
    r"(that is )?enough( now)?( of that| talking)?|that will do|"
    r"pause|mute|do not (say|speak|talk)( anything| any more| anymore| now)*|"
    r"no more (talking|comments|commentary)|say nothing|stop saying things)"
)
"""The whole of a sentence that wants silence, without its duration."""
DURATION = re.compile(
    r"\bfor (?P<count>a|an|one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty|"
    r"half an|half a|a few|a couple of|\d+) ?(?P<unit>second|sec|minute|min|hour|while|moment|"
    r"bit)s?"
    r"( or so)?$"
)
COUNTS = {
    "a": 1.0,
    "an": 1.0,
    "half a": 0.5,
    "half an": 0.5,
    "a few": 3.0,
    "a couple of": 2.0,
    "fifteen": 15.0,
    "twenty": 20.0,
    "thirty": 30.0,
}
_ONE_TO_TEN = "one two three four five six seven eight nine ten"
COUNTS |= {word: float(number) for number, word in enumerate(_ONE_TO_TEN.split(), 1)}
SECONDS = {
    "second": 1.0,
    "sec": 1.0,
    "minute": 60.0,
    "min": 60.0,
    "hour": 3600.0,
    "while": 60.0,
    "moment": 20.0,
    "bit": 30.0,
}
GO_ON = re.compile(
    r"(go on|go ahead|carry on|continue|keep (going|on|talking|commenting|speaking)|resume|proceed|"
    r"unmute|unpause|(start|begin|resume) (talking|commenting|speaking|the commentary)|"
    r"(talk|speak|comment|talk to (me|us)) again|"
    r"you (can|may) (talk|speak|go on|continue|carry on|comment|start)( now)?)"
    r"( again| now| talking| speaking| commenting| with (it|that|the commentary))*"
)
LOUDER = re.compile(
    r"((a (bit|little)( bit)?|much|make it|be|speak|talk|say it|say that|get|even)( a (bit|"
    r"little))?"
    r"( more)? (louder|loader|lauder)|louder|speak up|(turn|crank|put) (it|the (sound|volume|"
    r"voice)) "
    r"up|turn up the (sound|volume|voice)|(increase|raise) the (sound|volume)|(the )?volume up|"
    r"more volume|raise your voice|(i|we) can not hear you|(you are|it is) too (quiet|soft))"
    r"( now| a (bit|little))?"
)
QUIETER = re.compile(
    r"((a (bit|little)( bit)?|much|make it|be|speak|talk|say it|say that|get|even)( a (bit|"
    r"little))?"
    r"( more)? (quieter|softer|quietly|softly|less loud)|quieter|softer|less loud|"
    r"(turn|put) (it|the (sound|volume|voice)) down|turn down the (sound|volume|voice)|"
    r"(lower|decrease|reduce) (the (sound|volume)|your voice)|(the )?volume down|less volume|"
    r"not so loud|keep it down|(you are|it is|that is)? ?(too|so) loud|speak (quietly|softly))"
    r"( now| a (bit|little))?"
)
UNDO = re.compile(
    r"(no|nope|nah)( (no|nope))*( (not that|that is (wrong|not right|not it)|undo( that)?|wrong))?|"
    r"(undo|cancel|revert|reverse)( (that|it|this|the last one))?|take (that|it) back|"
    r"(no )?(that is|that was|it is) not what i (meant|said|asked( for)?|wanted|want)|"
    r"(no )?i (did not|never) (say|mean|ask( for)?) that|not that|(that is|that was) (wrong|a "
    r"mistake)|"
    r"never ?mind( that)?|forget (it|that|about (it|that))|scratch that|change it back|"
    r"(no )?you (misunderstood|got (it|that|me) wrong)( me)?"
)
WATCH = re.compile(
    r"(tell|warn|alert|notify|inform|call|wake|remind) (me|us) (as soon as|when(ever)?|if|once|"
    r"any ?time|every time|each time) (?P<told>.+)|"
    r"let (me|us) know (as soon as|when(ever)?|if|once|any ?time|every time) (?P<known>.+)|"
    r"(say( so| something)?|shout|speak up|give (me|us) a (shout|warning|call)|raise the alarm|"
    r"sound the alarm) (as soon as|when(ever)?|if|once) (?P<shouted>.+)|"
    r"(i|we) (want|need|would like) to (know|be (told|warned)) (as soon as|when(ever)?|if|once) "
    r"(?P<wanted>.+)|"
    r"(watch out|look out|watch|keep (an eye|a lookout|a look) out|be on the lookout) for "
    r"(?P<watched>.+)|"
    r"(tell|warn|alert|notify) (me|us) (about|of) (?P<warned>(any|every|each|new|all) .+)"
)
UNWATCHED = re.compile(
    r"(you|i|we|he|she|they|it|this|that|my|your|our|his|her|their|dinner|lunch|breakfast)\b"
    r"(?! (gets?|becomes?|goes|turns?|is getting) (dark|bright|quiet|light)(er)?$)"
)
"""How a condition begins that is about people's own business."""
PAST_WATCH = re.compile(
    r"\b(was|were|did|had|happened|came|(?<!\bis )(?<!\bare )(?<!\bthe )left|went|saw|seen|entered|"
    r"passed)\b"
)
"""Words of what has been: "tell me when the last car was here" asks for the past."""
TALK = (
    r"(talk|speak|comment|report|focus|concentrate|tell me|tell us|describe|mention|look|watch|"
    r"show me|count|narrate|care)"
)
INSTRUCTIONS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(only|just) {TALK} (about |on |at |out for |for |after )?(?P<about>.+)",
        r"(talk|speak|comment|report|tell (me|us)|narrate) (only |just |more |less |mostly )?"
        r"(about|on) (?P<topic>.+)",
        r"(focus|concentrate|zoom in) (only |just |more )?(on|upon) (?P<focus>.+)",
        r"(pay|give) (more |special |close )?attention (only |just )?to (?P<attention>.+)",
        r"(look|search|hunt|keep looking) (only |just )?for (?P<sought>.+)",
        r"(find|spot|follow|track) (?P<found>(the|a|an|any|all|every|some) .+)",
        r"keep an eye on (?P<eyed>.+)",
        r"look (only |just )?at (?P<looked>(the|all|every|a|an) .+)",
        r"watch (only |just )?(?P<seen>(the|all|every|a|an) .+)",
        r"(ignore|leave out|skip|forget about|disregard) (?P<ignored>.+)",
        r"(do not|never|stop|quit|no longer|no more) (talk|talking|speak|speaking|comment|"
        r"commenting|"
        r"mention|mentioning|report|reporting|tell me|telling me|describe|describing|talk to me)"
        r"( about| on)? (?P<unwanted>.+)",
        r"describe (only|just) (?P<described>.+)",
        r"(describe|comment on|report) (?P<everything>everything( (you see|that (moves|"
        r"happens)))?)",
    )
)
"""Sentences that say what to talk about; the group is about what."""
LANGUAGE = re.compile(
    r"((now )?(talk|speak|say (it|that|this)|switch|change|answer|comment|continue|go on|describe "
    r"(it|everything)|tell me|use|reply|respond)( (to me|to us|over|back|only|everything|now))?"
    rf"( in| to)? |in |now in )(?P<language>{LANGUAGES})( (only|now|instead|from now on|again))*"
)
MANNER = re.compile(
    r"(be|keep it|make it|talk|speak|say it|comment)( a (bit|little))?( more| less)? "
    r"(brief|short|shorter|concise|funny|funnier|serious|excited|formal|precise|detailed|lively|"
    r"briefly|calm|calmer|longer|specific)( now)?|"
    r"(give (me|us) |say |with |use |in )?(more|less|fewer|in more|in less) (details?|words|"
    r"comments)|"
    r"(use )?(short|shorter|longer|simple|simpler) sentences|(talk|say|speak|comment) (more|"
    r"less)( often)?"
)
SELF = re.compile(
    r"(me|you|your|it|that|this|him|her|them|us|myself|yourself|himself|herself|themselves|work|"
    r"time|"
    r"money|tomorrow|today|yesterday|life|love|politics|god|nothing|something else)\b"
    r"(?! (man|men|woman|person|people|car|dog|cat|door|bike|child|children)\b)"
)
"""What people don't ask a robot with a camera to talk about or to look for."""
RECALL = re.compile(
    r"what (happened|went on|has happened|have i missed|did (i|we) miss|did you (see|notice))\b.+|"
    r"what (did|have) (i|we) miss(ed)?|what has happened|"
    r"what (was|were) (that|there|here|the (last|first).*|happening.*|going on.*)|"
    r"when (was|were|did|has|had) (?!you\b|i\b|we\b|that\b|this\b|he\b|she\b|they\b|it\b).+|"
    r"when did you (last |first )?(see|notice) .+|"
    r"(did|has|have|had) (any\w*|some\w*|a|an|the|no ?one|nobody) .*\b(come|came|enter\w*|leave|"
    r"left|"
    r"arrive\w*|pass\w*|been|appear\w*|happen\w*|move\w*|go|gone|stop\w*|take\w*|steal\w*|"
    r"stolen)\b.*|"
    r"(have|did) you (ever )?(seen?|notice\w*) (?!me\b|it\b|that\b|this\b|him\b|her\b|them\b).+|"
    r"how (many|often|much) .+\b(did|have|has|had|came|come|passed|entered|left|were|was|today|"
    r"yesterday|this (morning|afternoon|evening|week)|since|last|ago|so far)\b.*|"
    r"who (was|were|came|left|entered|has been|passed|took) .+|"
    r"(was|were) (there|any\w*|some\w*) .+|"
    r"where (was|were|did) (the|a|my) .+|how long ago (was|did) .+|"
    r"when (the|a) (last|first|latest) .+\b(was|were|came|left|passed|entered|went)\b.*|"
    r"(give (me|us) a|show (me|us) a)? ?(recap|summary)( of .+)?|(recap|summari[sz]e|sum up)( .+)?|"
    r"(is there |was there )?anything (new|interesting) (since|while|today|during) ?.*"
)
BOTHER = re.compile(
    r"\b(you (doing|going|been|think|want|like|mean|feel|say|said|know|have|eat|get|need|guys)|"
    r"are you|do you (?!see|notice|spot)|did you (?!see|notice)|have you (?!seen|noticed)|"
    r"can you (?!see|spot|read)|could you|i can|can i|for you|would you|will you|should|i mean|"
    r"years|times?|money|dollars?|euros?|pounds?|hours?|born|die|died|mother|father|mom|dad|wife|"
    r"husband|honey|darling|baby|movie|film|show|song|meeting|party|dinner|problem|reason|chance|"
    r"point|idea|question|matter|wrong|deal|worth|cost|price|name|love|war|world|president|"
    r"government|news|tonight|tomorrow|next (week|year|month)|game|job|work)\b"
)
"""Words of talk among people or on television, which nobody asks about what a camera sees."""
BOTHER_PAST = re.compile(
    r"\b(you (doing|going|been|think|want|like|mean|feel|said|know|have|guys)|i mean|"
    r"(did|have|had) (i|we|you) (?!miss|see|notic)|born|die|died|"
    r"mother|father|mom|dad|wife|husband|honey|darling|movie|film|show|song|meeting|party|problem|"
    r"money|dollars?|euros?|deal|war|world|president|government|news|game|job|year)\b"
)
"""Likewise of the past, where a time may be named."""
_DETERMINER = r"(the|that|this|these|those|a|an|any|some|his|her|its|all|every)"
QUESTIONS = tuple(
    re.compile(pattern)
    for pattern in (
        r"how many .+",
        r"(count|number of) .+",
        rf"(what|who) (is|are) {_DETERMINER} .+\b(doing|holding|wearing|carrying|reading|eating|"
        r"drinking|looking at|playing|pushing|riding|up to|made of)\b.*",
        rf"what does {_DETERMINER} .+\b(say|show|read|do|look like|hold|wear|carry)\b.*",
        r"(what|who|which \w+) (do|can|did) you (see|notice|spot)\b.*",
        r"what (is|are|else is) (going on|happening|moving|new|changing|visible|there|around)"
        r"( (now|right now|there|here|outside|inside|in .+|on .+|over there|at the moment|around "
        r".+))*",
        r"(what|who) (is|are|else is|is that|is it|are those|stands?|sits?) (standing |sitting |"
        r"lying |"
        r"over |that |coming |walking |moving )*(there|here|on|at|in|behind|beside|next to|under|"
        r"in "
        r"front of|near|outside|inside|left|right|through|to|towards?|closest|nearest)\b.*",
        rf"(is|are) there (still )?({_DETERMINER}|somebody|someone|anybody|anyone|people|no|two|"
        rf"three|"
        r"more|many|still|any \w+|anything|something)\b.*",
        r"(is|are) (anybody|anyone|somebody|someone|nobody|anything|something|everybody|everyone)\b"
        r" .+",
        rf"(is|are) {_DETERMINER} .+",
        rf"(do|can) you (still )?(see|spot|notice|read) ({_DETERMINER}|anything|anybody|anyone|"
        r"somebody|someone|people|my|me|us)\b.*",
        rf"where (is|are) ({_DETERMINER}|my|our|everybody|everyone) .+",
        r"what colou?r (is|are|of) .+",
        r"what is the colou?r of .+",
        r"(which|what) (way|direction|side|colou?r|kind|type|animals?|vehicles?|people|things?|"
        r"objects?)"
        r" .+",
        rf"does {_DETERMINER} .+",
        r"(describe|explain) (the |this |that )?(scene|room|picture|view|image|street|place|"
        r"surroundings|situation|people?|person|man|woman|what you (can )?see|what is (going on|"
        r"happening|there)).*",
        r"(tell (me|us) |say )?what you (can )?see( .+)?",
        r"read (the|that|this) .+",
        r"look around",
        r"what is (that|this)( (thing|man|woman|animal|vehicle|object)?( over)? (there|on|in|at|"
        r"behind|"
        r"under|next to) ?.*)",
    )
)
VISIBLE = re.compile(
    r"\b(person|people|man|men|woman|women|child|children|kids?|boys?|girls?|guys?|lady|ladies|"
    r"somebody|someone|anybody|anyone|nobody|everybody|everyone|crowd|players?|workers?|visitors?|"
    r"who|cars?|vehicles?|trucks?|lorr(y|ies)|vans?|bus(es)?|trains?|trams?|bikes?|bicycles?|"
    r"cyclists?|motor(cycle|bike)s?|boats?|ships?|planes?|airplanes?|drones?|traffic|animals?|"
    r"dogs?|"
    r"cats?|horses?|cows?|sheep|birds?|ducks?|bears?|elephants?|zebras?|giraffes?|things?|objects?|"
    r"anything|something|doors?|windows?|rooms?|walls?|floors?|ceiling|tables?|desks?|chairs?|"
    r"sofas?|"
    r"couch|beds?|shel(f|ves)|lights?|lamps?|screens?|monitors?|tv|televisions?|laptops?|"
    r"computers?|"
    r"phones?|keyboards?|mouse|books?|papers?|bottles?|cups?|glass(es)?|plates?|bowls?|forks?|"
    r"kni(fe|ves)|spoons?|mugs?|box(es)?|bags?|backpacks?|suitcases?|umbrellas?|hats?|shirts?|"
    r"jackets?|coats?|trousers|shoes?|balls?|signs?|streets?|roads?|corners?|sky|trees?|plants?|"
    r"flowers?|grass|houses?|buildings?|cameras?|picture|view|scene|image|kitchen|fridge|oven|sink|"
    r"toilet|clock|vase|apples?|bananas?|oranges?|cakes?|pizza|sandwich(es)?|food|fire|smoke|water|"
    r"snow|robots?|hands?|keys|left|right|middle|background|foreground|front|outside|inside|"
    r"see|seeing|visible|going on|happening|moving|there|here|dark|bright)\b"
)
"""What a camera may see: a question names some of it."""
SLIPS = (
    (
        r"\b(on the|all the|owning|oh only|own the) (?=(talk|look|tell|comment|speak) (me "
        r")?about\b)",
        "only ",
    ),
    (r"\btalk (a bow|a bout|abound)\b", "talk about"),
    (r"\b(tall|took|talked|tok|walk) about\b", "talk about"),
    (r"^(only )?talk(ing)?( him| an)? out (of|to) (?=(the|what) )", r"\1talk about "),
    (r"^only talk(ing)?( him| them| an)? out (of|to|in|on) (?=an? )", "only talk about "),
    (r"^(only )?talk( him| them| an) out (in|to|on) (?=the )", r"\1talk about "),
    (r"^talk(ing)? him out what (?=the )", "talk about what "),
    (r"^only talking (about|out in) ", "only talk about "),
    (
        r"^(warren|worn|warn|warm|will not) (be|beat|meet|may|me|mean|in) when "
        r"(?=(an?|the|some\w+) )",
        "warn me when ",
    ),
    (r"^what (is|has) happened (?=(while|in the last|since)\b)", "what happened "),
    (
        r"\btell (me|us) (went|wen|one|win) (?=(a|an|the|some\w+|any\w+|two|three)\b)",
        r"tell \1 when ",
    ),
    (
        r"\btell (me|us) what (?=(a|an|some\w+|any\w+) "
        r".*\b(enters?|comes?|leaves?|arrives?|appears?)\b)",
        r"tell \1 when ",
    ),
    (r"\btell (men|mean) (?=when\b)", "tell me "),
    (r"\bhow men+y\b", "how many"),
    (r"\b(stopped|stock|stob|top) (?=talking$)", "stop "),
    (r"\bshut off$", "shut up"),
    (r"^go one$", "go on"),
    (r"^the (?=(louder|quieter)$)", ""),
    (r"^what happens? (?=(while|when) (i|we) (was|were)\b)", "what happened "),
)
"""What recognizers make of plain commands, and what was said."""
