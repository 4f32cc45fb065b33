"""German: three genders, cases of the article, endings of adjectives."""

from __future__ import annotations

from .grammar import Grammar, Noun, ways

_ARTICLES = {"m": ("ein", "einen"), "f": ("eine", "eine"), "n": ("ein", "ein")}
"""By gender: as the subject and as the object."""
_ENDINGS = {"m": ("er", "en"), "f": ("e", "e"), "n": ("es", "es")}
"""Of an adjective after that article; of several it is always "e"."""
_COLOURS = {
    "red": ("rot", "Rot"),
    "orange": ("orangefarben", "Orange"),
    "yellow": ("gelb", "Gelb"),
    "green": ("grün", "Grün"),
    "blue": ("blau", "Blau"),
    "purple": ("violett", "Violett"),
    "pink": ("rosafarben", "Rosa"),
    "brown": ("braun", "Braun"),
    "white": ("weiß", "Weiß"),
    "grey": ("grau", "Grau"),
    "black": ("schwarz", "Schwarz"),
    "dark": ("dunkl", "dunkler Kleidung"),
    "light": ("hell", "heller Kleidung"),
}
"""The stem of the adjective, and what follows "in" of clothes."""


def _amount(grammar: Grammar, noun: Noun, count: int, colour: str, is_object: bool) -> str:
    adjective, shade = _COLOURS.get(colour, ("", ""))
    worn = f" in {shade}" if shade and noun.one == "Person" else ""  # what somebody wears
    if worn:
        adjective = ""
    if count > 1:
        words = [grammar.number(count), adjective and f"{adjective}e", noun.many]
    elif not noun.many:
        return noun.one  # "etwas"
    else:
        name = (noun.accusative if is_object else "") or noun.one
        ending = _ENDINGS[noun.gender][is_object]
        article = _ARTICLES[noun.gender][is_object]
        words = [article, adjective and adjective + ending, name]
    return " ".join(word for word in words if word) + worn


