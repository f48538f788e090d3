/** Reads what a text in a user's message means. Only what the CLI writes is parsed; other markup is somebody's prompt. */
import { unescaped, unescapedOutput } from "./entities.ts";
import {
  framedMessage,
  handedOver,
  isContinuation,
  isInterruption,
  PEER_LEAD,
  PEER_TAIL,
  prefaceOf,
} from "./user-frames.ts";

export type UserText =
  | { readonly kind: "typed"; readonly text: string }
  /** Slash command; its name includes the slash. */
  | { readonly kind: "command"; readonly name: string; readonly args: string }
  /** Command that was run in bash mode. */
  | { readonly kind: "shell"; readonly command: string }
  /** Output of a slash command or a shell command; `errors`: whether it is from stderr. */
  | { readonly kind: "output"; readonly text: string; readonly errors: boolean }
  /** Notification of background work. `summary` is one line; `result` is the report, if there is one. */
  | {
      readonly kind: "notification";
      readonly summary: string;
      readonly result: string | undefined;
      /** `completed`, `failed`, `killed`, … */
      readonly status: string | undefined;
      /** Id of the work (of the subagent, if it was one), and of the call that began it. */
      readonly taskId: string | undefined;
      readonly toolUseId: string | undefined;
      /** Lines after the notification that say where to find the rest. */
      readonly pointer: string | undefined;
    }
  /** Words of a teammate, another session or a channel. `from` may be anything its sender chose. */
  | { readonly kind: "peer"; readonly from: string; readonly summary: string | undefined; readonly text: string }
  /** Words of the CLI that the person may see too. */
  | { readonly kind: "notice"; readonly text: string }
  /** Summary of a compaction, in a row that is not marked as one. */
  | { readonly kind: "summary"; readonly text: string }
  /** Words to the model only: reminders, caveats, the context of an IDE, output of hooks. */
  | { readonly kind: "hidden"; readonly text: string };

/** Splits a text into the CLI's elements at its beginning, reminders at its end, and what was typed between them. */
export function readUserText(text: string): UserText[] {
  const pieces: UserText[] = [];
  visitUserText(text, (piece) => pieces.push(piece));
  return pieces;
}

/**
 * Visits the pieces one by one: a text may have hundreds of thousands. `hasTeam`: whether there may be teammates; if not,
 * somebody typed the element of their messages.
 */
export function visitUserText(text: string, visit: Visit, hasTeam = true): void {
  const whole = isPlain(text) ? [{ kind: "typed", text } as const] : wholeText(text);
  if (whole !== undefined) return whole.forEach(visit);
  const preface = prefaceOf(text);
  if (preface !== undefined) visit({ kind: "hidden", text: text.slice(0, preface.end).trim() });
  const at = readElements(text, preface?.end ?? 0, visit, hasTeam);
  const { typed, hidden } = withoutLastReminders(text.slice(at));
  if (typed.trim() !== "") {
    const said = at === 0 ? typed : typed.trim();
    if (preface?.machine === true) visit({ kind: "notice", text: said });
    else typedPieces(said).forEach(visit);
  }
  hidden.forEach(visit);
}

type Visit = (piece: UserText) => void;

/** Whether a text certainly has nothing that the CLI wrote: a quick check of its first character and its end. */
export function isPlain(text: string): boolean {
  const first = text.trimStart()[0];
  return first !== undefined && !BEGINNINGS.includes(first) && !text.trimEnd().endsWith(REMINDER_END);
}

/** First characters of all elements and sentences that the CLI writes, in this file and in user-frames.ts. */
const BEGINNINGS = "<[ACFIRTY";

/** Reads a text that is one sentence or framed message, without an element; undefined if it is not. */
function wholeText(text: string): UserText[] | undefined {
  const said = text.trim();
  if (said === "") return [];
  if (isInterruption(said)) return [{ kind: "notice", text: said.replace(/^\[([^]*)\]$/, "$1") }];
  if (isContinuation(said)) return [{ kind: "summary", text }];
  if (lineAt(POINTER, said, 0)?.length === said.length) return [{ kind: "notice", text: said }];
  const framed = framedMessage(said);
  return framed && [{ kind: "peer", summary: undefined, ...framed }];
}

