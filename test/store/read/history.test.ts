import { expect, test } from "vitest";
import { getSessionMessages } from "../../../src/store/read/session-messages.ts";
import { openStream } from "../../../src/store/read/open-conversation.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import {
  assistant,
  attachment,
  boundary,
  brief,
  call,
  jsonl,
  numberOf,
  progress,
  result,
  rewind,
  type Row,
  summary,
  system,
  user,
  uuid,
} from "../../support/rows.ts";

const ID = sessionId(1);

/**
 * The whole conversation and what the model has of it: `u1~ a2 s3 u4/1 u5?`. `~` stands before a compaction that did not
 * keep it, `/n` is a branch that a rewind left behind, `?` is not connected with the rest.
 */
async function read(rows: readonly Row[]): Promise<string[]> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(jsonl(rows));
  }
  const open = await openStream(bytes());
  const whole = Array.from({ length: open.length }, (_, at) => {
    const { kind, compacted, branch, apart } = open.facts(at);
    const mark = `${compacted ? "~" : ""}${branch > 0 ? `/${branch}` : ""}${apart === "unconnected" ? "?" : ""}`;
    return `${kind[0]}${numberOf(open.uuid(at))}${mark}`;
  });
  const current = open.current().map((at) => `${open.facts(at).kind[0]}${numberOf(open.uuid(at))}`);
  open.close();
  return [whole.join(" "), current.join(" ")];
}

/** The same from the library: the whole, and officially. */
async function readFile(rows: readonly Row[], includeSystemMessages = true): Promise<string[]> {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, jsonl(rows));
  const options = { configDirs: [dir], includeSystemMessages };
  const whole = await getSessionMessages(ID, { ...options, includeCompacted: true });
  return [brief(whole), brief(await getSessionMessages(ID, options))];
}

const turn = (n: number, parent: number | null): Row[] => [user(n, parent), assistant(n + 1, n)];
const compaction = (n: number, logical: number | null, kept?: Parameters<typeof boundary>[2]): Row[] => [
  boundary(n, logical, kept),
  summary(n + 1, n),
];
/** A copy that was appended later, with another parent. */
const copied = (row: Row | undefined, parentUuid: unknown): Row => ({ ...row, parentUuid });

const alpha = [...turn(1, null), ...turn(3, 2)];
const beta = turn(12, 11);
const gamma = turn(22, 21);

