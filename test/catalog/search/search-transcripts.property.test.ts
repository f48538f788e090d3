import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { searchTranscripts } from "../../../src/catalog/search/search-transcripts.ts";
import { sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { runs } from "../../support/runs.ts";

/** A text of a session, as an independent search sees it. */
interface Text {
  readonly column: "said" | "thinking" | "input" | "output";
  readonly role: "user" | "assistant";
  readonly tool?: "Bash" | "Read";
  readonly words: readonly string[];
}

const WORDS = ["ant", "bee", "be", "beetle", "cat_1", "dog", "Élan", "数据库"];
const SEPARATORS = [" ", ", ", ".", "\n", "()", "-", " \u2014 "];

const words = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 5 });
const text: fc.Arbitrary<Text> = fc.oneof(
  fc.record({
    column: fc.constant("said" as const),
    role: fc.constantFrom("user" as const, "assistant" as const),
    words,
  }),
  fc.record({ column: fc.constant("thinking" as const), role: fc.constant("assistant" as const), words }),
  fc.record({
    column: fc.constantFrom("input" as const, "output" as const),
    role: fc.constant("assistant" as const),
    tool: fc.constantFrom("Bash" as const, "Read" as const),
    words,
  }),
);
const session = fc.array(text, { minLength: 1, maxLength: 6 });

/** Something to look for: in the words of the query language, and as a test of a text. */
interface Atom {
  readonly typed: string;
  readonly not: boolean;
  readonly stands: (text: Text) => boolean;
}

const fold = (word: string): string => word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const tokens = ({ words: all }: Text): string[] => all.map(fold);

const term: fc.Arbitrary<Omit<Atom, "not">> = fc.oneof(
  fc.constantFrom(...WORDS, "none").map((word) => ({
    typed: word,
    stands: (one: Text) => tokens(one).includes(fold(word)),
  })),
  fc.array(fc.constantFrom(...WORDS.slice(0, -1)), { minLength: 2, maxLength: 3 }).map((all) => ({
    typed: `"${all.join(" ")}"`,
    stands: (one: Text) => ` ${tokens(one).join(" ")} `.includes(` ${all.map(fold).join(" ")} `),
  })),
  fc.constantFrom("be", "a", "cat", "ela").map((start) => ({
    typed: `${start}*`,
    stands: (one: Text) => tokens(one).some((word) => word.startsWith(start)),
  })),
  fc.constantFrom("ee", "at_", "LAN", "据").map((part) => ({
    typed: `sub:${part}`,
    stands: (one: Text) => tokens(one).some((word) => word.includes(fold(part))),
  })),
  fc.constantFrom("数据", "据库", "库", "数").map((part) => ({
    typed: part,
    stands: (one: Text) => tokens(one).some((word) => word.includes(part)),
  })),
);
const atom: fc.Arbitrary<Atom> = fc.tuple(term, fc.boolean()).map(([one, not]) => ({
  ...one,
  not,
  typed: not ? `-${one.typed}` : one.typed,
}));
const clauses = fc.array(fc.array(atom, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 });

const SCOPES: readonly (readonly [typed: string, accepts: (text: Text) => boolean])[] = [
  ["", () => true],
  ["in:said", ({ column }) => column === "said"],
  ["-in:output", ({ column }) => column !== "output"],
  ["role:user", ({ role }) => role === "user"],
  ["tool:Bash", ({ tool }) => tool === "Bash"],
  ["-tool:Bash", ({ tool }) => tool !== "Bash"],
];

const joined = ({ words: all }: Text, separator: string): string => all.join(separator);

function rowsOf(id: string, n: number, texts: readonly Text[], separator: string): string {
  const rows: unknown[] = [];
  const add = (type: "user" | "assistant", content: unknown): void => {
    const at = rows.length;
    const uuid = (i: number): string =>
      `00000000-0000-4000-8${String(n).padStart(3, "0")}-${String(i).padStart(12, "0")}`;
    rows.push({
      parentUuid: at === 0 ? null : uuid(at - 1),
      isSidechain: false,
      cwd: "/w",
      sessionId: id,
      type,
      message: {
        role: type,
        content,
      },
      uuid: uuid(at),
      timestamp: new Date(17672256e5 + at * 1e3).toISOString(),
    });
  };
  texts.forEach((one, i) => {
    const shown = joined(one, separator);
    const call = {
      type: "tool_use",
      id: `t${n}_${i}`,
      name: one.tool,
      input: { x: one.column === "input" ? shown : "-" },
    };
    if (one.column === "said") add(one.role, one.role === "user" ? shown : [{ type: "text", text: shown }]);
    else if (one.column === "thinking") add("assistant", [{ type: "thinking", thinking: shown }]);
    else {
      add("assistant", [call]);
      const content = one.column === "output" ? shown : "-";
      add("user", [{ type: "tool_result", tool_use_id: `t${n}_${i}`, content }]);
    }
  });
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

test("the index, a scan and a search of our own find the same sessions", async () => {
  const cache = fs.mkdtempSync(path.join(os.tmpdir(), "cache-"));
  onTestFinished(() => fs.rmSync(cache, { recursive: true, force: true }));
  process.env["XDG_CACHE_HOME"] = cache;
  await fc.assert(
    fc.asyncProperty(
      fc.array(session, { minLength: 1, maxLength: 5 }),
      fc.array(fc.tuple(clauses, fc.constantFrom(...SCOPES)), { minLength: 4, maxLength: 8 }),
      fc.constantFrom(...SEPARATORS),
      async (sessions, queries, separator) => {
        const configDir = tempConfigDir();
        fs.mkdirSync(path.join(configDir, "projects", "-w"));
        sessions.forEach((texts, n) => {
          const id = sessionId(n);
          fs.writeFileSync(path.join(configDir, "projects", "-w", `${id}.jsonl`), rowsOf(id, n, texts, separator));
        });
        for (const [wanted, [scope, accepts]] of queries) {
          const typed = wanted.map((atoms) => atoms.map((one) => one.typed).join(" OR ")).join(" ");
          const matches = (texts: readonly Text[]): boolean =>
            wanted.every((atoms) => atoms.some(({ not, stands }) => texts.filter(accepts).some(stands) !== not));
          const expected = sessions.flatMap((texts, n) => (matches(texts) ? [sessionId(n)] : []));
          for (const index of [true, false]) {
            const query = `${typed} ${scope}`;
            const { hits, total, totalIs } = await searchTranscripts({ configDirs: [configDir], query, index });
            const found = hits.map((hit) => hit.session.sessionId).sort();
            expect({ query, index, found, total, totalIs }).toEqual({
              query,
              index,
              found: expected,
              total: expected.length,
              totalIs: "exact",
            });
          }
        }
        fs.rmSync(configDir, { recursive: true, force: true });
      },
    ),
    { numRuns: runs(120) },
  );
});
