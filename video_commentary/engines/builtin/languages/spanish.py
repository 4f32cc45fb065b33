"""Spanish: two genders, adjectives and participles that agree in gender and number."""

from __future__ import annotations

from .grammar import Grammar, InflectedNoun, ways

_COLOURS = {
    "red": ("rojo", "roja", "rojos", "rojas"),
    "orange": ("naranja", "naranja", "naranjas", "naranjas"),
    "yellow": ("amarillo", "amarilla", "amarillos", "amarillas"),
    "green": ("verde", "verde", "verdes", "verdes"),
    "blue": ("azul", "azul", "azules", "azules"),
    "purple": ("morado", "morada", "morados", "moradas"),
    "pink": ("rosa", "rosa", "rosas", "rosas"),
    "brown": ("marrón", "marrón", "marrones", "marrones"),
    "white": ("blanco", "blanca", "blancos", "blancas"),
    "grey": ("gris", "gris", "grises", "grises"),
    "black": ("negro", "negra", "negros", "negras"),
    "dark": ("oscuro", "oscura", "oscuros", "oscuras"),
    "light": ("claro", "clara", "claros", "claras"),
}
"""Masculine and feminine of one, then of several."""


def _amount(grammar: Grammar, noun: InflectedNoun, count: int, colour: str, is_object: bool) -> str:
    forms = _COLOURS.get(colour)
    several, feminine = count > 1, noun.gender == "f"
    adjective = forms[2 * several + feminine] if forms else ""
    if forms and noun.one == "persona":
        adjective = f"de {forms[0]}"  # what somebody wears
    person = noun.one in {"persona", "ciclista", "motorista"}
    preposition = "a" if is_object and person else ""
    if several:
        number = grammar.number(count)
        number = "muchas" if number == grammar.many and feminine else number
        words = [preposition, number, noun.many, adjective]
    elif not noun.many:
        return noun.one  # "algo"
    else:
        words = [preposition, "una" if feminine else "un", noun.one, adjective]
    return " ".join(word for word in words if word)


