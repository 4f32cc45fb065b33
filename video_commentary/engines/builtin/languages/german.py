"""German: three genders, cases of the article, endings of adjectives."""

from __future__ import annotations

from .grammar import Grammar, InflectedNoun, ways

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


def _amount(grammar: Grammar, noun: InflectedNoun, count: int, colour: str, is_object: bool) -> str:
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
        "person": InflectedNoun("Person", "Personen", "f"),
        "cyclist": InflectedNoun("Radfahrer", "Radfahrer", "m"),
        "motorcyclist": InflectedNoun("Motorradfahrer", "Motorradfahrer", "m"),
        "bicycle": InflectedNoun("Fahrrad", "Fahrräder", "n"),
        "car": InflectedNoun("Auto", "Autos", "n"),
        "motorcycle": InflectedNoun("Motorrad", "Motorräder", "n"),
        "airplane": InflectedNoun("Flugzeug", "Flugzeuge", "n"),
        "bus": InflectedNoun("Bus", "Busse", "m"),
        "train": InflectedNoun("Zug", "Züge", "m"),
        "truck": InflectedNoun("Lastwagen", "Lastwagen", "m"),
        "boat": InflectedNoun("Boot", "Boote", "n"),
        "vehicle": InflectedNoun("Fahrzeug", "Fahrzeuge", "n"),
        "bird": InflectedNoun("Vogel", "Vögel", "m"),
        "cat": InflectedNoun("Katze", "Katzen", "f"),
        "dog": InflectedNoun("Hund", "Hunde", "m"),
        "horse": InflectedNoun("Pferd", "Pferde", "n"),
        "sheep": InflectedNoun("Schaf", "Schafe", "n"),
        "cow": InflectedNoun("Kuh", "Kühe", "f"),
        "elephant": InflectedNoun("Elefant", "Elefanten", "m", "Elefanten"),
        "bear": InflectedNoun("Bär", "Bären", "m", "Bären"),
        "zebra": InflectedNoun("Zebra", "Zebras", "n"),
        "giraffe": InflectedNoun("Giraffe", "Giraffen", "f"),
        "animal": InflectedNoun("Tier", "Tiere", "n"),
        "thing": InflectedNoun("Gegenstand", "Gegenstände", "m"),
        "something": InflectedNoun("etwas", "", "n"),
        "table": InflectedNoun("Tisch", "Tische", "m"),
        "hand": InflectedNoun("Hand", "Hände", "f"),
        "ball": InflectedNoun("Ball", "Bälle", "m"),
        "sports ball": InflectedNoun("Ball", "Bälle", "m"),
        "sign": InflectedNoun("Schild", "Schilder", "n"),
        "text": InflectedNoun("Text", "Texte", "m"),
        "traffic light": InflectedNoun("Ampel", "Ampeln", "f"),
        "stop sign": InflectedNoun("Stoppschild", "Stoppschilder", "n"),
        "fire hydrant": InflectedNoun("Hydrant", "Hydranten", "m", "Hydranten"),
        "bench": InflectedNoun("Bank", "Bänke", "f"),
        "backpack": InflectedNoun("Rucksack", "Rucksäcke", "m"),
        "umbrella": InflectedNoun("Schirm", "Schirme", "m"),
        "handbag": InflectedNoun("Tasche", "Taschen", "f"),
        "suitcase": InflectedNoun("Koffer", "Koffer", "m"),
        "skateboard": InflectedNoun("Skateboard", "Skateboards", "n"),
        "bottle": InflectedNoun("Flasche", "Flaschen", "f"),
        "wine glass": InflectedNoun("Glas", "Gläser", "n"),
        "cup": InflectedNoun("Tasse", "Tassen", "f"),
        "fork": InflectedNoun("Gabel", "Gabeln", "f"),
        "knife": InflectedNoun("Messer", "Messer", "n"),
        "spoon": InflectedNoun("Löffel", "Löffel", "m"),
        "bowl": InflectedNoun("Schale", "Schalen", "f"),
        "banana": InflectedNoun("Banane", "Bananen", "f"),
        "apple": InflectedNoun("Apfel", "Äpfel", "m"),
        "orange": InflectedNoun("Orange", "Orangen", "f"),
        "chair": InflectedNoun("Stuhl", "Stühle", "m"),
        "couch": InflectedNoun("Sofa", "Sofas", "n"),
        "potted plant": InflectedNoun("Topfpflanze", "Topfpflanzen", "f"),
        "bed": InflectedNoun("Bett", "Betten", "n"),
        "dining table": InflectedNoun("Tisch", "Tische", "m"),
        "tv": InflectedNoun("Bildschirm", "Bildschirme", "m"),
        "laptop": InflectedNoun("Laptop", "Laptops", "m"),
        "mouse": InflectedNoun("Maus", "Mäuse", "f"),
        "remote": InflectedNoun("Fernbedienung", "Fernbedienungen", "f"),
        "keyboard": InflectedNoun("Tastatur", "Tastaturen", "f"),
        "cell phone": InflectedNoun("Telefon", "Telefone", "n"),
        "book": InflectedNoun("Buch", "Bücher", "n"),
        "clock": InflectedNoun("Uhr", "Uhren", "f"),
        "vase": InflectedNoun("Vase", "Vasen", "f"),
        "scissors": InflectedNoun("Schere", "Scheren", "f"),
        "teddy bear": InflectedNoun("Teddybär", "Teddybären", "m", "Teddybären"),
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
