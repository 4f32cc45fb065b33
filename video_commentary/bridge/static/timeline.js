// What the memory keeps: a window of a few pages, however many entries there are.

import { get, post } from "./api.js";

const PAGE = 40, PAGES = 4; // entries in a page, pages in the document
const PERIOD = 3000, AWAY = 15000; // ms between two looks for new entries; without a memory
const EDGE = 300; // pixels from an edge of the list at which the next page is fetched
const find = (id) => document.getElementById(id);
const list = find("entries"), notice = find("timeline-notice");
const clock = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "medium", hour12: false });

let pages = []; // in the document, the newest first: { cursor, next, items }
let before = []; // cursors of the pages above those
let filter = {}; // of the requests
let newest = 0; // id of the newest entry that was looked at
let answered = false; // the list shows what an answer rests on
let loading = null;
let turn = 0; // counts lists: what was asked for an older list is dropped

function item(entry) {
  const row = document.createElement("li"), words = document.createElement("div");
  row.dataset.kind = entry.kind;
  row.dataset.id = entry.id;
  const picture = document.createElement(entry.thumbnail ? "img" : "span");
  if (entry.thumbnail) Object.assign(picture, { src: entry.thumbnail, alt: "", decoding: "async" });
  else picture.className = "blank";
  const time = document.createElement("time"), kind = document.createElement("span");
  const when = new Date(1000 * entry.time);
  time.dateTime = when.toISOString();
  time.textContent = clock.format(when);
  kind.className = "kind";
  kind.textContent = entry.kind;
  words.append(time, kind);
  for (const [text, name] of [[entry.question, "asked"], [entry.text, ""], [entry.place?.text, "place"]]) {
    if (!text) continue;
    const line = document.createElement("p");
    line.className = name;
    line.textContent = text;
    words.append(line);
  }
  row.append(picture, words);
  return row;
}

async function load(cursor) {
  const query = new URLSearchParams({ ...filter, limit: PAGE, thumbnails: true, cursor });
  const { entries, cursor: next } = await get(`/api/history?${query}`);
  newest = Math.max(newest, ...entries.map(({ id }) => id));
  return { cursor, next, items: entries.map(item) };
}

// One request for a page at a time; an error is shown and leaves the list as it is.
async function exclusive(work) {
  if (loading) return;
  const current = turn;
  loading = work(() => current === turn);
  try {
    await loading;
    notice.textContent = "";
  } catch (error) {
    notice.textContent = error.message;
  } finally {
    if (current === turn) loading = null;
  }
}

function start() {
  turn += 1;
  loading = null;
  answered = false;
  find("recalled").textContent = "";
  return exclusive(async (current) => {
    const page = await load("");
    if (!current()) return;
    show([page]);
    list.scrollTop = 0;
  });
}

function show(shown) {
  pages = shown;
  before = [];
  list.replaceChildren(...pages.flatMap(({ items }) => items));
}

const older = () => exclusive(async (current) => {
  const page = await load(pages.at(-1).next);
  if (!current()) return;
  pages.push(page);
  list.append(...page.items);
  if (pages.length > PAGES) {
    keepInPlace(page.items[0], () => {
      const dropped = pages.shift();
      before.push(dropped.cursor);
      for (const row of dropped.items) row.remove();
    });
  }
});

const newer = () => exclusive(async (current) => {
  const page = await load(before.at(-1));
  if (!current()) return;
  before.pop();
  keepInPlace(pages[0].items[0], () => {
    pages.unshift(page);
    list.prepend(...page.items);
  });
  dropLast();
});

function dropLast() {
  while (pages.length > PAGES) for (const row of pages.pop().items) row.remove();
}

// Change rows above one that is in view, without moving it.
function keepInPlace(row, change) {
  const top = row?.offsetTop ?? 0;
  change();
  list.scrollTop += (row?.offsetTop ?? 0) - top;
}

list.addEventListener("scroll", () => {
  if (!pages.length || answered) return;
  if (list.scrollTop + list.clientHeight > list.scrollHeight - EDGE && pages.at(-1).next) older();
  else if (list.scrollTop < EDGE && before.length) newer();
});

// New entries appear at the top while that is in view, and nothing is searched for.
async function follow() {
  const following = !answered && !before.length && list.scrollTop < 20 && !filter.q && !filter.to;
  if (find("timeline").hidden) {
    await start();
    find("timeline").hidden = Boolean(notice.textContent);
  } else if (following && !document.hidden && !newest) {
    await start();
  } else if (following && !document.hidden) {
    await exclusive(async (current) => {
      const query = new URLSearchParams({ after: newest, limit: PAGE, thumbnails: true });
      const { entries } = await get(`/api/history?${query}`);
      if (!current() || !entries.length) return;
      newest = Math.max(newest, ...entries.map(({ id }) => id));
      const wanted = entries.filter(({ kind }) => !filter.kind || kind === filter.kind);
      const rows = wanted.map(item).reverse();
      pages[0].items.unshift(...rows);
      list.prepend(...rows);
      if (pages[0].items.length > PAGE * PAGES) show([await load("")]);
    });
  }
  setTimeout(follow, find("timeline").hidden ? AWAY : PERIOD);
}

function choose(changes) {
  filter = Object.fromEntries(Object.entries({ ...filter, ...changes }).filter(([, value]) => value));
  return start();
}

let typing = 0;
find("search").oninput = ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(() => choose({ q: target.value.trim() }), 250);
};
find("kind").onchange = ({ target }) => choose({ kind: target.value });
find("jump").onchange = ({ target }) => choose({ to: target.value && new Date(target.value).getTime() / 1000 });
find("latest").onclick = () => {
  find("filter").reset();
  choose({ q: "", kind: "", to: "" });
};
find("filter").onsubmit = (event) => event.preventDefault();
find("recall").onsubmit = (event) => {
  event.preventDefault();
  turn += 1;
  loading = null;
  exclusive(async (current) => {
    const { answer, entries } = await post("/api/recall", { question: find("past").value });
    if (!current()) return;
    answered = true;
    find("recalled").textContent = answer;
    show([{ cursor: "", next: "", items: entries.map(item) }]);
    list.scrollTop = 0;
  });
};

follow();
