"""Sentences, as recognizers write them, and what they ask for."""

from __future__ import annotations

import pytest

from video_commentary.listening.intents import Act, ActKind, understand

COMMANDS = {
    "Stop talking.": (ActKind.STOP, ""),
    "stop": (ActKind.STOP, ""),
    "Please stop talking now": (ActKind.STOP, ""),
    "Stopped talking.": (ActKind.STOP, ""),
    "Be quiet.": (ActKind.STOP, ""),
    "Be quite, please.": (ActKind.STOP, ""),
    "Be quiet, be quiet!": (ActKind.STOP, ""),
    "Please be quiet. Please be quiet. Please be": (ActKind.STOP, ""),
    "Shut up!": (ActKind.STOP, ""),
    "Could you please be quiet?": (ActKind.STOP, ""),
    "That's enough.": (ActKind.STOP, ""),
    "Be quiet for a while.": (ActKind.STOP, "60"),
    "Quiet for five minutes, please": (ActKind.STOP, "300"),
    "stop talking for half an hour": (ActKind.STOP, "1800"),
    "be quiet for 30 seconds": (ActKind.STOP, "30"),
    "Stop the commentary.": (ActKind.STOP, ""),
    "Stop talking to me.": (ActKind.STOP, ""),
    "You can be quiet now.": (ActKind.STOP, ""),
    "Give it a rest.": (ActKind.STOP, ""),
    "Go on.": (ActKind.GO_ON, ""),
    "Go one.": (ActKind.GO_ON, ""),
    "Okay, continue please.": (ActKind.GO_ON, ""),
    "Carry on": (ActKind.GO_ON, ""),
    "Keep talking.": (ActKind.GO_ON, ""),
    "You can talk again now.": (ActKind.GO_ON, ""),
    "Start talking again.": (ActKind.GO_ON, ""),
    "Continue the commentary.": (ActKind.GO_ON, ""),
    "Start again.": (ActKind.GO_ON, ""),
    "Louder.": (ActKind.LOUDER, ""),
    "A bit louder, please.": (ActKind.LOUDER, ""),
    "Speak up!": (ActKind.LOUDER, ""),
    "Can you speak a little louder?": (ActKind.LOUDER, ""),
    "I can't hear you.": (ActKind.LOUDER, ""),
    "Turn up the volume.": (ActKind.LOUDER, ""),
    "Increase your volume.": (ActKind.LOUDER, ""),
    "I can hardly hear you.": (ActKind.LOUDER, ""),
    "That's too quiet.": (ActKind.LOUDER, ""),
    "Quieter, please.": (ActKind.QUIETER, ""),
    "The quieter, please.": (ActKind.QUIETER, ""),
    "Not so loud!": (ActKind.QUIETER, ""),
    "You're too loud": (ActKind.QUIETER, ""),
    "Turn it down a bit.": (ActKind.QUIETER, ""),
    "Lower your voice.": (ActKind.QUIETER, ""),
    "Keep your voice down.": (ActKind.QUIETER, ""),
    "Don't be so loud.": (ActKind.QUIETER, ""),
    "No.": (ActKind.UNDO, ""),
    "No, no.": (ActKind.UNDO, ""),
    "Undo that.": (ActKind.UNDO, ""),
    "That's not what I meant.": (ActKind.UNDO, ""),
    "No, I didn't say that.": (ActKind.UNDO, ""),
    "Never mind.": (ActKind.UNDO, ""),
    "Not what I meant.": (ActKind.UNDO, ""),
    "That's not right.": (ActKind.UNDO, ""),
    "Wrong.": (ActKind.UNDO, ""),
}
INSTRUCTIONS = {
    "Only talk about the cars.": "only talk about the cars",
    "Robot, please talk only about people.": "talk only about people",
    "Just tell me about the dog.": "just tell me about the dog",
    "Focus on the man on the left": "focus on the man on the left",
    "Look for a red bicycle.": "look for a red bicycle",
    "Can you look for my keys?": "look for my keys",
    "Find the ball.": "find the ball",
    "Keep an eye on the door.": "keep an eye on the door",
    "Ignore the birds.": "ignore the birds",
    "Don't talk about the trees.": "do not talk about the trees",
    "Stop talking about the people.": "stop talking about the people",
    "Pay attention to the animals": "pay attention to the animals",
    "Describe everything you see.": "describe everything you see",
    "In Spanish, please.": "in Spanish",
    "Speak German.": "in German",
    "Say it in French from now on": "in French",
    "Switch to English.": "in English",
    "Keep it short.": "keep it short",
    "More details, please.": "more details",
    "French, please.": "in French",
    "Switch language to Spanish.": "in Spanish",
    "Keep watching the door.": "keep watching the door",
    "No more about the weather.": "no more about the weather",
    "From now on talk about the dog.": "talk about the dog",
    "Talk about nothing but the cars.": "talk about nothing but the cars",
}
QUESTIONS = {
    "How many people are there?": "how many people are there?",
    "how many cars do you see": "how many cars do you see?",
    "What is the man on the left doing?": "what is the man on the left doing?",
    "What's the woman holding?": "what is the woman holding?",
    "What do you see?": "what do you see?",
    "Tell me what you can see.": "what do you see?",
    "What's going on?": "what is going on?",
    "What's happening on the street?": "what is happening on the street?",
    "Is there a dog on the sofa?": "is there a dog on the sofa?",
    "Is anybody in the room?": "is anybody in the room?",
    "Is the door open?": "is the door open?",
    "Can you see a red car?": "can you see a red car?",
    "Where is my bag?": "where is my bag?",
    "Where's the cat?": "where is the cat?",
    "What color is the car?": "what color is the car?",
    "What's the color of the car?": "what is the color of the car?",
    "Who is that on the left?": "who is that on the left?",
    "Hey robot, what is on the table?": "what is on the table?",
    "What does the sign say?": "what does the sign say?",
    "Which way is the bus going?": "which way is the bus going?",
    "Describe the scene.": "describe the scene?",
    "Are there any people outside?": "are there any people outside?",
    "Are there children on the street?": "are there children on the street?",
    "How many dogs are on the left?": "how many dogs are on the left?",
    "Tell me what the children are doing.": "what are the children doing?",
    "What is she holding?": "what is she holding?",
    "Is it raining?": "is it raining?",
    "What is on the right?": "what is on the right?",
    "Where is everybody?": "where is everybody?",
    "Anybody there?": "anybody there?",
    "How far away is the car?": "how far away is the car?",
}
WATCHES = {
    "Tell me when a person enters.": "a person enters",
    "tell me went a person enters": "a person enters",
    "Tell me what a person enters.": "a person enters",
    "Tell me when a dog enters. Tell me when a dog enters. Tell me when a dog": "a dog enters",
    "Tell me when nobody is left.": "nobody is left",
    "Tell me when a car is on the left.": "a car is on the left",
    "Let me know if anybody comes in.": "anybody comes in",
    "Please warn me when it gets dark.": "it gets dark",
    "Alert me as soon as a car stops": "a car stops",
    "Can you tell me when the dog leaves?": "the dog leaves",
    "Watch out for bicycles.": "bicycles",
    "Keep an eye out for a red car": "a red car",
    "Say something when there are more than three people.": "there are more than three people",
    "Notify us if nobody is there for a minute": "nobody is there for a minute",
    "Tell me when you see a dog.": "you see a dog",
    "Let me know when it is dark.": "it is dark",
    "When a person enters, tell me.": "a person enters",
    "If a dog appears please warn me.": "a dog appears",
    "Tell me when everybody has left.": "everybody has left",
    "Let me know about any cars.": "any cars",
}
RECALLS = {
    "What happened while I was away?": "what happened while i was away?",
    "What happens while I was away": "what happened while i was away?",
    "What's happened while I went away?": "what happened while i went away?",
    "Tell me when the last car left.": "when the last car left?",
    "When was the last car?": "when was the last car?",
    "When did the man leave?": "when did the man leave?",
    "Tell me when the last car was here.": "when the last car was here?",
    "Did anyone come in today?": "did anyone come in today?",
    "What did I miss?": "what did i miss?",
    "Who was here this morning?": "who was here this morning?",
    "How many cars have passed in the last hour?": "how many cars have passed in the last hour?",
    "Have you seen my keys?": "have you seen my keys?",
    "Was there a dog?": "was there a dog?",
    "Give me a summary of today.": "give me a summary of today?",
    "What happened?": "what happened?",
    "Tell me what I missed.": "what i missed?",
    "Who left?": "who left?",
    "Where did I put my keys?": "where did i put my keys?",
    "When did you last see the cat?": "when did you last see the cat?",
    "What was the man doing?": "what was the man doing?",
    "Anything new?": "anything new?",
}
CHATTER = """
    Thank you.
    Thanks for watching!
    Bye bye.
    you
    Yes.
    Okay.
    Oh my God.
    He told me to shut up.
    I said stop talking to him.
    We were talking about the economy.
    Oh, we talked about the cars.
    I'm only talking about the weather.
    It won't be when the bus stops.
    She talked him out of the car.
    He is warned when he stops.
    What's the color of money?
    What's happened to you?
    Let's talk about something else.
    You never talk about your feelings.
    What are you doing tonight?
    What do you think?
    How are you?
    How much does it cost?
    How many years did you work there?
    How many times have I told you?
    How old is she?
    Is there a problem?
    Is there anything I can do for you?
    Are you hungry?
    Are you coming?
    Do you see what I mean?
    Can you pass me the salt?
    Could you help me with the table?
    Where are you from?
    Where is he?
    Who are you?
    What's your name?
    What time is it?
    What's wrong?
    What's the matter with the car?
    Let me know if you need anything.
    Let me know when you're home.
    Tell me when it's ready.
    Tell me if I'm wrong.
    Tell me about your day.
    Tell me about it.
    Tell me the truth.
    Talk to me.
    Look at me.
    Look for it yourself.
    Look at that!
    Watch this.
    Watch your step.
    Watch out!
    Watch out for yourself.
    Focus on your work.
    Find out what he wants.
    Forget about him.
    I forget things.
    Come on.
    Let's go.
    Go on holiday with me.
    Go on, tell him.
    Keep going straight and turn left.
    Stop at the red light.
    Stop the car.
    Stop it, you two are driving me mad.
    She couldn't stop laughing.
    Enough money for a house.
    Quiet people have the loudest minds.
    The room is quiet.
    It was louder than expected.
    Turn up at nine.
    Turn it over.
    No problem.
    No, thank you, I've had enough coffee.
    No one came to the party.
    Not that I know of.
    I never mind the rain.
    When was the war?
    When did you get married?
    Did you see the movie?
    Did you have a good day?
    Have you been to Paris?
    What happened to your mother?
    Who was the president?
    In Spanish it is called agua.
    I speak Spanish.
    She only talks about cars.
    In English class we read a book.
    Not about me.
    Anything else?
    Any questions?
    Is her brother nice?
    Are there any problems?
    How many days are left?
    Where did you put my keys?
    What happened next?
    If you need me call me.
    Tell me when you see him.
    When you are done let me know.
    Give me a minute.
    Watch the news.
    You are wrong.
    A person enters on the left.
    Two cars pass from left to right.
    There are three people in the room.
    A man in a red shirt walks to the door.
    The light goes out.
    Nobody is in view any more.
    And now the weather for tomorrow with rain in the north and a few sunny hours in the south.
    The government has announced that it will raise taxes, the prime minister said on Tuesday.
    Coming up next, we talk about the cars of the future and what they mean for your wallet.
    Goal! What a strike from thirty yards!
    And he passes the ball to the left, he shoots, oh no!
    I would like to thank my family for watching me.
"""


