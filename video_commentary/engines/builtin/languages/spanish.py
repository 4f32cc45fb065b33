"""Spanish: two genders, adjectives and participles that agree in gender and number."""

from __future__ import annotations

from .grammar import Grammar, Noun, ways

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


def _amount(grammar: Grammar, noun: Noun, count: int, colour: str, is_object: bool) -> str:
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
        "person": Noun("persona", "personas", "f"),
        "cyclist": Noun("ciclista", "ciclistas", "m"),
        "motorcyclist": Noun("motorista", "motoristas", "m"),
        "bicycle": Noun("bicicleta", "bicicletas", "f"),
        "car": Noun("coche", "coches", "m"),
        "motorcycle": Noun("moto", "motos", "f"),
        "airplane": Noun("avión", "aviones", "m"),
        "bus": Noun("autobús", "autobuses", "m"),
        "train": Noun("tren", "trenes", "m"),
        "truck": Noun("camión", "camiones", "m"),
        "boat": Noun("barco", "barcos", "m"),
        "vehicle": Noun("vehículo", "vehículos", "m"),
        "bird": Noun("pájaro", "pájaros", "m"),
        "cat": Noun("gato", "gatos", "m"),
        "dog": Noun("perro", "perros", "m"),
        "horse": Noun("caballo", "caballos", "m"),
        "sheep": Noun("oveja", "ovejas", "f"),
        "cow": Noun("vaca", "vacas", "f"),
        "elephant": Noun("elefante", "elefantes", "m"),
        "bear": Noun("oso", "osos", "m"),
        "zebra": Noun("cebra", "cebras", "f"),
        "giraffe": Noun("jirafa", "jirafas", "f"),
        "animal": Noun("animal", "animales", "m"),
        "thing": Noun("objeto", "objetos", "m"),
        "something": Noun("algo", "", "m"),
        "table": Noun("mesa", "mesas", "f"),
        "hand": Noun("mano", "manos", "f"),
        "ball": Noun("pelota", "pelotas", "f"),
        "sports ball": Noun("pelota", "pelotas", "f"),
        "sign": Noun("cartel", "carteles", "m"),
        "text": Noun("texto", "textos", "m"),
        "traffic light": Noun("semáforo", "semáforos", "m"),
        "stop sign": Noun("señal de stop", "señales de stop", "f"),
        "fire hydrant": Noun("hidrante", "hidrantes", "m"),
        "bench": Noun("banco", "bancos", "m"),
        "backpack": Noun("mochila", "mochilas", "f"),
        "umbrella": Noun("paraguas", "paraguas", "m"),
        "handbag": Noun("bolso", "bolsos", "m"),
        "suitcase": Noun("maleta", "maletas", "f"),
        "skateboard": Noun("monopatín", "monopatines", "m"),
        "bottle": Noun("botella", "botellas", "f"),
        "wine glass": Noun("copa", "copas", "f"),
        "cup": Noun("taza", "tazas", "f"),
        "fork": Noun("tenedor", "tenedores", "m"),
        "knife": Noun("cuchillo", "cuchillos", "m"),
        "spoon": Noun("cuchara", "cucharas", "f"),
        "bowl": Noun("cuenco", "cuencos", "m"),
        "banana": Noun("plátano", "plátanos", "m"),
        "apple": Noun("manzana", "manzanas", "f"),
        "orange": Noun("naranja", "naranjas", "f"),
        "chair": Noun("silla", "sillas", "f"),
        "couch": Noun("sofá", "sofás", "m"),
        "potted plant": Noun("planta", "plantas", "f"),
        "bed": Noun("cama", "camas", "f"),
        "dining table": Noun("mesa", "mesas", "f"),
        "tv": Noun("pantalla", "pantallas", "f"),
        "laptop": Noun("portátil", "portátiles", "m"),
        "mouse": Noun("ratón", "ratones", "m"),
        "remote": Noun("mando", "mandos", "m"),
        "keyboard": Noun("teclado", "teclados", "m"),
        "cell phone": Noun("teléfono", "teléfonos", "m"),
        "book": Noun("libro", "libros", "m"),
        "clock": Noun("reloj", "relojes", "m"),
        "vase": Noun("jarrón", "jarrones", "m"),
        "scissors": Noun("tijera", "tijeras", "f"),
        "teddy bear": Noun("osito de peluche", "ositos de peluche", "m"),
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
