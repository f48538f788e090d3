import { beforeAll, describe, expect, test, vi } from "vitest";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { searchTranscripts } from "../../../src/catalog/search/search-transcripts.ts";
import { RowMaker, seeded } from "../../support/catalog-rows.ts";
import { put, sessionId } from "../../support/config-dir.ts";
import { answer, call, result, rowsOf, type Said, thought } from "./search-store.ts";

const SESSIONS = 16;
const random = seeded(20261130);
const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
const SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split(" ");
const made = (): string => Array.from({ length: 2 + random(3) }, () => pick(SYLLABLES)).join("");

const WORDS = Array.from({ length: 400 }, made);
const IDENTIFIERS = Array.from({ length: 60 }, () =>
  pick([`${made()}_${made()}`, `${made()}_${made()}_${random(99)}`, `get_${made()}`, `__${made()}__`]),
);
const ACCENTED = ["Éclair", "naïveté", "ÅNGSTRÖM", "señor", "Žižek", "crème", "Übermut", "façade"];
const CHINESE = ["数据库", "登录失败", "検索する", "エラー", "오류가", "인증서", "配置文件", "重试"];
const SEPARATORS = [" ", " ", " ", " ", ", ", ". ", "\n", "/", ".", "-", " — ", ": ", "(", ") ", "::", "=", "…"];

function sentence(words: number): string {
  let text = "";
  for (let n = 0; n < words; n++) {
    const kind = random(40);
    // Words at the end of the list are rare.
    const word = WORDS[Math.floor((random(1000) / 1000) ** 3 * WORDS.length)] as string;
    text +=
      kind < 4
        ? pick(IDENTIFIERS)
        : kind === 4
          ? pick(ACCENTED)
          : kind === 5
            ? pick(CHINESE)
            : kind < 9
              ? made()
              : word;
    text += pick(SEPARATORS);
  }
  return text;
}

/** A text of a session, and whether it is prose. */
interface Text {
  readonly text: string;
  readonly isProse: boolean;
}

/** A row or a block as it is made here. */
interface Made {
  readonly type: string;
  readonly aiTitle?: string;
  readonly operation?: string;
  readonly content?: string;
  readonly data?: { readonly type: string; readonly message: Made };
  readonly message?: { readonly content: string | readonly Made[] };
  readonly text?: string;
  readonly thinking?: string;
  readonly name?: string;
  readonly input?: unknown;
}

/** Returns the texts of a row by rules of this test's own, which know the rows that are made here. */
function textsOf(row: Made): Text[] {
  const { content = "" } = row.message ?? {};
  switch (row.type) {
    case "progress":
      return row.data?.type === "agent_progress" ? textsOf(row.data.message) : [];
    case "ai-title":
      return [{ text: row.aiTitle ?? "", isProse: true }];
    case "queue-operation":
      return row.operation === "enqueue" ? [{ text: row.content ?? "", isProse: true }] : [];
    case "user":
    case "assistant":
      if (typeof content !== "string") return content.map(textOfBlock);
      return [{ text: content.replaceAll(/<\/?[a-z-]+>/g, "\n"), isProse: false }];
    default:
      return [];
  }
}

function textOfBlock({ type, text, thinking, content, name, input }: Made): Text {
  if (type === "text" || type === "thinking") return { text: text ?? thinking ?? "", isProse: true };
  if (type === "tool_result") return { text: content ?? "", isProse: false };
  const leaves = (value: unknown): string[] =>
    value === null || typeof value !== "object" ? [String(value)] : Object.values(value).flatMap(leaves);
  return { text: [name, ...leaves(input)].join("\n"), isProse: false };
}

const fold = (text: string): string => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
const tokensOf = (text: string): string[] => fold(text).match(/[\p{L}\p{N}_]+/gu) ?? [];

interface Session {
  readonly id: string;
  readonly texts: readonly Text[];
  readonly tokens: ReadonlySet<string>;
}

function sayings(): Said[] {
  return Array.from({ length: 14 }, (_, n): Said[] => {
    const id = `toolu_${random(2 ** 30)}`;
    switch (n % 5) {
      case 0:
        return [sentence(20 + random(60))];
      case 1:
        return [thought(sentence(40))];
      case 2:
      case 3:
        return [call(id, "Bash", { command: sentence(8) }), result(id, sentence(30 + random(120)))];
      default:
        return [answer(sentence(60))];
    }
  }).flat();
}

const sessions: Session[] = [];
let configDir: string;
const temporary = (): string => fs.mkdtempSync(path.join(os.tmpdir(), "recall-"));

