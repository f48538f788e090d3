import { put, sessionId } from "./config-dir.ts";
import { type Row, uuid } from "./rows.ts";

export interface HostileSession {
  readonly id: string;
  /** What was done to which row. */
  readonly spoilt: string;
  /** Texts of the rows that were left alone, each unique in the store. */
  readonly texts: readonly string[];
}

type Spoil = (line: string, context: Context) => Buffer | string;
interface Context {
  readonly random: (below: number) => number;
  readonly next: string;
}

/** What no row and no request should have, wherever it stands. */
export const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  5,
  -0,
  1e308,
  "",
  [],
  {},
  [[[]]],
  [null],
  [{}],
  { a: { b: 1 } },
  "x".repeat(300),
  "\u001b]0;owned\u0007\u001b[31mred\u009b2J\u0000\u007f\u0085",
  "\ud800",
  "\u2028\u202e",
  "__proto__",
  "constructor",
];

/** Places in a row, as paths; those that a row does not have are made. */
const FIELDS = [
  ["uuid"],
  ["parentUuid"],
  ["type"],
  ["message"],
  ["message", "role"],
  ["message", "content"],
  ["message", "id"],
  ["message", "model"],
  ["message", "usage"],
  ["message", "stop_reason"],
  ["message", "content", "0"],
  ["message", "content", "0", "type"],
  ["message", "content", "0", "text"],
  ["message", "content", "0", "id"],
  ["message", "content", "0", "name"],
  ["message", "content", "0", "input"],
  ["message", "content", "0", "tool_use_id"],
  ["message", "content", "0", "content"],
  ["message", "content", "0", "is_error"],
  ["message", "content", "0", "source"],
  ["timestamp"],
  ["cwd"],
  ["sessionId"],
  ["isSidechain"],
  ["gitBranch"],
  ["isMeta"],
  ["isCompactSummary"],
  ["isVisibleInTranscriptOnly"],
  ["origin"],
  ["toolUseResult"],
  ["toolUseResult", "structuredPatch"],
  ["toolUseResult", "structuredPatch", "0"],
  ["toolUseResult", "structuredPatch", "0", "lines"],
  ["toolUseResult", "structuredPatch", "0", "newStart"],
  ["toolUseResult", "filePath"],
  ["toolUseResult", "originalFile"],
  ["toolUseResult", "stdout"],
  ["toolUseResult", "stderr"],
  ["toolUseResult", "filenames"],
  ["toolUseResult", "agentId"],
  ["toolUseResult", "newTodos"],
  ["attachment"],
  ["compactMetadata"],
  ["logicalParentUuid"],
  ["forkedFrom"],
  ["subtype"],
  ["content"],
  ["version"],
  ["entrypoint"],
  ["requestId"],
  ["sourceToolAssistantUUID"],
  ["sourceToolUseID"],
  ["leafUuid"],
  ["explicit"],
  ["customTitle"],
  ["aiTitle"],
  ["summary"],
  ["tag"],
  ["agentId"],
  ["teamName"],
  ["__proto__"],
  ["constructor"],
] as const;

const ESCAPES = [
  "\u001b[2J\u001b[H",
  "\u001b]0;title\u0007",
  "\u001b]8;;http://example.org\u001b\\link\u001b]8;;\u001b\\",
  "\u001b]52;c;Y2xpcA==\u0007",
  "\u001bP$q\u001b\\",
  "\u009b31m",
  "\u009d0;c1\u009c",
  "\u0007\b\b\b\u000b\u000c\u000e",
  "\r\u001b[K",
  "\u202edesrever\u2066",
];

const DEPTH = 20_000;
const deep = (open: string, close: string): string => open.repeat(DEPTH) + close.repeat(DEPTH);
const HUGE = 6_000_000;

