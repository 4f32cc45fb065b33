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
    r"no more (talking|comments|commentary)|say nothing|stop saying things|"
    r"stop (talking|speaking) to (me|us)|you (can|may) (stop|be (quiet|silent))( talking)?( now)?|"
    r"give it a rest|take a break|give (me|us) (a (moment|minute|bit)|some)( of)? "
    r"(silence|quiet|peace)|(i|we) need (some )?(silence|quiet))"
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
    r"unmute|unpause|(start|begin|resume|continue) (talking|commenting|speaking|the commentary)|"
    r"(start|begin) again|"
    r"(talk|speak|comment|talk to (me|us)) again|"
    r"you (can|may) (talk|speak|go on|continue|carry on|comment|start)( now)?)"
    r"( again| now| talking| speaking| commenting| with (it|that|the commentary))*"
)
LOUDER = re.compile(
    r"((a (bit|little)( bit)?|much|make it|be|speak|talk|say it|say that|get|even)( a (bit|"
    r"little))?"
    r"( more)? (louder|loader|lauder)|louder|speak up|(turn|crank|put) (it|(the|your) (sound|"
    r"volume|voice)) up|turn up( (the|your) (sound|volume|voice))?|"
    r"(increase|raise) (the|your) (sound|volume)|(the )?volume up|(more|higher) volume|"
    r"raise your voice|(i|we) can (not|hardly|barely) hear (you|anything)|"
    r"((you are|it is|that is) )?too (quiet|soft))"
    r"( now| a (bit|little))?"
)
QUIETER = re.compile(
    r"((a (bit|little)( bit)?|much|make it|be|speak|talk|say it|say that|get|even)( a (bit|"
    r"little))?"
    r"( more)? (quieter|softer|quietly|softly|less loud)|quieter|softer|less loud|"
    r"(turn|put) (it|(the|your) (sound|volume|voice)) down|turn down (the|your) (sound|volume|"
    r"voice)|(lower|decrease|reduce) ((the|your) )?(sound|volume|voice)|(the )?volume down|"
    r"less volume|not so loud|keep (it|your voice) down|((you are|it is|that is) )?(too|so) loud|"
    r"speak (quietly|softly)|do not (be|speak|talk) (so|too|that) loud(ly)?|"
    r"do not (shout|yell|scream))"
    r"( now| a (bit|little))?"
)
UNDO = re.compile(
    r"(no|nope|nah)( (no|nope))*( (not that|that is (wrong|not right|not it)|undo( that)?|wrong))?|"
    r"(undo|cancel|revert|reverse)( (that|it|this|the last one))?|take (that|it) back|"
    r"(no )?((that is|that was|it is) )?not what i (meant|said|asked( for)?|wanted|want)|"
    r"(that is|that was) not( (right|correct|it))?|wrong|go back|do not do that|"
    r"(no )?i (did not|never) (say|mean|ask( for)?) that|not that|(that is|that was) (wrong|a "
    r"mistake)|"
    r"never ?mind( that)?|forget (it|that|about (it|that))|scratch that|change it back|"
    r"(no )?you (misunderstood|got (it|that|me) wrong)( me)?"
)
WATCH = re.compile(
    r"(tell|warn|alert|notify|inform|call|wake|remind) (me|us) (as soon as|when(ever)?|if|once|"
    r"any ?time|every time|each time) (?P<told>.+)|"
    r"let (me|us) know (as soon as|when(ever)?|if|once|any ?time|every time) (?P<known>.+)|"
    r"(as soon as|when(ever)?|if|once) (?P<first>.+?) (please )?((tell|warn|alert|notify|inform|"
    r"call) (me|us)|let (me|us) know|say (so|something))|"
    r"(say( so| something)?|shout|speak up|give (me|us) a (shout|warning|call)|raise the alarm|"
    r"sound the alarm) (as soon as|when(ever)?|if|once) (?P<shouted>.+)|"
    r"(i|we) (want|need|would like) to (know|be (told|warned)) (as soon as|when(ever)?|if|once) "
    r"(?P<wanted>.+)|"
    r"(watch out|look out|watch|keep (an eye|a lookout|a look) out|be on the lookout) for "
    r"(?P<watched>.+)|"
    r"((tell|warn|alert|notify) (me|us)|let (me|us) know) (about|of) "
    r"(?P<warned>(any|every|each|new|all) .+)"
)
UNWATCHED = re.compile(
    r"(you|i|we|he|she|they|it|this|that|my|your|our|his|her|their|dinner|lunch|breakfast)\b"
    r"(?! (gets?|becomes?|goes|turns?|is|is getting)( too)? (dark|bright|quiet|light|calm)(er)?$)"
    r"(?! (can )?(see|spot|notice|hear) "
    r"(?!me\b|you\b|it\b|that\b|this\b|him\b|her\b|them\b|my\b|your\b))"
)
"""How a condition begins that is about people's own business."""
PAST_WATCH = re.compile(
    r"\b(was|were|did|had|happened|came|(?<!\bis )(?<!\bare )(?<!\bhas )(?<!\bhave )"
    r"(?<!\bthe )(?<!\bturns )(?<!\bturn )left|went|saw|seen|entered|"
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
        r"(find|spot|follow|track) (?P<found>(the|my|our|a|an|any|all|every|some) .+)",
        r"keep an eye on (?P<eyed>.+)",
        r"look (only |just )?at (?P<looked>(the|all|every|a|an) .+)",
        r"(keep )?watch(ing)? (only |just )?(?P<seen>(the|all|every|a|an) "
        r"(?!(news|time|show|movie|film|game|match)\b).+)",
        r"(no more|nothing( more)?|not) about (?P<no_more>.+)",
        r"i (only|just) want to (hear|know) about (?P<heard>.+)",
        r"(ignore|leave out|skip|forget about|disregard) (?P<ignored>.+)",
        r"(do not|never|stop|quit|no longer|no more) (talk|talking|speak|speaking|comment|"
        r"commenting|"
        r"mention|mentioning|report|reporting|tell me|telling me|describe|describing|talk to me)"
        r"( about| on)? (?P<unwanted>.+)",
        r"describe (only|just) (?P<described>.+)",
        r"(describe|comment on|report|talk about) (?P<everything>everything( (you see|that (moves|"
        r"happens)))?)",
    )
)
"""Sentences that say what to talk about; the group is about what."""
LANGUAGE = re.compile(
    r"((now )?(talk|speak|say (it|that|this)|switch|change|answer|comment|continue|go on|describe "
    r"(it|everything)|tell me|use|reply|respond)( (to me|to us|over|back|only|everything|now))?"
    rf"( in| to)? |(switch|change) (the |your )?language to |(now )?(in )?)"
    rf"(?P<language>{LANGUAGES})( (only|now|instead|from now on|again))*"
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
    r"money|tomorrow|today|yesterday|life|love|politics|god|nothing(?! but)|something else)\b"
    r"(?! (man|men|woman|person|people|car|dog|cat|door|bike|child|children)\b)"
)
"""What people don't ask a robot with a camera to talk about or to look for."""
SLIPS = (
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
