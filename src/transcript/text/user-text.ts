import { unescaped, unescapedOutput } from "./entities.ts";
/**
 * What a text in a user's message stands for. The CLI writes in the user's place: slash commands, what was run in bash
 * mode and what both printed, reminders to the model, news of background work, messages of other agents. Only what the
 * CLI itself writes is taken apart; any other markup is somebody's prompt.
 */
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
  /** A slash command, its name with the slash. */
  | { readonly kind: "command"; readonly name: string; readonly args: string }
  /** A command that was run in bash mode. */
  | { readonly kind: "shell"; readonly command: string }
  /** What either of them printed; `errors` for stderr. */
  | { readonly kind: "output"; readonly text: string; readonly errors: boolean }
  /** News of work in the background. `summary` is one line, `result` the report, if the news has one. */
  | {
      readonly kind: "notification";
      readonly summary: string;
      readonly result: string | undefined;
      /** `completed`, `failed`, `killed`, … */
      readonly status: string | undefined;
      /** The work, which is a subagent's id if it was one, and the call that began it. */
      readonly taskId: string | undefined;
      readonly toolUseId: string | undefined;
      /** The line after the news that says where more of it stands. */
      readonly pointer: string | undefined;
    }
  /** The words of somebody else: a teammate, another session, a channel. `from` may be anything its sender chose. */
  | { readonly kind: "peer"; readonly from: string; readonly summary: string | undefined; readonly text: string }
  /** The CLI's own words, meant for the person too. */
  | { readonly kind: "notice"; readonly text: string }
  /** The summary of a compaction, in a row that does not say so. */
  | { readonly kind: "summary"; readonly text: string }
  /** Said to the model only: reminders, caveats, the context of an IDE, output of hooks. */
  | { readonly kind: "hidden"; readonly text: string };

/**
 * Takes the text apart if it is made of such elements, from its beginning on; what follows them is what was typed,
 * whatever it holds. Reminders at the end are taken off too. Text without any is one piece. Empty text gives none.
 */
export function readUserText(text: string): UserText[] {
  const pieces: UserText[] = [];
  visitUserText(text, (piece) => pieces.push(piece));
  return pieces;
}

/** The same, piece by piece: a text may have hundreds of thousands. */
export function visitUserText(text: string, visit: Visit): void {
  const whole = isPlain(text) ? [{ kind: "typed", text } as const] : wholeText(text);
  if (whole !== undefined) return whole.forEach(visit);
  const preface = prefaceOf(text);
  if (preface !== undefined) visit({ kind: "hidden", text: text.slice(0, preface.end).trim() });
  const at = readElements(text, preface?.end ?? 0, visit);
  const { typed, hidden } = withoutLastReminders(text.slice(at));
  if (typed.trim() !== "") {
    const said = at === 0 ? typed : typed.trim();
    if (preface?.machine === true) visit({ kind: "notice", text: said });
    else typedPieces(said).forEach(visit);
  }
  hidden.forEach(visit);
}

type Visit = (piece: UserText) => void;

/** Whether nothing that the CLI writes begins so, or ends so: most prompts are known by a look. */
export function isPlain(text: string): boolean {
  const first = text.trimStart()[0];
  return first !== undefined && !BEGINNINGS.includes(first) && !text.trimEnd().endsWith(REMINDER_END);
}

/** The first letters of all elements and sentences of the CLI's, in this file and in user-frames.ts. */
const BEGINNINGS = "<[ACFIRTY";

/** A text that is one thing from its first word to its last, without any element. */
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

/** Reads elements from `from` on; returns where the rest begins. */
function readElements(text: string, from: number, visit: Visit): number {
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
    if (element === undefined) break;
    at = element.end;
    const inside = element.text;
    switch (element.tag) {
      case "command-name":
        command = { ...command, name: unescaped(inside).trim() };
        break;
      case "command-args":
        command = { ...command, args: unescaped(inside).trim() };
        break;
      case "command-message":
        command = { ...command, message: unescaped(inside).trim() };
        break;
      case "skill-format":
        command = { ...command, isSkill: true };
        break;
      default:
        endCommand();
        at = readPieces(text, element, visit);
    }
  }
  endCommand();
  return at;
}

interface PendingCommand {
  readonly name?: string;
  readonly args?: string;
  /** The name once more, without the slash, or words for it. */
  readonly message?: string;
  readonly isSkill?: boolean;
}