/** Each spoils one line of a transcript. */
const SPOILS: Readonly<Record<string, Spoil>> = {
  field: (line, { random }) => {
    const field = pick(FIELDS, random);
    const value = pick(HOSTILE_VALUES, random);
    // That a row has no parent is no fault: it begins another conversation.
    return changed(line, field, field[0] === "parentUuid" && value === null ? 0 : value);
  },
  cut: (line, { random }) => line.slice(0, 1 + random(line.length - 2)),
  "cut, and glued to the next": (line, { random, next }) => `${line.slice(0, 1 + random(line.length - 2))}${next}`,
  glued: (line, { next }) => `${line}${next}`,
  "NUL bytes in it": (line, { random }) => inserted(line, random, Buffer.alloc(1 + random(9))),
  "all NUL": (line) => Buffer.alloc(line.length),
  "bad UTF-8 in it": (line, { random }) =>
    inserted(
      line,
      random,
      pick([[0xff], [0xc3, 0x28], [0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80], [0xc0, 0xaf]], random),
    ),
  "nested deep": (line, { random }) => {
    const value = pick([deep("[", "]"), deep('{"a":', "}").replace('{"a":}', '{"a":1}')], random);
    const field = pick(FIELDS, random);
    return changed(line, field, "@deep@").replace('"@deep@"', value);
  },
  "its own parent": (line) => changed(line, ["parentUuid"], (JSON.parse(line) as Row)["uuid"]),
  "named as a prototype's member": (line, { random }) =>
    changed(line, ["uuid"], pick(["__proto__", "constructor", "hasOwnProperty", "toString"], random)),
  "escapes in its texts": (line, { random }) => {
    const escape = JSON.stringify(pick(ESCAPES, random)).slice(1, -1);
    return line.replaceAll(/(text|spoken|thought|output|"cwd":"|"name":"|main)/g, `$1${escape}`);
  },
  "no JSON": (_line, { random }) => pick(["null", "17", "[]", '""', "{", "}", "{}", "\ufeff", "   "], random),
};

/** The rarest of all: what takes time. */
const LARGE: Readonly<Record<string, Spoil>> = {
  "a huge text": (line) => line.replace(/(text|spoken)/, `$1${"lorem ipsum ".repeat(HUGE / 12)}`),
  "a huge unknown member": (line) => changed(line, ["unknown"], "y".repeat(HUGE)),
  "huge, of no JSON": () => "{[".repeat(HUGE / 2),
  "huge, of escapes": (line) => changed(line, ["message", "content"], "\u001b[2J".repeat(HUGE / 8)),
};

/**
 * `count` sessions, in each of which one row is spoilt: the same ones for the same seed. Writes them into a config dir.
 */
export function writeHostileSessions(configDir: string, count: number, seed: number): HostileSession[] {
  const random = generator(seed);
  const kinds = Object.keys(SPOILS);
  const large = Object.keys(LARGE);
  return Array.from({ length: count }, (_, i) => {
    // Wrong fields are the most, and each kind comes again and again.
    const kind = i < large.length ? large[i] : i % 2 === 0 ? "field" : kinds[((i - 1) / 2) % kinds.length];
    return writeOne(configDir, i + 1, kind ?? "field", random);
  });
}

function writeOne(configDir: string, n: number, kind: string, random: (below: number) => number): HostileSession {
  const id = sessionId(n);
  const lines = rowsOf(n, id).map((row) => JSON.stringify(row));
  const at = random(lines.length);
  const line = lines[at] ?? "";
  const hasNext = at + 1 < lines.length;
  const takesNext = hasNext && kind.includes("glued");
  const spoil = SPOILS[kind] ?? LARGE[kind];
  const bytes = Buffer.from(spoil?.(line, { random, next: takesNext ? (lines[at + 1] ?? "") : "" }) ?? "");
  const before = lines.slice(0, at).map((text) => `${text}\n`);
  const behind = lines.slice(at + (takesNext ? 2 : 1)).map((text) => `${text}\n`);
  const content = Buffer.concat([Buffer.from(before.join("")), bytes, Buffer.from(`\n${behind.join("")}`)]);
  put(configDir, `projects/-w${n % 7}/${id}.jsonl`, content, { mtime: 1_800_000_000 });
  const others = lines.filter((_, place) => place !== at).join("");
  return { id, spoilt: `${kind}: row ${at + 1}`, texts: others.match(MARK) ?? [] };
}

