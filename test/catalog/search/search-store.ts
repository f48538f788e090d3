import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import {
  type SearchOptions,
  type SearchPage,
  searchTranscripts,
} from "../../../src/catalog/search/search-transcripts.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

type Block = Readonly<Record<string, unknown>>;
/** A message of a session: a prompt, or blocks with their role. */
export type Said = string | { readonly role: "user" | "assistant"; readonly content: unknown; readonly extra?: Block };

export const answer = (text: string): Said => ({ role: "assistant", content: [{ type: "text", text }] });
export const thought = (thinking: string): Said => ({ role: "assistant", content: [{ type: "thinking", thinking }] });
export const call = (id: string, name: string, input: Block): Said => ({
  role: "assistant",
  content: [{ type: "tool_use", id, name, input }],
});
export const result = (id: string, content: unknown): Said => ({
  role: "user",
  content: [{ type: "tool_result", tool_use_id: id, content }],
  extra: { toolUseResult: { stdout: content, more: "twin ".repeat(300) } },
});

const START = Date.UTC(2026, 0, 1);
const DAY = 24 * 60 * 60 * 1000;

interface SessionOptions {
  readonly cwd?: string;
  /** Age of the last row at the end of January 2026, days. */
  readonly age?: number;
  readonly rows?: readonly Block[];
  readonly branch?: string;
}

export const uuidOf = (n: number, row: number): string =>
  `00000000-0000-4000-8${String(n).padStart(3, "0")}-${String(row).padStart(12, "0")}`;

/** The rows of a session. */
export function rowsOf(
  n: number,
  said: readonly Said[],
  { cwd = "/w", age = 0, rows = [], branch }: SessionOptions = {},
): Block[] {
  const end = START + (30 - age) * DAY;
  const messages = said.map((one, at) => {
    const { role, content, extra = {} } = typeof one === "string" ? { role: "user", content: one } : one;
    return {
      parentUuid: at === 0 ? null : uuidOf(n, at - 1),
      isSidechain: false,
      cwd,
      sessionId: sessionId(n),
      type: role,
      message: { role, content },
      uuid: uuidOf(n, at),
      ...(branch !== undefined && { gitBranch: branch }),
      timestamp: new Date(end - (said.length - at) * 1000).toISOString(),
      ...extra,
    };
  });
  return [...messages, ...rows];
}

/** A config dir with its own cache, in which sessions are searched. */
export class SearchStore {
  readonly configDir = tempConfigDir();

  constructor() {
    const cache = fs.mkdtempSync(path.join(os.tmpdir(), "cache-"));
    process.env["XDG_CACHE_HOME"] = cache;
    onTestFinished(() => fs.rmSync(cache, { recursive: true, force: true }));
  }

  add(n: number, said: readonly Said[], options: SessionOptions = {}): this {
    return this.addRows(n, rowsOf(n, said, options), options.cwd);
  }

  addRows(n: number, rows: readonly (Block | string)[], cwd = "/w"): this {
    const text = rows.map((row) => `${typeof row === "string" ? row : JSON.stringify(row)}\n`).join("");
    put(this.configDir, `projects/${cwd.replaceAll(/[^a-zA-Z0-9]/g, "-")}/${sessionId(n)}.jsonl`, text);
    return this;
  }

  put(file: string, content: string): this {
    put(this.configDir, file, content);
    return this;
  }

  search(query: string, options: Partial<SearchOptions> = {}): Promise<SearchPage> {
    return searchTranscripts({ configDirs: [this.configDir], query, ...options });
  }
}

/** Numbers of the sessions on a page, in order. */
export const numbers = ({ hits }: SearchPage): string =>
  hits.map(({ session }) => Number.parseInt(session.sessionId.slice(-12), 16)).join(" ");

/** The messages of a page in few words: role, column and tool, and the snippet with `[` and `]` around the matches. */
export const messages = ({ hits }: SearchPage): string[] =>
  hits.flatMap(({ matches, more }) => [
    ...matches.map(({ role, column, tool, snippet, marks }) => {
      const shown = marks.reduceRight(
        (text, [from, to]) => `${text.slice(0, from)}[${text.slice(from, to)}]${text.slice(to)}`,
        snippet,
      );
      return `${role} ${column}${tool === undefined ? "" : ` ${tool}`}: ${shown}`;
    }),
    ...(more > 0 ? [`+${more}`] : []),
  ]);
