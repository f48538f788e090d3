/** What a list says of a session, and which sessions it shows. */
import { type Call, seeksByRows } from "./calls.ts";
import { askOfficial, type Context, type Deviation } from "./deviation.ts";
import {
  type Entry,
  line,
  linkedProjects,
  mapTranscripts,
  projectOf,
  type Row,
  rowOf,
  type Store,
  type Transcript,
  transcriptsOf,
  bytesOf,
} from "./model.ts";
import { conversationRows, withLines } from "./transforms.ts";
import { type Change, withChanges } from "./outcome.ts";
import { concerns, isFull, isListing, isTitledFork, ofTranscript } from "./of-transcript.ts";
import {
  WINDOW,
  cwdBeyondWindow,
  defused,
  filler,
  grownHead,
  hasSidePrompt,
  markupPrompt,
  mediaOf,
  inHead,
  inTail,
  records,
  saysSidechain,
  sideCwdLines,
  withGrownHead,
  withoutStandIn,
  withPlainPrompt,
  withoutControls,
  withoutNestedKeys,
  withoutTitles,
} from "./windows.ts";

const sidecarTitle = (store: Store, one: Transcript): Entry | undefined =>
  store.entries.find((entry) => entry.path === one.path.replace(/\.jsonl$/, "/custom-title.json"));

const customTitles = (one: Transcript, test: Parameters<typeof records>[3] = () => true): string[] =>
  records(one, "custom-title", "customTitle", test);
const tailOf = (one: Transcript): Parameters<typeof records>[3] => {
  const bytes = bytesOf(one).length;
  return (placed) => inTail(placed, bytes);
};

const isSide = (row?: Row): boolean => row?.["type"] === "user" && row["isSidechain"] === true;
const sideLine = ({ bytes }: { readonly bytes: Buffer }): boolean =>
  bytes.includes("isSidechain") && isSide(rowOf(bytes));

const firstLineOf = (one: Transcript): Buffer => one.lines[0] ?? Buffer.alloc(0);
/** The line without its mark, and, since it would count otherwise, without its type. */
const unmarked = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes
      .toString("latin1")
      .replace(/"isSidechain":/g, '"isSidechaim":')
      .replace(/"type":( ?)"user"/, '"type":$1"uSer"'),
    "latin1",
  );
const speaks = (one: Transcript, side: boolean): boolean =>
  conversationRows(one.lines).some(
    ({ row }) => (row["type"] === "user" || row["type"] === "assistant") && (row["isSidechain"] === true) === side,
  );

