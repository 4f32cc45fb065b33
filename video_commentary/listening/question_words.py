"""The words of questions, about what is seen now and about the past.

Patterns are for a text as `intents.plain` returns it.
"""

from __future__ import annotations

import re

RECALL = re.compile(
    r"what (happened(?! next| to (me|you|him|her|us|them|it)\b)|went on|"
    r"has (happened|changed)|did you (see|notice))\b.*|"
    r"what ((did|have) (i|we) miss(ed)?|(i|we) (have )?missed)\b.*|"
    r"did (i|we) miss (anything|something)\b.*|"
    r"what (was|were) (that|there|here|the (last|first).*|happening.*|going on.*)|"
    r"when (was|were|did|has|had) (?!you\b|i\b|we\b|that\b|this\b|he\b|she\b|they\b|it\b).+|"
    r"when did you (last |first )?(see|notice) .+|"
    r"(did|has|have|had) (any\w*|some\w*|every\w*|a|an|the|another|no ?one|nobody) .*\b"
    r"(come|came|enter\w*|leave|left|arrive\w*|pass\w*|been|(dis)?appear\w*|fall\w*|fell|happen\w*|"
    r"move\w*|go|gone|stop\w*|take\w*|steal\w*|"
    r"stolen)\b.*|"
    r"(have|did) you (ever )?(seen?|notice\w*) (?!me\b|it\b|that\b|this\b|him\b|her\b|them\b).+|"
    r"how (many|often|much) .+\b(did|have|has|had|came|come|passed|entered|arrived|"
    r"(?<!the )(?<!your )(?<!is )(?<!are )left|were|was|today|yesterday|"
    r"this (morning|afternoon|evening|week)|since|last|ago|so far)\b.*|"
    r"who (was|were|has been|took) .+|who (came|left|entered|passed|arrived)\b.*|"
    r"(was|were) (there|any\w*|some\w*) .+|"
    r"where (was|were|did) (the|a|my) .+|how long ago (was|did) .+|"
    r"where did (i|we) (put|leave|lay) (my|our|the) .+|"
    r"when (the|a) (last|first|latest) .+\b(was|were|came|left|passed|entered|went)\b.*|"
    r"(give (me|us) a|show (me|us) a)? ?(recap|summary)( of .+)?|(recap|summari[sz]e|sum up)( .+)?|"
    r"(is there |was there )?anything (new|interesting)\b.*"
)
RECALL_VISIBLE = re.compile(
    r"(was|were) (the|a|an|my|our) .+|what (was|were|did) (the|a|an) .+\b(doing|do|holding|hold|"
    r"wearing|wear|carrying|carry|take)|what (was|were) (on|in|at|near|behind|under|next to) .+|"
    r"how often (was|were|did|has|have) .+"
)
"""Questions about the past that must name something that a camera sees."""
BOTHER = re.compile(
    r"\b(you (doing|going|been|think|want|like|mean|feel|say|said|know|have|eat|get|need|guys)|"
    r"are you|do you (?!(still )?(see|notice|spot))|did you (?!see|notice)|"
    r"have you (?!seen|noticed)|"
    r"can you (?!(still )?(see|spot|read))|could you|i can|can i|for you|would you|"
    r"will you|should|i mean|"
    r"years|times?|money|dollars?|euros?|pounds?|hours?|born|die|died|mother|father|mom|dad|wife|"
    r"husband|honey|darling|movie|film|show|song|meeting|party|dinner|problems?|reasons?|chances?|"
    r"tickets?|days?|weeks?|months?|point|ideas?|questions?|matter|wrong|deal|worth|cost|price|name|love|war|world|president|"
    r"government|news|tonight|tomorrow|next (week|year|month)|game|job|work)\b"
)
"""Words of talk among people or on television, which nobody asks about what a camera sees."""
BOTHER_PAST = re.compile(
    r"\b(you (doing|going|been|think|want|like|mean|feel|said|know|have|guys)|i mean|"
    r"(did|have|had) (i|we|you) (?!miss|see|notic|last (see|notic)|ever (see|notic)|put|leave|lay)|"
    r"born|die|died|"
    r"mother|father|mom|dad|wife|husband|honey|darling|movie|film|show|song|meeting|party|problem|"
    r"money|dollars?|euros?|deal|war|world|president|government|news|game|job|years?)\b"
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
        r"( (now|right now|there|here|outside|inside|over there|at the moment|"
        r"(in|on|around|inside|behind|under|at|near|next to|in front of) .+))*",
        r"(what|who) (is|are|else is|is that|is it|are those|stands?|sits?) (standing |sitting |"
        r"lying |"
        r"over |that |coming |walking |moving )*(there|here|on|at|in|behind|beside|next to|under|"
        r"in "
        r"front of|near|outside|inside|left|right|through|to|towards?|closest|nearest)\b.*",
        rf"(is|are) there (still )?({_DETERMINER}|somebody|someone|anybody|anyone|people|no|two|"
        rf"three|"
        r"more|many|still|any \w+|anything|something)\b.*",
        r"are there (?!you\b).+",
        r"any(body|one|thing) .*\b(there|here|in|on|at|outside|inside|near|behind|"
        r"around|under|next to)\b.*",
        r"any \w+( .*\b(there|here|in|on|at|outside|inside|near|behind|around|under|next to)\b.*)?",
        rf"how (big|tall|far|high|fast|close|full|busy|large|small) (away )?(is|are) "
        rf"{_DETERMINER} .+",
        r"(what|who) (is|are) the (big|larg|small|tall|clos|near|furth|fast|bright|dark)est .+",
        r"(what|who) (the|that|this|those|these|my|a|an) .+ (is|are) (doing|holding|wearing|"
        r"carrying|"
        r"reading|eating|looking at|playing)\b.*",
        r"(is|are) (anybody|anyone|somebody|someone|nobody|anything|something|everybody|everyone)\b"
        r" .+",
        rf"(is|are) {_DETERMINER} .+",
        rf"(do|can) you (still )?(see|spot|notice|read) ({_DETERMINER}|anything|anybody|anyone|"
        r"somebody|someone|people|my|me|us)\b.*",
        rf"where (is|are) ({_DETERMINER}|my|our|everybody|everyone)( .+)?",
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
        r"what is (that|this)( (thing|man|woman|animal|vehicle|object)|( over)? (there|on|in|at|"
        r"behind|under|next to))\b.*",
    )
)
SEEN_QUESTIONS = re.compile(
    r"(what|who) (is|are) (he|she|they) (doing|holding|wearing|carrying|reading|eating|drinking|"
    r"looking at|playing|pushing|riding)\b.*|"
    r"(is|are) (he|she|they) (still )?(holding|wearing|carrying|reading|eating|drinking|playing|"
    r"sitting|standing|lying|walking|sleeping|moving|on the|at the|in the)\b.*|"
    r"is it (still |getting )?(raining|snowing|dark|bright|light|sunny|day|night|foggy)\b.*|"
    r"(what|how) is the weather( like)?( (now|today|outside|there))*|"
    r"what time of (the )?day is it( now)?"
)
"""Questions that only a camera answers, though they name nothing that it sees."""
VISIBLE = re.compile(
    r"\b(person|persons?|people|man|men|woman|women|child|children|kids?|boys?|girls?|guys?|lady|ladies|"
    r"somebody|someone|anybody|anyone|nobody|everybody|everyone|crowd|players?|workers?|visitors?|drivers?|guests?|"
    r"who|baby|babies|cars?|taxis?|vehicles?|trucks?|lorr(y|ies)|vans?|bus(es)?|trains?|trams?|bikes?|bicycles?|"
    r"cyclists?|motor(cycle|bike)s?|boats?|ships?|planes?|airplanes?|drones?|traffic|animals?|"
    r"dogs?|"
    r"cats?|horses?|cows?|sheep|birds?|ducks?|bears?|elephants?|zebras?|giraffes?|things?|objects?|"
    r"anything|something|doors?|gates?|windows?|rooms?|walls?|floors?|ceiling|tables?|desks?|"
    r"bench(es)?|gardens?|yards?|chairs?|"
    r"sofas?|"
    r"couch|beds?|shel(f|ves)|lights?|lamps?|screens?|monitors?|tv|televisions?|laptops?|"
    r"computers?|"
    r"phones?|keyboards?|mouse|books?|papers?|bottles?|cups?|glass(es)?|plates?|bowls?|forks?|"
    r"kni(fe|ves)|spoons?|mugs?|box(es)?|bags?|backpacks?|suitcases?|umbrellas?|hats?|shirts?|"
    r"jackets?|coats?|trousers|shoes?|balls?|signs?|streets?|roads?|corners?|sky|trees?|plants?|"
    r"flowers?|grass|houses?|buildings?|cameras?|picture|view|scene|image|kitchen|fridge|oven|sink|"
    r"toilet|clock|vase|apples?|bananas?|oranges?|cakes?|pizza|sandwich(es)?|food|fire|smoke|water|"
    r"snow|robots?|hands?|keys|left|right|middle|background|foreground|front|outside|inside|"
    r"see|seeing|visible|weather|colou?r|going on|happening|moving|there|here|dark|bright)\b"
)
"""What a camera may see: a question names some of it."""
