/** Makes queries from the transcripts of a store: always the same for the same store. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Transcripts that words are drawn from. */
const SAMPLE = 200;
const CHINESE = ["数据", "登录", "検索", "오류", "数据库"];

export const CLASSES = ["word", "two words", "phrase", "beginning", "identifier", "path", "CJK", "very common", "rare"];

/** Returns `count` queries `{ kind, query, word }`; `word` is for programs that look for text only. */
export function makeQueries(configDir, count) {
  const random = seeded(20261130);
  const pick = (list) => list[random(list.length)];
  const files = transcripts(configDir);
  const step = Math.max(1, Math.floor(files.length / SAMPLE));
  const texts = [];
  const found = new Map();
  let sampled = 0;
  for (let i = 0; i < files.length; i += step) {
    sampled++;
    const own = textsOf(readFileSync(files[i], "utf8"));
    for (const text of own) texts.push(text);
    const words = new Set(own.flatMap((text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []));
    for (const word of words) found.set(word, (found.get(word) ?? 0) + 1);
  }
  const words = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const within = (pattern, least, most) => {
    const list = words.filter(([word, n]) => pattern.test(word) && n >= least * sampled && n <= most * sampled);
    return (list.length > 0 ? list : words).map(([word]) => word);
  };
  const usual = within(/^[a-z]{4,14}$/, 0.05, 0.5);
  const lists = {
    common: within(/^[a-z]{2,}$/, 0.8, 1),
    rare: within(/^[a-z0-9_]{5,}$/, 0, 1.5 / sampled),
    identifier: within(/^[a-z0-9]+(?:_[a-z0-9]+)+$/, 0, 0.5),
    paths: [...new Set(texts.flatMap((text) => text.match(/(?:[\w-]+\/)+[\w-]+\.[a-z]{1,4}\b/g) ?? []))].toSorted(),
  };
  const make = {
    word: () => pick(usual),
    "two words": () => `${pick(usual)} ${pick(usual)}`,
    phrase: () => `"${phraseOf(texts, random)}"`,
    beginning: () => `${pick(usual).slice(0, 4)}*`,
    identifier: () => pick(lists.identifier),
    path: () => (lists.paths.length > 0 ? pick(lists.paths) : pick(usual)),
    CJK: () => pick(CHINESE),
    "very common": () => pick(lists.common),
    rare: () => pick(lists.rare),
  };
  return Array.from({ length: count }, (_, n) => {
    const kind = CLASSES[n % CLASSES.length];
    const query = make[kind]();
    return { kind, query, word: query.replace(/^"|"$|\*$/g, "") };
  });
}

/** Returns two to four words as they stand in a text. */
function phraseOf(texts, random) {
  for (let tries = 0; tries < 1000; tries++) {
    const words = [...texts[random(texts.length)].matchAll(/[A-Za-z0-9_]+/g)];
    if (words.length < 8) continue;
    const from = random(words.length - 4);
    const last = words[from + 1 + random(3)];
    const phrase = last.input.slice(words[from].index, last.index + last[0].length);
    if (phrase.length < 60 && !/["“”\n]/.test(phrase)) return phrase;
  }
  return "no phrase";
}

function transcripts(configDir) {
  const projects = path.join(configDir, "projects");
  return readdirSync(projects)
    .flatMap((dir) => readdirSync(path.join(projects, dir)).map((name) => path.join(projects, dir, name)))
    .filter((file) => file.endsWith(".jsonl"))
    .toSorted();
}

/** Returns what was said, and the output of tools. */
function textsOf(transcript) {
  const texts = [];
  for (const line of transcript.split("\n")) {
    let content;
    try {
      ({ content } = JSON.parse(line).message ?? {});
    } catch {
      continue;
    }
    if (typeof content === "string") texts.push(content);
    else for (const { text, content: inner } of content ?? []) texts.push(text, inner);
  }
  return texts.filter((text) => typeof text === "string");
}

function seeded(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