/** A text that stands for what was said in one row. */
const MARK = /(?:text|spoken|thought|output)-\d+-\d+/g;

/** A conversation with each kind of row that is shown. */
function rowsOf(n: number, id: string): Row[] {
  let time = Date.UTC(2026, 0, 1) + n * 60_000;
  let previous: string | null = null;
  const row = (place: number, type: string, content: unknown, more: Row = {}): Row => {
    const own = uuid(n * 100 + place);
    const message = { role: type, content, ...(type === "assistant" && { id: `msg_${n}_${place}`, model: "claude" }) };
    const value = {
      parentUuid: previous,
      isSidechain: false,
      cwd: `/w${n % 7}`,
      sessionId: id,
      gitBranch: "main",
      uuid: own,
      timestamp: new Date((time += 1000)).toISOString(),
      type,
      message,
      ...more,
    };
    previous = own;
    return value;
  };
  const call = (place: number, name: string, input: Row): Row =>
    row(place, "assistant", [{ type: "tool_use", id: `toolu_${n}_${place}`, name, input }]);
  const result = (place: number, toolUseResult: unknown): Row =>
    row(
      place,
      "user",
      [{ type: "tool_result", tool_use_id: `toolu_${n}_${place - 1}`, content: `output-${n}-${place}` }],
      { toolUseResult },
    );
  const structuredPatch = [{ oldStart: 3, oldLines: 1, newStart: 3, newLines: 1, lines: ["-a", "+b"] }];
  const patch = { filePath: "/w/a.ts", oldString: "a", newString: "b", originalFile: "a\n", structuredPatch };
  return [
    row(1, "user", `text-${n}-1`),
    row(2, "assistant", [{ type: "thinking", thinking: `thought-${n}-2`, signature: "x" }]),
    row(3, "assistant", [{ type: "text", text: `spoken-${n}-3` }]),
    call(4, "Bash", { command: "ls", description: "List" }),
    result(5, { stdout: `output-${n}-5`, stderr: "", interrupted: false }),
    call(6, "Edit", { file_path: "/w/a.ts", old_string: "a", new_string: "b" }),
    row(7, "user", [{ type: "tool_result", tool_use_id: `toolu_${n}_6`, content: "edited" }], { toolUseResult: patch }),
    call(8, "TodoWrite", { todos: [{ content: "one", status: "pending", activeForm: "doing one" }] }),
    row(9, "user", [{ type: "tool_result", tool_use_id: `toolu_${n}_8`, content: "ok" }]),
    row(10, "user", [{ type: "text", text: `text-${n}-10` }]),
    row(11, "assistant", [{ type: "text", text: `spoken-${n}-11` }]),
    { type: "custom-title", customTitle: `Title of ${n}`, sessionId: id },
    row(13, "user", `text-${n}-13`),
    row(14, "assistant", [{ type: "text", text: `spoken-${n}-14` }]),
  ];
}

/** The line with another value at a path; what stands in the way of the path gives way. */
function changed(line: string, path: readonly string[], value: unknown): string {
  const root = JSON.parse(line) as Record<string, unknown>;
  let at = root;
  for (const key of path.slice(0, -1)) {
    const inside = Object.hasOwn(at, key) ? at[key] : undefined;
    const next = (typeof inside === "object" && inside !== null ? inside : {}) as Record<string, unknown>;
    define(at, key, next);
    at = next;
  }
  define(at, path.at(-1) ?? "", value);
  return JSON.stringify(root);
}

/** Not by assignment: `__proto__` has to be a member like any other. */
const define = (object: object, key: string, value: unknown): void =>
  void Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });

function inserted(line: string, random: (below: number) => number, bytes: Uint8Array | readonly number[]): Buffer {
  const whole = Buffer.from(line);
  const at = 1 + random(whole.length - 2);
  return Buffer.concat([whole.subarray(0, at), Buffer.from(bytes), whole.subarray(at)]);
}

const pick = <T>(items: readonly T[], random: (below: number) => number): T => items[random(items.length)] as T;

/** Numbers from 0, below a bound, always the same for a seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