@pytest.mark.parametrize("text", COMMANDS)
def test_commands(text: str) -> None:
    act = understand(text)
    assert (act.kind, act.argument) == COMMANDS[text]
    assert 0.5 < act.confidence <= 1.0


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (INSTRUCTIONS, ActKind.INSTRUCTION),
        (QUESTIONS, ActKind.QUESTION),
        (WATCHES, ActKind.WATCH),
        (RECALLS, ActKind.RECALL),
    ],
    ids=lambda it: it.value if isinstance(it, ActKind) else "",
)
def test_sentences_with_an_argument(table: dict[str, str], kind: ActKind) -> None:
    found = {text: understand(text) for text in table}
    assert {text: act.argument for text, act in found.items()} == table
    assert {text: act.kind for text, act in found.items()} == dict.fromkeys(table, kind)


@pytest.mark.parametrize("text", [line.strip() for line in CHATTER.strip().splitlines()])
def test_chatter_and_television_ask_for_nothing(text: str) -> None:
    assert understand(text).kind is ActKind.NONE


def test_after_the_wake_word_any_question_is_for_the_robot() -> None:
    assert understand("What's your name?", addressed=True).kind is ActKind.QUESTION
    assert understand("What do you think of it", addressed=True).kind is ActKind.QUESTION
    assert understand("The weather is fine.", addressed=True) == Act(ActKind.NONE)
    assert understand("Let me know if you need anything.", addressed=True).kind is ActKind.NONE


def test_a_command_within_a_long_speech_is_none() -> None:
    assert understand("only talk about " + "the cars and " * 20).kind is ActKind.NONE
    assert understand(" ... ").kind is ActKind.NONE