export const listDeviations: readonly Deviation[] = [
  ofTranscript(
    {
      id: "top-level-facts",
      title: "cwd, gitBranch, timestamp, entrypoint and sessionKind come from the top level of a row only",
      reason:
        "The same words in a tool's input or output say nothing about the session; taking them shows a session under a wrong directory.",
      official: "Takes the first or last such text in the window, at any depth.",
      ours: "Takes members of rows; of a broken row, those before the break.",
      provoke: (rng, store) =>
        mapTranscripts(store, (one) => {
          const value = rng.pick([
            { cwd: "/nested" },
            { gitBranch: "nested" },
            { timestamp: "2020-01-01T00:00:00.000Z" },
            { entrypoint: "sdk-ts" },
            { cwd: "/n", gitBranch: "n", timestamp: "2020-02-02T00:00:00.000Z" },
          ]);
          const row = line({ type: "file-history-snapshot", snapshot: { input: value } });
          return withLines(one, "gitBranch" in value ? [row, ...one.lines, row] : [row, ...one.lines]);
        }),
    },
    (_store, one) => one.lines.some((bytes) => !withoutNestedKeys(bytes).equals(bytes)),
    (one) => withLines(one, one.lines.map(withoutNestedKeys)),
    { alsoForks: false },
  ),
  ofTranscript(
    {
      id: "controls-before-row",
      title: "Control characters before a row do not hide it from a list",
      reason:
        "The official message reader skips them, so the messages are shown; the list should find the same session.",
      official: "The list and the title of a fork lose the row.",
      ours: "All readers skip them.",
      provoke: (_rng, store) =>
        mapTranscripts(store, (one) =>
          withLines(
            one,
            one.lines.map((bytes) =>
              rowOf(bytes) === undefined ? bytes : Buffer.concat([Buffer.from("\u0000\u0001"), bytes]),
            ),
          ),
        ),
    },
    (_store, one) => one.lines.some((bytes) => !withoutControls(bytes).equals(bytes)),
    (one) => withLines(one, one.lines.map(withoutControls)),
    { alsoSeeking: true },
  ),
  ofTranscript(
    {
      id: "hidden-sidechains",
      title: "A session is hidden as a side conversation only if it has nothing else",
      reason:
        "One row of a subagent at the beginning should not hide a conversation, and one row of metadata at the beginning should not show a side conversation.",
      official: "Hides a file if, and only if, its first line says isSidechain.",
      ours: "Hides it if it has user or assistant rows of sidechains and none of the main chain.",
      provoke: (rng, store) =>
        mapTranscripts(store, (one) => {
          const side = {
            isSidechain: true,
            parentUuid: null,
            sessionId: one.sessionId,
            type: "assistant",
            uuid: rng.uuid(),
            timestamp: "2026-02-02T02:02:02.000Z",
          };
          if (rng.chance(0.6))
            return withLines(one, [
              line({ ...side, message: { content: [{ type: "text", text: "x" }] } }),
              ...one.lines,
            ]);
          const lines = one.lines.map((bytes) => {
            const row = rowOf(bytes);
            return row !== undefined && "parentUuid" in row ? line({ ...row, isSidechain: true }) : bytes;
          });
          return withLines(one, [
            line({ type: "custom-title", customTitle: "A title", sessionId: one.sessionId }),
            ...lines,
          ]);
        }),
    },
    (_store, one) => (saysSidechain(firstLineOf(one)) ? speaks(one, false) : speaks(one, true) && !speaks(one, false)),
    (one) =>
      saysSidechain(firstLineOf(one))
        ? withLines(one, [unmarked(firstLineOf(one)), ...one.lines.slice(1)])
        : withLines(one, [line({ type: "mode", isSidechain: true }), ...one.lines]),
    { alsoForks: false },
  ),
  ofTranscript(
    {
      id: "sidechain-prompt",
      title: "The prompt of a side conversation is not the session's prompt",
      reason: "In transcripts of older CLIs the prompts of subagents are among the user's, and nobody typed them.",
      official: "Names the session after the first user row, even if it is of a sidechain.",
      ours: "Skips rows of sidechains.",
      provoke: (rng, store) =>
        mapTranscripts(store, (one) => {
          const row = {
            type: "user",
            isSidechain: true,
            uuid: rng.uuid(),
            message: { role: "user", content: "asked by a subagent" },
          };
          return withLines(one, [line({ type: "mode", mode: "normal" }), line(row), ...one.lines]);
        }),
    },
    (_store, one) => hasSidePrompt(one),
    (one) =>
      defused(defused(one, '"type":"user"', '"type":"uSer"', sideLine), '"type": "user"', '"type": "uSer"', sideLine),
  ),
  ofTranscript(
    {
      id: "sidechain-cwd",
      title: "A session's directory is the one that its main chain names",
      reason:
        "A subagent may work in another directory. The session was started in the directory that its own rows name.",
      official: "Takes the first `cwd` in the window, even if it is of a sidechain.",
      ours: "Takes the first one outside of sidechains; one of a sidechain only if no other row has any.",
      provoke: (rng, store) =>
        mapTranscripts(store, (one) => {
          const row = {
            parentUuid: null,
            isSidechain: true,
            cwd: rng.pick(["/elsewhere", ...store.dirs]),
            sessionId: one.sessionId,
            type: "assistant",
            uuid: rng.uuid(),
            timestamp: "2026-01-01T00:00:00.000Z",
            message: { content: [{ type: "text", text: "x" }] },
          };
          return withLines(one, [line({ type: "mode", mode: "normal" }), line(row), ...one.lines]);
        }),
    },
    (_store, one, call) => sideCwdLines(one, isFull(call) && isListing(call)).length > 0,
    (one, call) => {
      const side = sideCwdLines(one, isFull(call) && isListing(call));
      return defused(one, '"cwd"', '"cwD"', (placed) => side.includes(placed));
    },
    { alsoForks: false, alsoSeeking: true },
  ),
  ofTranscript(
    {
      id: "empty-title-clears",
      title: "An empty title removes the title",
      reason: "The last title counts, and the last one says that there is none.",
      official: "Falls back to an older title if that is in the head window.",
      ours: "The session has no title of its own.",
      provoke: (_rng, store) =>
        mapTranscripts(store, (one) => {
          const row = (customTitle: string): Buffer =>
            line({ type: "custom-title", customTitle, sessionId: one.sessionId });
          return {
            ...withLines(one, [
              row("Old title"),
              ...one.lines,
              filler(WINDOW),
              row(""),
              line({ type: "last-prompt", lastPrompt: "LP" }),
            ]),
            finalNewline: true,
          };
        }),
    },
    (_store, one) =>
      bytesOf(one).length > WINDOW &&
      customTitles(one, tailOf(one)).at(-1) === "" &&
      customTitles(one).some((title) => title !== ""),
    (one) => defused(one, '"custom-title"', '"custom-tit1e"', ({ bytes }) => rowOf(bytes)?.["customTitle"] !== ""),
    { alsoForks: false },
  ),
  {
    id: "title-before-sidecar",
    title: "The last title row anywhere beats the sidecar",
    reason: "Both are written by /rename. The row has its place in time among the others; the sidecar may be older.",
    official: "The sidecar beats titles outside the tail window.",
    ours: "The sidecar counts only if no title row was seen.",
    applies: (store, call) =>
      (isListing(call) || isTitledFork(call)) &&
      transcriptsOf(store).some((one) => concerns(store, call, one) && losesSidecar(store, one, call)),
    instead: (store, call) => (isListing(call) ? withoutSidecars(store, call) : store),
    titleFrom: withoutSidecars,
    provoke: (_rng, store) => ({
      ...store,
      entries: store.entries.flatMap((entry): Entry[] => {
        if (entry.kind !== "transcript") return entry.path.endsWith("custom-title.json") ? [] : [entry];
        const lines = [
          line({ type: "custom-title", customTitle: "From a row", sessionId: entry.sessionId }),
          ...withoutTitles(entry),
          filler(WINDOW),
        ];
        const path = entry.path.replace(/\.jsonl$/, "/custom-title.json");
        return [
          { ...entry, lines, finalNewline: true },
          { kind: "file", path, bytes: Buffer.from('{"customTitle":"From the sidecar"}'), mtime: entry.mtime },
        ];
      }),
    }),
  },
  ofTranscript(
    {
      id: "facts-between-windows",
      title: "Functions that read the whole file find titles and tags anywhere in it",
      reason:
        "A session that was renamed or tagged in its middle has that name and tag, and getSessionInfo and a fork have the time to look.",
      official: "Only rows within the first and last 64 KiB count, tags only in the last.",
      ours: "getSessionInfo and the title of a fork find the last one wherever it is; a list looks only in the windows, unless an index of the search has read the file.",
      provoke: (rng, store) =>
        mapTranscripts(store, (one) => {
          const named = [
            line({ type: "custom-title", customTitle: "Middle", sessionId: one.sessionId }),
            line({ type: "ai-title", aiTitle: "Middle AI" }),
          ];
          const middle = rng.chance(0.3)
            ? [named[1] as Buffer]
            : [named[0] as Buffer, line({ type: "tag", tag: "middle" })];
          return {
            ...withLines(one, [...withoutTitles(one), filler(WINDOW), ...middle, filler(WINDOW)]),
            finalNewline: true,
          };
        }),
    },
    (_store, one, call) => isFull(call) && betweenWindows(one).length > 0,
    // Behind the last row they are in the tail.
    (one) => ({
      ...withLines(one, [...one.lines.filter((bytes) => bytes.length > 0), ...betweenWindows(one)]),
      finalNewline: true,
    }),
  ),
  ofTranscript(
    {
      id: "prompt-beyond-window",
      title: "The first prompt counts wherever it is",
      reason:
        "A pasted file before the first prompt, or in it, is enough to push it out of the first 64 KiB; the session then had no name, or was not listed at all.",
      official: "Reads the first 64 KiB; a session without a prompt there, a title or a last prompt is not listed.",
      ours: "Reads on until the first prompt, for a list at most 16 MiB; everything before it counts as if it were in the window. The same holds for the `cwd` by which the project of a long path is found.",
      provoke: (rng, store) =>
        mapTranscripts(store, (one) => {
          if (rng.chance(0.5)) return withLines(one, [filler(rng.int(WINDOW, 4 * WINDOW)), ...one.lines]);
          const row = {
            type: "user",
            isSidechain: false,
            parentUuid: null,
            uuid: rng.uuid(),
            sessionId: one.sessionId,
            timestamp: "2026-01-01T00:00:00.000Z",
            cwd: "/big",
          };
          const big = line({
            ...row,
            message: { role: "user", content: `big prompt ${"word ".repeat(rng.int(14_000, 40_000))}` },
          });
          return withLines(one, [big, ...one.lines]);
        }),
    },
    (_store, one, call) => grownHead(one, isFull(call) && isListing(call)) !== undefined,
    (one, call) => withGrownHead(one, isFull(call) && isListing(call)),
    { beside: signpost },
  ),
  ofTranscript(
    {
      id: "markup-prompt",
      title: "A prompt may begin with a tag",
      reason:
        "`<div>` is not centred, `<T>(x)` does not compile: people ask about markup. Only the elements that Claude Code itself writes in a user's message are not prompts.",
      official:
        "Skips every text that begins with a tag in lower case, or with the words of an interruption; a session with no other prompt is not listed.",
      ours: "If the official rule finds neither a prompt nor a command, the first text that was typed is the first prompt, and names the session if nothing else does.",
      provoke: (rng, store) =>
        mapTranscripts(store, (one) =>
          withLines(
            one,
            one.lines.map((bytes) => {
              const row = bytes.includes('"user"') ? rowOf(bytes) : undefined;
              if (row?.["type"] !== "user" || bytes.includes('"tool_result"')) return bytes;
              const content = rng.pick<unknown>([
                "<div>why is this not centred?</div>",
                "<t>(x) does\n not compile",
                "[Request interrupted by user] is in my log",
                "<ide_opened_file>a.ts</ide_opened_file>\nfix it",
                [
                  { type: "text", text: "<system-reminder>x</system-reminder>" },
                  { type: "text", text: `  <task>\n${"word ".repeat(rng.int(1, 60))}</task>` },
                ],
                [
                  { type: "image", source: {} },
                  { type: "text", text: "<b>what is this?</b>" },
                ],
              ]);
              return line({ ...row, message: { role: "user", content } });
            }),
          ),
        ),
      outcome: async (outcome, context) => {
        if (!("value" in outcome)) return outcome;
        const value: unknown = JSON.parse(outcome.value);
        const rows = Array.isArray(value) ? (value as Row[]) : [value as Row | null];
        for (const row of rows) {
          if (typeof row?.["firstPrompt"] !== "string") continue;
          nameByMarkup(row, context.store);
          if (row["archived"] === false) row["archived"] = await archivedOf(row, context);
        }
        return { value: JSON.stringify(value) };
      },
    },
    (_store, one) => markupPrompt(one) !== undefined,
    withPlainPrompt,
    { alsoForks: false },
  ),
  {
    id: "symlinked-projects",
    title: "Symlinked project directories are listed",
    reason: "People move project directories to other disks. Every other function finds the sessions in them by id.",
    official:
      "listSessions over all projects, or through worktrees, skips links; so does everything that finds the project of a long path by the contents of its sessions.",
    ours: "A link to a directory is a project directory like any other, unless the directory itself is there too.",
    applies: (store, call) => (call.fn === "listSessions" || seeksByRows(call)) && linkedProjects(store).length > 0,
    instead: (store) => {
      const links = linkedProjects(store);
      const moved = new Map(links.map(({ path, to }) => [to, path]));
      return {
        ...store,
        entries: store.entries.flatMap((entry): Entry[] => {
          if (links.some(({ path }) => path === entry.path)) return [];
          const [, to] = [...moved].find(([from]) => entry.path.startsWith(`${from}/`)) ?? [];
          if (to === undefined) return [entry];
          return [{ ...entry, path: entry.path.replace(/^[^/]+\/[^/]+/, to) }];
        }),
      };
    },
    effect: (effect, { store }) => {
      const changes = Object.entries(effect.changes).map(([at, change]): [string, Change] => {
        const link = linkedProjects(store).find(({ path }) => at.startsWith(`${path}/`));
        return [link === undefined ? at : at.replace(link.path, link.to), change];
      });
      return withChanges({ ...effect, changes: {} }, Object.fromEntries(changes));
    },
    provoke: (rng, store) => {
      const keys = [...new Set(transcriptsOf(store).map((one) => projectOf(one.path)))];
      if (keys.length === 0) return store;
      const chosen = rng.pick(keys);
      const elsewhere = `moved/${chosen}`;
      return {
        ...store,
        entries: [
          ...store.entries.map((entry) =>
            projectOf(entry.path) === chosen && entry.path.startsWith("projects/")
              ? { ...entry, path: entry.path.replace(/^projects\/[^/]+/, elsewhere) }
              : entry,
          ),
          { kind: "link", path: `projects/${chosen}`, target: `../${elsewhere}` },
        ],
      };
    },
  },
];