test.for<[string, Row[], string, string]>([
  [
    "a second compaction names a row from before the first, after copies of old rows",
    [...alpha, ...compaction(10, 4), ...beta, ...alpha.slice(0, 3), ...compaction(20, 3), ...gamma],
    "u1~ a2~ u3~ a4~ s10~ u11~ u12~ a13~ s20 u21 u22 a23",
    "s20 u21 u22 a23",
  ],
  [
    "a rewind before the first compaction says nothing of the second",
    [...alpha, rewind(2), ...compaction(10, 2), ...beta, ...compaction(20, 2), ...gamma],
    "u1~ a2~ s10~ u11~ u12~ a13~ s20 u21 u22 a23 u3/1 a4/1",
    "s20 u21 u22 a23",
  ],
  [
    "what followed a kept message, with a subagent's row or a row of progress between",
    [
      ...alpha,
      ...compaction(10, 4, { anchor: 11, uuids: [3, 4] }),
      user(5, 4, "side", { isSidechain: true }),
      user(6, 5),
      progress(7, 6),
      assistant(8, 7),
    ],
    "u1~ a2~ u3 a4 s10 u11 u6 a8",
    "s10 u11 u3 a4 u6 a8",
  ],
  [
    "a kept message is the last one",
    [...alpha, ...compaction(10, 4, { anchor: 11, uuids: [4] }), attachment(12, 4)],
    "u1~ a2~ u3~ a4 s10 u11",
    "s10 u11 a4",
  ],
  [
    "a row of progress whose parent is nowhere",
    [...alpha, progress(7, 99), assistant(8, 7), ...compaction(10, 8), ...beta],
    "u1~ a2~ u3~ a4~ a8~ s10 u11 u12 a13",
    "s10 u11 u12 a13",
  ],
  [
    "three compactions in one process, each after copies of all that was before",
    [
      ...alpha,
      ...compaction(10, 4),
      ...beta,
      ...alpha,
      ...compaction(20, 4),
      ...gamma,
      ...alpha,
      ...beta,
      ...compaction(30, 13),
      ...turn(32, 31),
    ],
    "u1~ a2~ u3~ a4~ s10~ u11~ u12~ a13~ s20~ u21~ u22~ a23~ s30 u31 u32 a33",
    "s30 u31 u32 a33",
  ],
  [
    "copies of a boundary and its summary too",
    [...alpha, ...compaction(10, 4), ...beta, ...alpha, ...compaction(10, 4), ...compaction(20, 11), ...gamma],
    "u1~ a2~ u3~ a4~ s10~ u11~ u12~ a13~ s20 u21 u22 a23",
    "s20 u21 u22 a23",
  ],
  [
    "copies that hang on the summary, with nothing said of what was kept",
    [...alpha, ...compaction(10, 4), copied(alpha[2], uuid(11)), alpha[3] as Row, ...turn(12, 4)],
    "u1~ a2~ u3 a4 s10 u11 u12 a13",
    "s10 u11 u3 a4 u12 a13",
  ],
  [
    "copies without parents, and a turn after them",
    [...alpha, ...compaction(10, 4), ...beta, ...alpha.map((row) => copied(row, null)), ...turn(14, 4)],
    "u1~ a2~ u3~ a4 s10 u11 u12 a13 u14 a15",
    "a4 u14 a15",
  ],
  [
    "copies with their parents, and a turn after them",
    [...alpha, ...compaction(10, 4), ...beta, ...alpha, ...turn(14, 4)],
    "u1 a2 u3 a4 s10 u11 u12 a13 u14 a15",
    "u1 a2 u3 a4 u14 a15",
  ],
  [
    "copies without parents, and no turn after them: the model has the last one",
    [...alpha, ...compaction(10, 4), ...beta, ...alpha.map((row) => copied(row, null))],
    "u1~ a2~ u3~ a4 s10 u11 u12 a13",
    "a4",
  ],
  [
    "copies with their parents, and no turn after them",
    [...alpha, ...compaction(10, 4), ...beta, ...alpha],
    "u1 a2 u3 a4 s10 u11 u12 a13",
    "u1 a2 u3 a4",
  ],
  [
    "copies without parents, where nothing was compacted",
    [...alpha, ...alpha.map((row) => copied(row, null))],
    "u1 a2 u3 a4",
    "a4",
  ],
  [
    "the same, and a turn after them",
    [...alpha, ...alpha.map((row) => copied(row, null)), ...turn(5, 4)],
    "u1 a2 u3 a4 u5 a6",
    "a4 u5 a6",
  ],
  [
    "kept messages that were copied again stand where they were said",
    [
      ...alpha,
      ...compaction(10, 4),
      ...beta,
      ...compaction(20, 13, { anchor: 21, uuids: [12, 13] }),
      ...gamma,
      ...beta,
      user(24, 23),
    ],
    "u1~ a2~ u3~ a4~ s10~ u11~ u12 a13 s20 u21 u22 a23 u24",
    "s20 u21 u12 a13 u22 a23 u24",
  ],
  [
    "kept messages that were written on both sides of the boundary stand after the summary",
    [...alpha, boundary(10, 12, { anchor: 11, uuids: [3, 4, 12] }), summary(11, 10), user(12, 11), ...turn(13, 12)],
    "u1~ a2~ s10 u11 u3 a4 u12 u13 a14",
    "s10 u11 u3 a4 u12 u13 a14",
  ],
  [
    "what follows a kept message follows the summary that kept it",
    [...alpha, ...compaction(10, 4, { anchor: 11, uuids: [3, 4] }), ...turn(12, 4), ...compaction(20, 13), ...gamma],
    "u1~ a2~ u3~ a4~ s10~ u11~ u12~ a13~ s20 u21 u22 a23",
    "s20 u21 u22 a23",
  ],
  [
    "a boundary that names a row of another file",
    [...alpha, ...compaction(10, 99), ...beta],
    "u1~ a2~ u3~ a4~ s10 u11 u12 a13",
    "s10 u11 u12 a13",
  ],
  ["a boundary with nothing before it", [...compaction(10, 99), ...beta], "s10 u11 u12 a13", "s10 u11 u12 a13"],
  [
    "two boundaries in a row",
    [...alpha, boundary(9, 4), ...compaction(10, 4), ...beta],
    "u1~ a2~ u3~ a4~ s9~ s10 u11 u12 a13",
    "s10 u11 u12 a13",
  ],
  [
    "a rewind, then a compaction",
    [...alpha, ...turn(5, 2), ...compaction(10, 6), ...beta],
    "u1~ a2~ u5~ a6~ s10 u11 u12 a13 u3/1 a4/1",
    "s10 u11 u12 a13",
  ],
  [
    "a compaction, then a rewind to before it",
    [...alpha, ...compaction(10, 4), ...beta, ...turn(14, 2)],
    "u1 a2 u14 a15 u3/1 a4/1 s10/1 u11/1 u12/1 a13/1",
    "u1 a2 u14 a15",
  ],
  [
    "a compaction, a rewind to before it, and a compaction",
    [...alpha, ...compaction(10, 4), ...beta, ...turn(14, 2), ...compaction(20, 15), ...gamma],
    "u1~ a2~ u14~ a15~ s20 u21 u22 a23 u3/1 a4/1 s10/1 u11/1 u12/1 a13/1",
    "s20 u21 u22 a23",
  ],
  [
    "a rewind to before a compaction that was written down, and a compaction at once",
    [...alpha, ...compaction(10, 4), ...beta, rewind(2), ...compaction(20, 2), ...gamma],
    "u1~ a2~ s20 u21 u22 a23 u3/1 a4/1 s10/1 u11/1 u12/1 a13/1",
    "s20 u21 u22 a23",
  ],
  [
    "a boundary without a word of a parent, and one whose parent is nowhere, begin anew",
    [...alpha, { ...boundary(10, 4), parentUuid: undefined }, summary(11, 10), boundary(20, 11), summary(21, 20)],
    "u1~ a2~ u3~ a4~ s10~ u11~ s20 u21",
    "s20 u21",
  ],
  [
    "a notice that hangs elsewhere is not the end of the conversation",
    [...alpha, system(5, 2, "informational"), ...compaction(10, 99), ...beta],
    "u1~ a2~ u3~ a4~ s5~ s10 u11 u12 a13",
    "s10 u11 u12 a13",
  ],
  [
    "parallel calls before a compaction that names none of their results",
    [
      user(1, null),
      call(2, 1, "A", "m"),
      call(3, 2, "B", "m"),
      result(4, 2, "A"),
      result(5, 3, "B"),
      ...compaction(10, 99),
      ...beta,
    ],
    "u1~ a2~ a3~ u4~ u5~ s10 u11 u12 a13",
    "s10 u11 u12 a13",
  ],
  [
    "what nothing connects stands where it was written, and no rewind is made up",
    [...alpha, ...turn(5, null)],
    "u1? a2? u3? a4? u5 a6",
    "u5 a6",
  ],
  [
    "a branch of what nothing connects",
    [...alpha, ...turn(5, 2), ...turn(7, null)],
    "u1? a2? u5? a6? u7 a8 u3/1 a4/1",
    "u7 a8",
  ],
  [
    "what a rewind to the start cut off is connected by that",
    [...alpha, rewind(null), ...turn(5, null)],
    "u5 a6 u1/1 a2/1 u3/1 a4/1",
    "u5 a6",
  ],
  [
    "what a rewind cut off on another root",
    [...alpha, ...turn(5, null), rewind(2), ...turn(7, 2)],
    "u1 a2 u7 a8 u3/1 a4/1 u5/2 a6/2",
    "u1 a2 u7 a8",
  ],
  ["a circle beside the conversation", [user(8, 9), assistant(9, 8), ...alpha], "a9? u8? u1 a2 u3 a4", "u1 a2 u3 a4"],
  [
    "attachments in the past",
    [...turn(1, null), attachment(3, 2), ...compaction(10, 3), ...beta],
    "u1~ a2~ s10 u11 u12 a13",
    "s10 u11 u12 a13",
  ],
  [
    "an answer is not parted by what nothing connects",
    [user(1, null), call(2, 1, "A", "m"), ...turn(20, null), result(3, 2, "A", { toolUseResult: {} }), assistant(4, 3)],
    "u1 a2 u3 u20? a21? a4",
    "u1 a2 u3 a4",
  ],
])("%s", async ([, rows, whole, current]) => {
  expect(await read(rows)).toEqual([whole, current]);
  const [, official] = await readFile(rows);
  expect(official).toBe(current);
});

test("the library's whole conversation equals that of the other surfaces, without branches", async () => {
  const rows = [...alpha, ...turn(5, 2), ...turn(7, null), ...compaction(10, 8), ...beta];
  expect((await readFile(rows))[0]).toBe("u1 a2 u5 a6 u7 a8 s10 u11 u12 a13");
});
