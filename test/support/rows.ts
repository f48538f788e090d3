/** Rows of a transcript in few words; `n` is the number in a row's uuid. */
export const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
export const numberOf = (id: string): number => Number.parseInt(id.slice(-12), 16);
const time = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();
const link = (parent: number | null): string | null => (parent === null ? null : uuid(parent));

export type Row = Readonly<Record<string, unknown>>;

const common = (n: number, parent: number | null): Row => ({
  parentUuid: link(parent),
  isSidechain: false,
  cwd: "/w",
  sessionId: "s",
  uuid: uuid(n),
  timestamp: time(n),
});

export const user = (n: number, parent: number | null, content: unknown = `u${n}`, extra: Row = {}): Row => ({
  ...common(n, parent),
  type: "user",
  message: { role: "user", content },
  ...extra,
});

/** An assistant row; `content` is text or blocks, `message` the id of the API message it is a part of. */
export const assistant = (
  n: number,
  parent: number | null,
  content: unknown = `a${n}`,
  extra: Row & { message?: string } = {},
): Row => {
  const { message: id = `msg_${n}`, ...rest } = extra;
  const blocks = Array.isArray(content) ? content : [{ type: "text", text: content }];
  return { ...common(n, parent), type: "assistant", message: { id, role: "assistant", content: blocks }, ...rest };
};

export const call = (n: number, parent: number | null, id: string, message?: string): Row =>
  assistant(n, parent, [{ type: "tool_use", id, name: "T", input: {} }], message === undefined ? {} : { message });

export const result = (n: number, parent: number | null, id: string, extra: Row = {}): Row =>
  user(n, parent, [{ type: "tool_result", tool_use_id: id, content: "ok" }], extra);

export const system = (n: number, parent: number | null, subtype: string, extra: Row = {}): Row => ({
  ...common(n, parent),
  type: "system",
  subtype,
  content: subtype,
  ...extra,
});

export const attachment = (n: number, parent: number | null, value: Row = { type: "x" }, extra: Row = {}): Row => ({
  ...common(n, parent),
  type: "attachment",
  attachment: value,
  ...extra,
});

export const progress = (n: number, parent: number | null): Row => ({
  ...common(n, parent),
  type: "progress",
  data: {},
});

/** A compact boundary behind `logical`, with the messages it kept behind its summary `anchor`. */
export const boundary = (n: number, logical: number | null, kept?: { anchor: number; uuids: readonly number[] }): Row =>
  system(n, null, "compact_boundary", {
    logicalParentUuid: link(logical),
    compactMetadata: {
      trigger: "manual",
      ...(kept && { preservedMessages: { anchorUuid: uuid(kept.anchor), uuids: kept.uuids.map(uuid) } }),
    },
  });

export const summary = (n: number, parent: number): Row =>
  user(n, parent, `summary ${n}`, { isCompactSummary: true, isVisibleInTranscriptOnly: true });

/** A rewind to `leaf`, or to the empty conversation. */
export const rewind = (leaf: number | null, extra: Row = {}): Row => ({
  type: "last-prompt",
  leafUuid: link(leaf),
  explicit: true,
  sessionId: "s",
  ...extra,
});
export const checkpoint = (leaf: number): Row => ({
  type: "last-prompt",
  lastPrompt: "p",
  leafUuid: uuid(leaf),
  sessionId: "s",
});

export const jsonl = (rows: readonly (Row | string)[]): string =>
  rows.map((row) => `${typeof row === "string" ? row : JSON.stringify(row)}\n`).join("");

/** `u1 a2 u3`: the kinds and numbers of messages. */
export const brief = (messages: readonly { type: string; uuid: string }[]): string =>
  messages.map(({ type, uuid: id }) => `${type[0]}${numberOf(id)}`).join(" ");

/** All that an async iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