/** Puts the prompt in place of its stand-in, but where a picture names the session. */
function nameByMarkup(row: Row, store: Store): void {
  const copies = transcriptsOf(store).filter((one) => one.sessionId === row["sessionId"]);
  const [newest] = copies.sort((a, b) => b.mtime - a.mtime);
  if (newest === undefined || markupPrompt(newest) === undefined) return;
  const standIn = String(row["firstPrompt"]);
  const prompt = withoutStandIn(standIn);
  row["firstPrompt"] = prompt;
  if (row["summary"] === standIn) row["summary"] = mediaOf(newest) ?? prompt;
}

/** Whether the session is archived as it stands: what stands in for the prompt would take it out of the archive. */
async function archivedOf(row: Row, { official, scratch, store }: Context): Promise<unknown> {
  const named = mapTranscripts(store, (one) => ({
    ...withLines(one, [...one.lines.filter((bytes) => bytes.length > 0), line({ type: "summary", summary: "named" })]),
    finalNewline: true,
  }));
  const info = await askOfficial(official, named, scratch, { fn: "getSessionInfo", args: [row["sessionId"]] });
  return (info as Row)["archived"];
}

/** A session that says at once where one belongs that says so only beyond the window. */
function signpost(one: Transcript): Transcript | undefined {
  const cwd = cwdBeyondWindow(one);
  if (cwd === undefined) return undefined;
  const sessionId = one.sessionId.replace(/^.{8}/, "eeeeeeee");
  const path = one.path.replace(one.sessionId, sessionId);
  return { ...one, path, sessionId, lines: [line({ type: "mode", cwd })] };
}