function commandPiece({ name, args = "", message = "", isSkill = false }: PendingCommand): UserText {
  // The model opened a skill: nobody typed its name.
  if (isSkill && name?.startsWith("/") !== true) return { kind: "notice", text: `Skill ${name ?? message}` };
  return { kind: "command", name: name ?? (message === "" ? "" : `/${message}`), args };
}

/** Visits what is in an element, and what follows it and belongs to it; returns where the rest begins. */
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

/** Where the output of a task, or the conversation of a subagent, stands. */
const POINTER = /\s*(?:Full transcript available at|Read the output file to retrieve the result): [^\n]*/y;

type Attributes = ReadonlyMap<string, string>;

interface Wrapper {
  /** Names of attributes, one of which its opening tag must have; absent: it has none; empty: it may have any. */
  readonly needs?: readonly string[];
  /** Others wrote what is in it, its closing tag possibly included. */
  readonly holdsAnything?: boolean;
  /** It counts only where it is the whole text: its name is a word that a person might use for a tag. */
  readonly wholeOnly?: boolean;
  read(inside: string, attributes: Attributes): UserText[];
}

const hidden: Wrapper = { read: (inside) => [{ kind: "hidden", text: inside.trim() }] };
const notice: Wrapper = { read: (inside) => (inside.trim() === "" ? [] : [{ kind: "notice", text: inside.trim() }]) };
const output = (errors: boolean): Wrapper => ({
  holdsAnything: true,
  read: (inside) => [{ kind: "output", text: unescapedOutput(inside), errors }],
});
/** `from`: the sender, from the attributes. */
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

const PEERS: readonly (readonly [string, Wrapper])[] = [
  ["teammate-message", named("teammate_id")],
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

/** Every element that the CLI writes in a user's place. */
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
/** The attributes of an opening tag, and its end. Looked for in so much text, so that a quote that nothing closes costs little. */
const REST_OF_TAG = /^((?:\s+[a-z][\w-]*="[^"]*")*)\s*>/;
const TAG_UNITS = 4000;
const ATTRIBUTE = /([a-z][\w-]*)="([^"]*)"/g;

interface Opening {
  readonly tag: string;
  readonly wrapper: Wrapper;
  readonly attributes: Attributes;
  /** Past the tag. */
  readonly end: number;
}

/** The tag of the CLI's that begins at `at`, after white space. */
function openingAt(text: string, at: number): Opening | undefined {
  TAG.lastIndex = at;
  if (!TAG.test(text)) return undefined;
  const from = TAG.lastIndex;
  const tag = text.slice(text.indexOf("<", at) + 1, from);
  const wrapper = WRAPPERS.get(tag);
  if (wrapper === undefined) return undefined;
  // Most have no attributes.
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

/** Whether the text begins with the opening tag of such an element, closed or not. */
export const beginsWithElement = (text: string): boolean => openingAt(text, 0) !== undefined;

interface Element extends Opening {
  readonly text: string;
}

/**
 * The element that begins at `at`, after white space. It ends with the first closing tag; one that may hold anything
 * with the first that something of the CLI's follows, or the end of the text, if there is such a one.
 */
function elementAt(text: string, at: number): Element | undefined {
  const opening = openingAt(text, at);
  if (opening === undefined) return undefined;
  const { tag, wrapper, attributes, end: start } = opening;
  const id = attributes.get("id");
  const closing = tag === "system-reminder" && id !== undefined ? `</${tag} id="${id}">` : `</${tag}>`;
  const first = text.indexOf(closing, start);
  if (first < 0) return undefined;
  if (wrapper.wholeOnly === true && (text.slice(0, at).trim() !== "" || !isEnd(text, first + closing.length)))
    return undefined;
  let close = wrapper.holdsAnything === true ? first : -1;
  // The search is given up before it takes long: a text full of closing tags is not written by the CLI.
  for (let tries = 0; close >= 0 && tries < CLOSINGS; tries++) {
    const end = close + closing.length;
    if (isBorder(text, end)) return { tag, wrapper, attributes, text: text.slice(start, close), end };
    close = text.indexOf(closing, end);
  }
  return { tag, wrapper, attributes, text: text.slice(start, first), end: first + closing.length };
}

const CLOSINGS = 100;

const REST = /\s*$/y;

function isEnd(text: string, at: number): boolean {
  REST.lastIndex = at;
  return REST.test(text);
}

/** Whether the text ends at `at`, or something that the CLI writes follows. */
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
