/** Lines that the official helpers lose although their rows are whole. */
import { type Call, concerned, seeksByRows } from "./calls.ts";
import type { Deviation } from "./deviation.ts";
import { line, mapTranscripts, rowOf, type Store, type Transcript, transcriptsOf } from "./model.ts";
import type { Rng } from "./rng.ts";
import {
  conversationRows,
  escapedControls,
  hasGarbageBefore,
  isGlued,
  piecesOf,
  rowBeforeGarbage,
  withLines,
} from "./transforms.ts";

/** Functions whose result comes from rows. */
const READING = new Set(["listSessions", "getSessionInfo", "getSessionMessages", "getSubagentMessages", "forkSession"]);

/** Whether one of the transcripts that the call may look at has such a line. */
function hasLine(store: Store, call: Call, test: (bytes: Buffer) => boolean): boolean {
  if (!READING.has(call.fn) && !seeksByRows(call)) return false;
  const paths = concerned(store, call);
  return transcriptsOf(store).some((one) => paths.has(one.path) && one.lines.some(test));
}

const changeLines = (store: Store, change: (bytes: Buffer) => readonly Buffer[]): Store =>
  mapTranscripts(store, (one) => withLines(one, one.lines.flatMap(change)));

/** Two neighbouring lines at a random place, as one. */
function glueSome(rng: Rng, transcript: Transcript, glue: (a: Buffer, b: Buffer) => Buffer): Transcript {
  const places = transcript.lines.flatMap((bytes, at) => {
    const next = transcript.lines[at + 1];
    return next !== undefined && rowOf(bytes) !== undefined && typeof rowOf(next)?.["type"] === "string" ? [at] : [];
  });
  if (places.length === 0) return transcript;
  const at = rng.pick(places);
  const [a, b] = [transcript.lines[at] as Buffer, transcript.lines[at + 1] as Buffer];
  return {
    ...transcript,
    lines: [...transcript.lines.slice(0, at), glue(trimmed(a), trimmed(b)), ...transcript.lines.slice(at + 2)],
  };
}

const trimmed = (bytes: Buffer): Buffer => Buffer.from(bytes.toString("latin1").trim(), "latin1");

/** The transcript with another line at that place. */
const replaced = (one: Transcript, place: number, change: (bytes: Buffer) => Buffer): Transcript =>
  withLines(
    one,
    one.lines.map((bytes, at) => (at === place ? change(bytes) : bytes)),
  );

export const rowDeviations: readonly Deviation[] = [
  {
    id: "glued-rows",
    title: "Glued rows are read separately",
    reason:
      "A writer that was killed, or that appended to a file without a final newline, leaves two rows on one line. Both are " +
      "complete, and so are the messages in them.",
    official: "Drops the whole line (for titles and tags, it recovers the last row).",
    ours: "Reads each complete row of the line; only a row that was cut is dropped.",
    applies: (store, call) => hasLine(store, call, isGlued),
    instead: (store) => changeLines(store, (bytes) => (isGlued(bytes) ? piecesOf(bytes) : [bytes])),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) =>
        glueSome(rng, one, (a, b) => {
          if (rng.chance(0.6)) return Buffer.concat([a, b]);
          // The first row was cut somewhere by a crash.
          const key = a.indexOf('"timestamp"');
          return Buffer.concat([a.subarray(0, key > 0 ? key - 1 : a.length - 1), b]);
        }),
      ),
  },
  {
    id: "garbage-before-row",
    title: "A row after garbage is read",
    reason: "A byte order mark, or the rest of another line after a crash, does not make the row after it worthless.",
    official: "Drops the line.",
    ours: "Reads the row that reaches to the end of the line and has a `type`.",
    applies: (store, call) => hasLine(store, call, hasGarbageBefore),
    instead: (store) => changeLines(store, (bytes) => (hasGarbageBefore(bytes) ? piecesOf(bytes) : [bytes])),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const rows = conversationRows(one.lines);
        if (rows.length === 0) return one;
        const at = rng.chance(0.5) ? (rows[0]?.at ?? 0) : rng.pick(rows).at;
        const before = rng.pick(["\ufeff", "garbage ", '"ing","x":1}', "]]"]);
        return replaced(one, at, (bytes) => Buffer.concat([Buffer.from(before), trimmed(bytes)]));
      }),
  },
  {
    id: "garbage-behind-row",
    title: "A row before garbage is read",
    reason:
      "NULs, a comma, or anything else that a crash or an editor left after a row does not make the row worthless.",
    official: "Drops the line.",
    ours: "Reads the row at the beginning of the line.",
    applies: (store, call) => hasLine(store, call, (bytes) => rowBeforeGarbage(bytes) !== undefined),
    instead: (store) => changeLines(store, (bytes) => [rowBeforeGarbage(bytes) ?? bytes]),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const rows = conversationRows(one.lines);
        if (rows.length === 0) return one;
        const { at } = rng.pick(rows);
        const behind = rng.pick([",", "}", "\u0000\u0000 x", " garbage", '"]}', "null"]);
        return replaced(one, at, (bytes) => Buffer.concat([trimmed(bytes), Buffer.from(behind)]));
      }),
  },
  {
    id: "raw-control-characters",
    title: "A row with raw control characters or unknown escapes in a string is read",
    reason: "Some tools write them. JSON forbids it, but the meaning is clear, and one byte should not cost a message.",
    official: "Drops the row.",
    ours: "Reads the characters as they are.",
    applies: (store, call) => hasLine(store, call, (bytes) => escapedControls(bytes) !== undefined),
    instead: (store) => changeLines(store, (bytes) => [escapedControls(bytes) ?? bytes]),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const rows = conversationRows(one.lines).filter(
          ({ row }) => row["type"] === "user" || row["type"] === "assistant",
        );
        if (rows.length === 0) return one;
        const { at, row } = rng.pick(rows);
        const said = { role: row["type"], content: [{ type: "text", text: "one@two" }] };
        const message = row["type"] === "user" ? said : { ...(row["message"] as object), ...said };
        const raw = line({ ...row, message })
          .toString("utf8")
          .replace("one@two", `one${rng.pick(["\t", "\u0001", "\u001b[0m", "\\x", "\\u12", "\\\t"])}two`);
        return replaced(one, at, () => Buffer.from(raw));
      }),
  },
];