beforeAll(() => {
  const dirs = [temporary(), temporary()] as const;
  [configDir] = dirs;
  vi.stubEnv("XDG_CACHE_HOME", dirs[1]);
  for (let n = 0; n < SESSIONS; n++) {
    const maker = new RowMaker(seeded(n));
    const noise = Array.from({ length: 3 }, () => maker.next()).flat();
    const rows = [...rowsOf(n, sayings()), ...noise];
    const id = sessionId(n);
    put(configDir, path.join("projects", "-w", `${id}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const texts = (rows as unknown as Made[]).flatMap(textsOf);
    sessions.push({ id, texts, tokens: new Set(texts.flatMap(({ text }) => tokensOf(text))) });
  }
  return () => {
    vi.unstubAllEnvs();
    for (const dir of dirs) fs.rmSync(dir, { recursive: true, force: true });
  };
});

async function found(query: string, index = true): Promise<{ ids: string[]; total: number; totalIs: string }> {
  const page = await searchTranscripts({ configDirs: [configDir], query, index, limit: 500, perSession: 1 });
  return { ids: page.hits.map(({ session }) => session.sessionId).sort(), total: page.total, totalIs: page.totalIs };
}

/** Returns the answer of a search that goes through all texts. */
function expected(matches: (session: Session) => boolean): Awaited<ReturnType<typeof found>> {
  const ids = sessions.filter(matches).map(({ id }) => id);
  return { ids, total: ids.length, totalIs: "exact" };
}

const allWords = [...WORDS, ...ACCENTED, "nowhere_to_be_found"];
const chinese = (): string => {
  const run = pick(CHINESE);
  const at = random(run.length - 1);
  return run.slice(at, at + 2);
};

interface Kind {
  readonly kind: string;
  readonly count: number;
  readonly make: () => readonly [query: string, matches: (session: Session) => boolean];
}

const has = (word: string) => (session: Session) => session.tokens.has(fold(word));
const KINDS: readonly Kind[] = [
  {
    kind: "a word",
    count: 50,
    make: () => {
      const word = pick(allWords);
      return [random(2) === 0 ? word : word.toUpperCase(), has(word)];
    },
  },
  {
    kind: "two words",
    count: 30,
    make: () => {
      const [a, b] = [pick(allWords), pick(allWords)];
      return [`${a} ${b}`, (session) => has(a)(session) && has(b)(session)];
    },
  },
  {
    kind: "a beginning",
    count: 20,
    make: () => {
      const start = pick(WORDS).slice(0, 3 + random(3));
      return [`${start}*`, ({ tokens }) => [...tokens].some((token) => token.startsWith(start))];
    },
  },
  {
    kind: "an identifier",
    count: 25,
    make: () => {
      const name = pick(IDENTIFIERS);
      return [name, has(name)];
    },
  },
  {
    kind: "two characters of Chinese, Japanese or Korean",
    count: 25,
    make: () => {
      const pair = chinese();
      return [pair, ({ texts }) => texts.some(({ text }) => text.includes(pair))];
    },
  },
];

describe("a search counts exactly the sessions with", () => {
  test.each(KINDS)("$kind: $count times", async ({ count, make }) => {
    for (let n = 0; n < count; n++) {
      const [query, matches] = make();
      expect({ query, ...(await found(query)) }).toEqual({ query, ...expected(matches) });
    }
  });
});

/** Returns two to four words of a text as they stand there, and the session. */
function phrase(isProse: boolean): { readonly text: string; readonly id: string } {
  for (;;) {
    const session = pick(sessions);
    const texts = session.texts.filter((one) => one.isProse === isProse);
    const words = [...pick(texts).text.matchAll(/[\p{L}\p{M}\p{N}_]+/gu)];
    if (words.length < 4) continue;
    const from = random(words.length - 4);
    const last = words[from + 1 + random(3)] as RegExpExecArray;
    const text = last.input.slice(words[from]?.index, last.index + last[0].length);
    if (!/["“”\p{Cc}]/u.test(text.replaceAll(/\s/g, ""))) return { text, id: session.id };
  }
}

test.each([
  ["prose", true],
  ["the input and the output of tools", false],
])("150 phrases of %s are found, with what is between their words", async (_what, isProse) => {
  for (let n = 0; n < 150; n++) {
    const { text, id } = phrase(isProse);
    const { ids } = await found(`"${text}"`);
    expect([text, ids]).toEqual([text, expect.arrayContaining([id])]);
  }
});

test("a scan finds the same sessions as the index for 100 queries, also on a machine without an engine", async () => {
  const queries = Array.from({ length: 100 }, (_, n) => {
    if (n % 4 === 0) return `"${phrase(n % 8 === 0).text}"`;
    const [query] = (KINDS[n % KINDS.length] as Kind).make();
    return n % 7 === 0 ? `${query} OR -${pick(WORDS)}` : n % 11 === 0 ? `${query} in:output` : query;
  });
  const indexed: unknown[] = [];
  for (const query of queries) indexed.push({ query, ids: (await found(query)).ids });
  const scanned: unknown[] = [];
  for (const query of queries) scanned.push({ query, ids: (await found(query, false)).ids });
  expect(scanned).toEqual(indexed);
  vi.stubEnv("CLAUDE_TRANSCRIPTS_ENGINE", "none");
  const without: unknown[] = [];
  for (const query of queries.slice(0, 20)) without.push({ query, ids: (await found(query)).ids });
  vi.stubEnv("CLAUDE_TRANSCRIPTS_ENGINE", undefined);
  expect(without).toEqual(indexed.slice(0, 20));
});