SPANISH = Grammar(
    code="es",
    numbers=("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
    + ("diez", "once", "doce"),
    many="muchos",
    at_least="al menos",
    conjunction="y",
    places={
        "left": "a la izquierda",
        "middle": "en el centro",
        "right": "a la derecha",
        "near": "cerca",
        "far": "al fondo",
    },
    borders={
        "left": "por la izquierda",
        "middle": "",
        "right": "por la derecha",
        "near": "por delante",
        "far": "por el fondo",
    },
    ways={
        "left": "hacia la izquierda",
        "middle": "",
        "right": "hacia la derecha",
        "near": "hacia abajo",
        "far": "hacia arriba",
    },
    endings={"m": ("o", "os"), "f": ("a", "as")},
    nouns={
        "person": InflectedNoun("persona", "personas", "f"),
        "cyclist": InflectedNoun("ciclista", "ciclistas", "m"),
        "motorcyclist": InflectedNoun("motorista", "motoristas", "m"),
        "bicycle": InflectedNoun("bicicleta", "bicicletas", "f"),
        "car": InflectedNoun("coche", "coches", "m"),
        "motorcycle": InflectedNoun("moto", "motos", "f"),
        "airplane": InflectedNoun("avión", "aviones", "m"),
        "bus": InflectedNoun("autobús", "autobuses", "m"),
        "train": InflectedNoun("tren", "trenes", "m"),
        "truck": InflectedNoun("camión", "camiones", "m"),
        "boat": InflectedNoun("barco", "barcos", "m"),
        "vehicle": InflectedNoun("vehículo", "vehículos", "m"),
        "bird": InflectedNoun("pájaro", "pájaros", "m"),
        "cat": InflectedNoun("gato", "gatos", "m"),
        "dog": InflectedNoun("perro", "perros", "m"),
        "horse": InflectedNoun("caballo", "caballos", "m"),
        "sheep": InflectedNoun("oveja", "ovejas", "f"),
        "cow": InflectedNoun("vaca", "vacas", "f"),
        "elephant": InflectedNoun("elefante", "elefantes", "m"),
        "bear": InflectedNoun("oso", "osos", "m"),
        "zebra": InflectedNoun("cebra", "cebras", "f"),
        "giraffe": InflectedNoun("jirafa", "jirafas", "f"),
        "animal": InflectedNoun("animal", "animales", "m"),
        "thing": InflectedNoun("objeto", "objetos", "m"),
        "something": InflectedNoun("algo", "", "m"),
        "table": InflectedNoun("mesa", "mesas", "f"),
        "hand": InflectedNoun("mano", "manos", "f"),
        "ball": InflectedNoun("pelota", "pelotas", "f"),
        "sports ball": InflectedNoun("pelota", "pelotas", "f"),
        "sign": InflectedNoun("cartel", "carteles", "m"),
        "text": InflectedNoun("texto", "textos", "m"),
        "traffic light": InflectedNoun("semáforo", "semáforos", "m"),
        "stop sign": InflectedNoun("señal de stop", "señales de stop", "f"),
        "fire hydrant": InflectedNoun("hidrante", "hidrantes", "m"),
        "bench": InflectedNoun("banco", "bancos", "m"),
        "backpack": InflectedNoun("mochila", "mochilas", "f"),
        "umbrella": InflectedNoun("paraguas", "paraguas", "m"),
        "handbag": InflectedNoun("bolso", "bolsos", "m"),
        "suitcase": InflectedNoun("maleta", "maletas", "f"),
        "skateboard": InflectedNoun("monopatín", "monopatines", "m"),
        "bottle": InflectedNoun("botella", "botellas", "f"),
        "wine glass": InflectedNoun("copa", "copas", "f"),
        "cup": InflectedNoun("taza", "tazas", "f"),
        "fork": InflectedNoun("tenedor", "tenedores", "m"),
        "knife": InflectedNoun("cuchillo", "cuchillos", "m"),
        "spoon": InflectedNoun("cuchara", "cucharas", "f"),
        "bowl": InflectedNoun("cuenco", "cuencos", "m"),
        "banana": InflectedNoun("plátano", "plátanos", "m"),
        "apple": InflectedNoun("manzana", "manzanas", "f"),
        "orange": InflectedNoun("naranja", "naranjas", "f"),
        "chair": InflectedNoun("silla", "sillas", "f"),
        "couch": InflectedNoun("sofá", "sofás", "m"),
        "potted plant": InflectedNoun("planta", "plantas", "f"),
        "bed": InflectedNoun("cama", "camas", "f"),
        "dining table": InflectedNoun("mesa", "mesas", "f"),
        "tv": InflectedNoun("pantalla", "pantallas", "f"),
        "laptop": InflectedNoun("portátil", "portátiles", "m"),
        "mouse": InflectedNoun("ratón", "ratones", "m"),
        "remote": InflectedNoun("mando", "mandos", "m"),
        "keyboard": InflectedNoun("teclado", "teclados", "m"),
        "cell phone": InflectedNoun("teléfono", "teléfonos", "m"),
        "book": InflectedNoun("libro", "libros", "m"),
        "clock": InflectedNoun("reloj", "relojes", "m"),
        "vase": InflectedNoun("jarrón", "jarrones", "m"),
        "scissors": InflectedNoun("tijera", "tijeras", "f"),
        "teddy bear": InflectedNoun("osito de peluche", "ositos de peluche", "m"),
    },
    templates={
        "opens": ways("Veo |{object}|{object}| {place}."),
        "present": ways("Veo |{object}|{object}| {place}."),
        "absent": ways("No |veo|veo| nada de eso."),
        "rests": ways("{Subject} |está|están| parad{o} {place}."),
        "total": ways("Hasta ahora |ha|han| sido {subject}."),
        "quiet": ways("Todo está |tranquilo|tranquilo|."),
        "enters": ways(
            "{Subject} |entra|entran| {from_}.", "{Subject} |aparece|aparecen| {from_}."
        ),
        "leaves": ways("{Subject} |sale|salen| {from_}.", "{Subject} |se va|se van| {from_}."),
        "crosses": ways("{Subject} |cruza|cruzan| la imagen."),
        "passes": ways("{Subject} |pasa|pasan| {place}."),
        "overtakes": ways("{Subject} |adelanta|adelantan| {place}."),
        "stops": ways(
            "{Subject} |se para|se paran| {place}.", "{Subject} |se ha|se han| detenido {place}."
        ),
        "starts": ways("{Subject} |se pone|se ponen| en marcha {place}."),
        "picks_up": ways("{Subject} |es retirad{o}|son retirad{o}| {place}."),
        "puts_back": ways("{Subject} |es colocad{o}|son colocad{o}| {place}."),
        "moves": ways("{Subject} |se mueve|se mueven| {place}."),
        "approaches": ways(
            "{Subject} |se acerca|se acercan| {place}.",
            "{Subject} |viene|vienen| hacia nosotros {place}.",
        ),
        "recedes": ways("{Subject} |se aleja|se alejan| {place}."),
        "crouches": ways("{Subject} |se agacha|se agachan| {place}."),
        "throws": ways("{Subject} |lanza|lanzan| algo {place}."),
        "jumps": ways("{Subject} |salta|saltan| {place}."),
        "turns": ways("{Subject} |se da|se dan| la vuelta {place}."),
        "leans": ways("{Subject} |se inclina|se inclinan| {way}."),
        "gestures": ways("{Subject} |gesticula|gesticulan| {place}."),
        "talks": ways("{Subject} |habla|hablan| {place}."),
        "flies": ways("{Subject} |vuela|vuelan| {place}."),
        "takes_off": ways("{Subject} |levanta|levantan| el vuelo {place}."),
        "cut": ways("Cambia |la|la| vista."),
        "camera_pans": ways("La cámara |gira|gira| {way}."),
        "camera_tilts": ways("La cámara |se inclina|se inclina| {way}."),
        "camera_zooms": ways("Cambia |el|el| encuadre."),
        "light": ways("Cambia |la|la| luz."),
        "reads": ways("El cartel {place} |dice|dice|: {text}."),
    },
    camera_templates={
        "moves": "La cámara se mueve.",
        "starts": "La cámara se pone en marcha.",
        "stops": "La cámara está quieta.",
        "rests": "La cámara está quieta.",
        "turns": "La cámara gira {way}.",
    },
    camera_prefix="Cámara {camera}: ",
    help="Puedo seguir a personas, vehículos, animales, movimiento, luz y la propia cámara.",
    amount=_amount,
)