function typedPieces(text: string): UserText[] {
  const plan = handedOver(text);
  if (plan === undefined) return [{ kind: "typed", text }];
  return [
    { kind: "typed", text: plan.plan },
    { kind: "hidden", text: plan.words },
  ];
}

/** Reads elements from `from` on. Returns the index of the rest. */
function readElements(text: string, from: number, visit: Visit, hasTeam: boolean): number {
  let at = from;
  const lead = lineAt(PEER_LEAD, text, from);
  if (lead !== undefined && isPeerAt(text, from + lead.length)) {
    visit({ kind: "hidden", text: lead.trim() });
    at += lead.length;
  }
  let command: PendingCommand | undefined;
  const endCommand = (): void => {
    if (command !== undefined) visit(commandPiece(command));
    command = undefined;
  };
  for (;;) {
    const element = elementAt(text, at);
    if (element === undefined || (element.tag === TEAMMATE && !hasTeam)) break;
    at = element.end;
    const part = COMMAND_PARTS.get(element.tag);
    if (part !== undefined) command = { ...command, [part]: unescaped(element.text).trim() };
    else if (element.tag === "skill-format") command = { ...command, isSkill: true };
    else {
      endCommand();
      at = readPieces(text, element, visit);
    }
  }
  endCommand();
  return at;
}

/** `message`: the name without the slash, or words for it. */
type PendingCommand = Readonly<{ name?: string; args?: string; message?: string; isSkill?: boolean }>;

const COMMAND_PARTS = new Map<string, "name" | "args" | "message">([
  ["command-name", "name"],
  ["command-args", "args"],
  ["command-message", "message"],
]);

function commandPiece({ name, args = "", message = "", isSkill = false }: PendingCommand): UserText {
  // The model loaded a skill: nobody typed its name.
  if (isSkill && name?.startsWith("/") !== true) return { kind: "notice", text: `Skill ${name ?? message}` };
  return { kind: "command", name: name ?? (message === "" ? "" : `/${message}`), args };
}

/** Visits the pieces of an element and the lines after it that belong to it. Returns the index of the rest. */
function readPieces(text: string, { tag, wrapper, text: inside, attributes, end: at }: Element, visit: Visit): number {
  const pieces = wrapper.read(inside, attributes);
  if (tag === "task-notification") {
    const lines: string[] = [];
    let end = at;
    for (let line = lineAt(POINTER, text, end); line !== undefined; line = lineAt(POINTER, text, end)) {
      lines.push(line.trim());
      end += line.length;
    }
    const pointer = lines.length === 0 ? undefined : lines.join("\n");
    for (const piece of pieces) visit(piece.kind === "notification" ? { ...piece, pointer } : piece);
    return end;
  }
  for (const piece of pieces) if (piece.kind !== "output" || piece.text.trim() !== "") visit(piece);
  const tail = PEER_TAGS.has(tag) ? lineAt(PEER_TAIL, text, at) : undefined;
  if (tail === undefined) return at;
  visit({ kind: "hidden", text: tail.trim() });
  return at + tail.length;
}

function lineAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Line that names the file of a task's output or of a subagent's transcript. */
const POINTER = /\s*(?:Full transcript available at|Read the output file to retrieve the result): [^\n]*/y;

type Attributes = ReadonlyMap<string, string>;

interface Wrapper {
  /** Attributes, one of which the opening tag must have. Undefined: it must have none. Empty: it may have any. */
  readonly needs?: readonly string[];
  /** Whether others wrote its content, which may include its closing tag. */
  readonly holdsAnything?: boolean;
  /** Whether it counts only if it is the whole text: a person might use its name for a tag. */
  readonly wholeOnly?: boolean;
  read(inside: string, attributes: Attributes): UserText[];
}

