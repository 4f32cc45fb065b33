// The current comment, the captions and the history.

const MAX_HISTORY = 200;
const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export class Words {
  #fade = 0;

  // `show` is called with a comment of the history that is clicked.
  constructor(find, show) {
    this.show = show;
    this.words = find("words");
    this.asked = find("asked");
    this.captions = find("captions");
    this.spoken = find("spoken");
    this.history = find("history");
    this.captioned = false;
  }

  restore(comments) {
    this.history.replaceChildren();
    for (const comment of comments) this.#append(comment);
    if (comments.length) this.#show(comments.at(-1));
  }

  add(comment) {
    if (!comment.text) return;
    this.#show(comment);
    this.#caption(comment);
    if (!comment.final) return;
    this.#append(comment);
    const line = document.createElement("p");
    line.textContent = comment.question ? `${comment.question} ${comment.text}` : comment.text;
    this.spoken.append(line);
    while (this.spoken.children.length > 5) this.spoken.firstChild.remove();
  }

  setCaptions(on) {
    this.captioned = on;
    if (!on) this.captions.hidden = true;
  }

  #show(comment) {
    this.words.textContent = comment.text;
    this.words.classList.remove("waiting");
    this.words.classList.toggle("growing", !comment.final);
    this.words.classList.toggle("cut", comment.final && comment.cancelled);
    this.asked.textContent = comment.question;
    this.asked.hidden = !comment.question;
  }

  #caption(comment) {
    if (!this.captioned) return;
    this.captions.textContent = comment.text;
    this.captions.hidden = false;
    clearTimeout(this.#fade);
    if (comment.final) this.#fade = setTimeout(() => { this.captions.hidden = true; }, 2500 + 60 * comment.text.length);
  }

  #append(comment) {
    const item = document.createElement("li"), time = document.createElement("time");
    const when = new Date(1000 * (comment.first_words ?? comment.newest));
    time.dateTime = when.toISOString();
    time.textContent = clock.format(when);
    const said = document.createElement("div"), text = document.createElement("button");
    if (comment.question) {
      const asked = document.createElement("p");
      asked.className = "asked";
      asked.textContent = comment.question;
      said.append(asked);
    }
    text.type = "button";
    text.textContent = comment.text;
    text.onclick = () => this.show(comment);
    said.append(text);
    item.append(time, said);
    item.classList.toggle("cut", comment.cancelled);
    if (comment.first_words) item.title = `${(comment.first_words - comment.newest).toFixed(2)} s from picture to first words`;
    this.history.prepend(item);
    while (this.history.children.length > MAX_HISTORY) this.history.lastChild.remove();
  }
}