GERMAN = Grammar(
    code="de",
    numbers=("kein", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
    + ("zehn", "elf", "zwölf"),
    many="viele",
    at_least="mindestens",
    conjunction="und",
    places={
        "left": "links",
        "middle": "in der Mitte",
        "right": "rechts",
        "near": "vorn",
        "far": "hinten",
    },
    borders={
        "left": "von links",
        "middle": "",
        "right": "von rechts",
        "near": "von vorn",
        "far": "von hinten",
    },
    ways={
        "left": "nach links",
        "middle": "",
        "right": "nach rechts",
        "near": "nach unten",
        "far": "nach oben",
    },
    endings={"m": ("", ""), "f": ("", ""), "n": ("", "")},
    nouns={
        "person": Noun("Person", "Personen", "f"),
        "cyclist": Noun("Radfahrer", "Radfahrer", "m"),
        "motorcyclist": Noun("Motorradfahrer", "Motorradfahrer", "m"),
        "bicycle": Noun("Fahrrad", "Fahrräder", "n"),
        "car": Noun("Auto", "Autos", "n"),
        "motorcycle": Noun("Motorrad", "Motorräder", "n"),
        "airplane": Noun("Flugzeug", "Flugzeuge", "n"),
        "bus": Noun("Bus", "Busse", "m"),
        "train": Noun("Zug", "Züge", "m"),
        "truck": Noun("Lastwagen", "Lastwagen", "m"),
        "boat": Noun("Boot", "Boote", "n"),
        "vehicle": Noun("Fahrzeug", "Fahrzeuge", "n"),
        "bird": Noun("Vogel", "Vögel", "m"),
        "cat": Noun("Katze", "Katzen", "f"),
        "dog": Noun("Hund", "Hunde", "m"),
        "horse": Noun("Pferd", "Pferde", "n"),
        "sheep": Noun("Schaf", "Schafe", "n"),
        "cow": Noun("Kuh", "Kühe", "f"),
        "elephant": Noun("Elefant", "Elefanten", "m", "Elefanten"),
        "bear": Noun("Bär", "Bären", "m", "Bären"),
        "zebra": Noun("Zebra", "Zebras", "n"),
        "giraffe": Noun("Giraffe", "Giraffen", "f"),
        "animal": Noun("Tier", "Tiere", "n"),
        "thing": Noun("Gegenstand", "Gegenstände", "m"),
        "something": Noun("etwas", "", "n"),
        "table": Noun("Tisch", "Tische", "m"),
        "hand": Noun("Hand", "Hände", "f"),
        "ball": Noun("Ball", "Bälle", "m"),
        "sports ball": Noun("Ball", "Bälle", "m"),
        "sign": Noun("Schild", "Schilder", "n"),
        "text": Noun("Text", "Texte", "m"),
        "traffic light": Noun("Ampel", "Ampeln", "f"),
        "stop sign": Noun("Stoppschild", "Stoppschilder", "n"),
        "fire hydrant": Noun("Hydrant", "Hydranten", "m", "Hydranten"),
        "bench": Noun("Bank", "Bänke", "f"),
        "backpack": Noun("Rucksack", "Rucksäcke", "m"),
        "umbrella": Noun("Schirm", "Schirme", "m"),
        "handbag": Noun("Tasche", "Taschen", "f"),
        "suitcase": Noun("Koffer", "Koffer", "m"),
        "skateboard": Noun("Skateboard", "Skateboards", "n"),
        "bottle": Noun("Flasche", "Flaschen", "f"),
        "wine glass": Noun("Glas", "Gläser", "n"),
        "cup": Noun("Tasse", "Tassen", "f"),
        "fork": Noun("Gabel", "Gabeln", "f"),
        "knife": Noun("Messer", "Messer", "n"),
        "spoon": Noun("Löffel", "Löffel", "m"),
        "bowl": Noun("Schale", "Schalen", "f"),
        "banana": Noun("Banane", "Bananen", "f"),
        "apple": Noun("Apfel", "Äpfel", "m"),
        "orange": Noun("Orange", "Orangen", "f"),
        "chair": Noun("Stuhl", "Stühle", "m"),
        "couch": Noun("Sofa", "Sofas", "n"),
        "potted plant": Noun("Topfpflanze", "Topfpflanzen", "f"),
        "bed": Noun("Bett", "Betten", "n"),
        "dining table": Noun("Tisch", "Tische", "m"),
        "tv": Noun("Bildschirm", "Bildschirme", "m"),
        "laptop": Noun("Laptop", "Laptops", "m"),
        "mouse": Noun("Maus", "Mäuse", "f"),
        "remote": Noun("Fernbedienung", "Fernbedienungen", "f"),
        "keyboard": Noun("Tastatur", "Tastaturen", "f"),
        "cell phone": Noun("Telefon", "Telefone", "n"),
        "book": Noun("Buch", "Bücher", "n"),
        "clock": Noun("Uhr", "Uhren", "f"),
        "vase": Noun("Vase", "Vasen", "f"),
        "scissors": Noun("Schere", "Scheren", "f"),
        "teddy bear": Noun("Teddybär", "Teddybären", "m", "Teddybären"),
    },
    templates={
        "opens": ways("Ich sehe |{object}|{object}| {place}."),
        "present": ways("Ich sehe |{object}|{object}| {place}."),
        "absent": ways("Ich sehe |nichts davon|nichts davon|."),
        "rests": ways("{Subject} |steht|stehen| {place} still."),
        "total": ways("Bis jetzt |war|waren| es {subject}."),
        "quiet": ways("Es ist |ruhig|ruhig|."),
        "enters": ways(
            "{Subject} |kommt|kommen| {from_} ins Bild.",
            "{Subject} |erscheint|erscheinen| {from_}.",
        ),
        "leaves": ways(
            "{Subject} |verlässt|verlassen| {place} das Bild.",
            "{Subject} |verschwindet|verschwinden| {place}.",
        ),
        "crosses": ways("{Subject} |quert|queren| das Bild."),
        "passes": ways("{Subject} |kommt|kommen| {place} vorbei."),
        "overtakes": ways("{Subject} |überholt|überholen| {place}."),
        "stops": ways(
            "{Subject} |bleibt|bleiben| {place} stehen.", "{Subject} |hält|halten| {place} an."
        ),
        "starts": ways("{Subject} |setzt|setzen| sich {place} in Bewegung."),
        "picks_up": ways("{Subject} |wird|werden| {place} weggenommen."),
        "puts_back": ways("{Subject} |wird|werden| {place} hingestellt."),
        "moves": ways("{Subject} |bewegt|bewegen| sich {place}."),
        "approaches": ways(
            "{Subject} |kommt|kommen| {place} näher.", "{Subject} |nähert|nähern| sich {place}."
        ),
        "recedes": ways("{Subject} |entfernt|entfernen| sich {place}."),
        "crouches": ways("{Subject} |geht|gehen| {place} in die Hocke."),
        "throws": ways("{Subject} |wirft|werfen| {place} etwas."),
        "jumps": ways("{Subject} |springt|springen| {place}."),
        "turns": ways("{Subject} |dreht|drehen| sich {place} um."),
        "leans": ways("{Subject} |beugt|beugen| sich {way}."),
        "gestures": ways("{Subject} |gestikuliert|gestikulieren| {place}."),
        "talks": ways("{Subject} |spricht|sprechen| {place}."),
        "flies": ways("{Subject} |fliegt|fliegen| {place}."),
        "takes_off": ways("{Subject} |fliegt|fliegen| {place} auf."),
        "cut": ways("Das Bild |wechselt|wechselt|."),
        "camera_pans": ways("Die Kamera |schwenkt|schwenkt| {way}."),
        "camera_tilts": ways("Die Kamera |neigt|neigt| sich {way}."),
        "camera_zooms": ways("Der Bildausschnitt |ändert|ändert| sich."),
        "light": ways("Das Licht |ändert|ändert| sich."),
        "reads": ways("Auf dem Schild {place} |steht|steht|: {text}."),
    },
    camera_templates={
        "moves": "Die Kamera bewegt sich.",
        "starts": "Die Kamera setzt sich in Bewegung.",
        "stops": "Die Kamera steht still.",
        "rests": "Die Kamera steht still.",
        "turns": "Die Kamera dreht sich {way}.",
    },
    camera_prefix="Kamera {camera}: ",
    help="Ich achte auf Personen, Fahrzeuge, Tiere, Bewegung, Licht und die Kamera selbst.",
    amount=_amount,
)