const hidden: Wrapper = { read: (inside) => [{ kind: "hidden", text: inside.trim() }] };
const notice: Wrapper = { read: (inside) => (inside.trim() === "" ? [] : [{ kind: "notice", text: inside.trim() }]) };
const output = (errors: boolean): Wrapper => ({
  holdsAnything: true,
  read: (inside) => [{ kind: "output", text: unescapedOutput(inside), errors }],
});
/** `from`: returns the sender from the attributes. */
const peer = (needs: readonly string[], from: (attributes: Attributes) => string): Wrapper => ({
  needs,
  holdsAnything: true,
  read: (inside, attributes) => [
    { kind: "peer", from: from(attributes), summary: attributes.get("summary"), text: unescaped(inside).trim() },
  ],
});
const named = (...keys: readonly string[]): Wrapper =>
  peer(keys, (attributes) => {
    const name = keys.map((key) => attributes.get(key)).find((value) => value !== undefined) ?? "";
    return attributes.get("verified") === "false" ? `${name} (unverified)` : name;
  });

const TEAMMATE = "teammate-message";
const PEERS: readonly (readonly [string, Wrapper])[] = [
  [TEAMMATE, named("teammate_id")],
  ["agent-message", named("from")],
  ["cross-session-message", named("from-name", "from", "from-session")],
  [
    "channel",
    peer(["source"], (attributes) => {
      const source = attributes.get("source") ?? "";
      const user = attributes.get("user");
      return user === undefined ? source : `${user} (${source})`;
    }),
  ],
  ["slack-ping", peer([], () => "Slack")],
  ["slack-tag-message", peer([], () => "Slack")],
  ["coordinator-relay", peer([], () => "coordinator")],
  ["voice-call-talk", peer([], () => "voice call")],
];
const PEER_TAGS: ReadonlySet<string> = new Set(PEERS.map(([tag]) => tag));

/** Elements that the CLI writes in a user's place. */
const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map([
  ...PEERS,
  ["command-name", hidden],
  ["command-message", hidden],
  ["command-args", hidden],
  ["command-contents", hidden],
  ["skill-format", hidden],
  ["bash-input", { read: (inside: string) => [{ kind: "shell", command: unescaped(inside).trim() }] }],
  ["bash-stdout", output(false)],
  ["bash-stderr", output(true)],
  ["bash-exit-code", { read: exitCode }],
  ["local-command-stdout", output(false)],
  ["local-command-stderr", output(true)],
  ["local-command-caveat", hidden],
  ["user-memory-input", { read: (inside: string) => [{ kind: "typed", text: `# ${inside.trim()}` }] }],
  ["task-notification", { holdsAnything: true, read: (inside: string) => [notification(inside)] }],
  ["remote-review", { ...notice, holdsAnything: true }],
  ["remote-review-progress", notice],
  ["mcp-resource-update", { ...notice, needs: ["server", "uri"] }],
  ["mcp-polling-update", { ...notice, needs: ["server", "type", "tool"] }],
  ["tick", { ...notice, wholeOnly: true }],
  ["system-reminder", { ...hidden, needs: [] }],
  ["fork-boilerplate", hidden],
  ["session-start-hook", hidden],
  ["user-prompt-submit-hook", hidden],
  ["post-tool-use-hook", hidden],
  ["ide_opened_file", hidden],
  ["ide_selection", hidden],
  ["ide_diagnostics", hidden],
] as const satisfies readonly (readonly [string, Wrapper])[]);

function exitCode(inside: string): UserText[] {
  const code = inside.trim();
  return code === "0" || code === "" ? [] : [{ kind: "output", text: `exit code ${code}`, errors: true }];
}

function notification(inside: string): UserText {
  const status = inner(inside, "status");
  return {
    kind: "notification",
    summary: inner(inside, "summary") ?? status ?? "",
    result: inner(inside, "result"),
    status,
    taskId: inner(inside, "task-id"),
    toolUseId: inner(inside, "tool-use-id"),
    pointer: undefined,
  };
}

const TAG = /\s*<[a-z][\w-]*/y;
/** Attributes of an opening tag, and its end. Searched only in `TAG_UNITS`, so that an unclosed quote costs little. */
const REST_OF_TAG = /^((?:\s+[a-z][\w-]*="[^"]*")*)\s*>/;
const TAG_UNITS = 4000;
const ATTRIBUTE = /([a-z][\w-]*)="([^"]*)"/g;

interface Opening {
  readonly tag: string;
  readonly wrapper: Wrapper;
  readonly attributes: Attributes;
  /** Index after the tag. */
  readonly end: number;
}