function losesSidecar(store: Store, one: Transcript, call: Call): boolean {
  if (sidecarTitle(store, one) === undefined || customTitles(one, tailOf(one)).length > 0) return false;
  if (isFull(call)) return customTitles(one).length > 0;
  const head = grownHead(one, false);
  return head === undefined
    ? customTitles(one, inHead).length > 0
    : customTitles({ ...one, lines: one.lines.slice(0, head + 1) }).length > 0;
}

function withoutSidecars(store: Store, call: Call): Store {
  const gone = new Set(
    transcriptsOf(store).flatMap((one) =>
      concerns(store, call, one) && losesSidecar(store, one, call) ? (sidecarTitle(store, one) ?? []) : [],
    ),
  );
  return { ...store, entries: store.entries.filter((entry) => !gone.has(entry)) };
}

/** Title and tag rows between the windows that no row in the tail overrules, the last of each. */
function betweenWindows(one: Transcript): Buffer[] {
  const bytes = bytesOf(one).length;
  if (bytes <= WINDOW) return [];
  const tail = tailOf(one);
  const before: Parameters<typeof records>[3] = (placed) => !tail(placed);
  const found: Buffer[] = [];
  const [custom, ai] = [customTitles(one, tail).at(-1), records(one, "ai-title", "aiTitle", tail).at(-1)];
  const lastCustom = customTitles(one, before).at(-1);
  const lastAi = records(one, "ai-title", "aiTitle", before).at(-1);
  const tag = records(one, "tag", "tag", before).at(-1);
  if (custom === undefined && lastCustom !== undefined)
    found.push(line({ type: "custom-title", customTitle: lastCustom }));
  // An empty title in the tail takes earlier ones away.
  const given = custom ?? lastCustom;
  if (!given && !ai && lastAi !== undefined) found.push(line({ type: "ai-title", aiTitle: lastAi }));
  if (tag !== undefined && records(one, "tag", "tag", tail).length === 0) found.push(line({ type: "tag", tag }));
  return found;
}