/** Reads the CLI's opening tag at `at`, after white space. */
function openingAt(text: string, at: number): Opening | undefined {
  const start = lineAt(TAG, text, at);
  const tag = start?.trimStart().slice(1) ?? "";
  const wrapper = WRAPPERS.get(tag);
  if (start === undefined || wrapper === undefined) return undefined;
  const from = at + start.length;
  // Fast path: most have no attributes.
  const [rest, written = ""] =
    text[from] === ">" ? [">"] : (REST_OF_TAG.exec(text.slice(from, from + TAG_UNITS)) ?? []);
  if (rest === undefined) return undefined;
  const attributes: Attributes =
    written === ""
      ? NO_ATTRIBUTES
      : new Map(Array.from(written.matchAll(ATTRIBUTE), ([, key = "", value = ""]) => [key, unescaped(value)]));
  const { needs } = wrapper;
  const fits =
    needs === undefined ? attributes.size === 0 : needs.length === 0 || needs.some((key) => attributes.has(key));
  return fits ? { tag, wrapper, attributes, end: from + rest.length } : undefined;
}

const NO_ATTRIBUTES: Attributes = new Map();

const isPeerAt = (text: string, at: number): boolean => PEER_TAGS.has(openingAt(text, at)?.tag ?? "");

/** Whether the text begins with the opening tag of an element of the CLI, closed or not. */
export const beginsWithElement = (text: string): boolean => openingAt(text, 0) !== undefined;

interface Element extends Opening {
  readonly text: string;
}

/**
 * Reads the element at `at`, after white space. It ends with its first closing tag. If others wrote its content, it ends
 * with the first one before the end of the text or something else of the CLI, if there is one.
 */
function elementAt(text: string, at: number): Element | undefined {
  const opening = openingAt(text, at);
  if (opening === undefined) return undefined;
  const { tag, wrapper, attributes, end: start } = opening;
  const id = attributes.get("id");
  const closing = tag === "system-reminder" && id !== undefined ? `</${tag} id="${id}">` : `</${tag}>`;
  const upTo = (close: number): Element => ({
    ...opening,
    text: text.slice(start, close),
    end: close + closing.length,
  });
  const first = text.indexOf(closing, start);
  if (first < 0) return undefined;
  if (wrapper.wholeOnly === true && (text.slice(0, at).trim() !== "" || !isEnd(text, first + closing.length)))
    return undefined;
  let close = wrapper.holdsAnything === true ? first : -1;
  // Gives up early: the CLI does not write a text full of closing tags.
  for (let tries = 0; close >= 0 && tries < CLOSINGS; tries++) {
    const end = close + closing.length;
    if (isBorder(text, end)) return upTo(close);
    close = text.indexOf(closing, end);
  }
  return upTo(first);
}

/** Maximum number of closing tags that are tried. */
const CLOSINGS = 100;

const REST = /\s*$/y;

const isEnd = (text: string, at: number): boolean => lineAt(REST, text, at) !== undefined;

/** Whether the end of the text, or something that the CLI writes, is at `at`. */
const isBorder = (text: string, at: number): boolean =>
  isEnd(text, at) ||
  openingAt(text, at) !== undefined ||
  lineAt(POINTER, text, at) !== undefined ||
  lineAt(PEER_TAIL, text, at) !== undefined;

const REMINDER = "<system-reminder>";
const REMINDER_END = "</system-reminder>";

function withoutLastReminders(text: string): { typed: string; hidden: UserText[] } {
  const hidden: UserText[] = [];
  let typed = text;
  for (;;) {
    const end = typed.trimEnd();
    const open = end.endsWith(REMINDER_END) ? end.lastIndexOf(REMINDER) : -1;
    if (open < 0) return { typed: hidden.length === 0 ? text : end, hidden: hidden.reverse() };
    hidden.push({ kind: "hidden", text: end.slice(open + REMINDER.length, -REMINDER_END.length).trim() });
    typed = end.slice(0, open);
  }
}

function inner(text: string, tag: string): string | undefined {
  const open = text.indexOf(`<${tag}>`);
  const close = open < 0 ? -1 : text.lastIndexOf(`</${tag}>`);
  return close > open ? unescaped(text.slice(open + tag.length + 2, close)).trim() : undefined;
}
