/**
 * What a text in a user's message stands for. The CLI writes in the user's place: slash commands, what was run in bash
 * mode and what both printed, reminders to the model, news of background work. A reader wants what the person did.
 */
export type UserText =
  | { readonly kind: "typed"; readonly text: string }
  /** A slash command, its name with the slash. */
  | { readonly kind: "command"; readonly name: string; readonly args: string }
  /** A command that was run in bash mode. */
  | { readonly kind: "shell"; readonly command: string }
  /** What either of them printed; `errors` for stderr. */
  | { readonly kind: "output"; readonly text: string; readonly errors: boolean }
  /** News of work in the background. `summary` is one line, `result` what it came to, where that is said. */
  | {
      readonly kind: "notification";
      readonly summary: string;
      readonly result: string | undefined;
      /** `completed`, `failed`, `killed`, … */
      readonly status: string | undefined;
      /** The work, which is a subagent's id where it was one, and the call that began it. */
      readonly taskId: string | undefined;
      readonly toolUseId: string | undefined;
    }
  /** Said to the model only: reminders, caveats, the context of an IDE, output of hooks. */
  | { readonly kind: "hidden"; readonly text: string };

/**
 * Takes the text apart where it is made of such elements, from its beginning on; what follows them is what was typed,
 * whatever it holds. Reminders at the end are taken off too. Text without any is one piece. Empty text gives none.
 */
export function readUserText(text: string): UserText[] {
  const pieces: UserText[] = [];
  let command: { name: string; args: string } | undefined;
  const endCommand = (): void => {
    if (command !== undefined) pieces.push({ kind: "command", ...command });
    command = undefined;
  };
  let at = 0;
  for (;;) {
    const element = elementAt(text, at);
    if (element === undefined) break;
    at = element.end;
    const inside = element.text;
    switch (element.tag) {
      case "command-name":
        command = { name: unescaped(inside).trim(), args: command?.args ?? "" };
        break;
      case "command-args":
        command = { name: command?.name ?? "", args: unescaped(inside).trim() };
        break;
      // Says the name once more, without the slash.
      case "command-message":
        command ??= { name: `/${unescaped(inside).trim()}`, args: "" };
        break;
      default:
        endCommand();
        pieces.push(piece(element.tag, inside));
    }
  }
  endCommand();
  const { typed, hidden } = withoutLastReminders(text.slice(at));
  if (typed.trim() !== "") pieces.push({ kind: "typed", text: at === 0 ? typed : typed.trim() });
  pieces.push(...hidden);
  return pieces.filter((one) => one.kind !== "output" || one.text.trim() !== "");
}

function piece(tag: string, inside: string): UserText {
  switch (tag) {
    case "bash-input":
      return { kind: "shell", command: unescaped(inside).trim() };
    case "bash-stdout":
    case "local-command-stdout":
      return { kind: "output", text: unescaped(inside), errors: false };
    case "bash-stderr":
    case "local-command-stderr":
      return { kind: "output", text: unescaped(inside), errors: true };
    case "task-notification": {
      const status = inner(inside, "status");
      return {
        kind: "notification",
        summary: inner(inside, "summary") ?? status ?? "",
        result: inner(inside, "result"),
        status,
        taskId: inner(inside, "task-id"),
        toolUseId: inner(inside, "tool-use-id"),
      };
    }
    default:
      return { kind: "hidden", text: inside.trim() };
  }
}

const TAGS = new Set([
  "command-name",
  "command-message",
  "command-args",
  "bash-input",
  "bash-stdout",
  "bash-stderr",
  "local-command-stdout",
  "local-command-stderr",
  "local-command-caveat",
  "task-notification",
  "system-reminder",
  "user-prompt-submit-hook",
  "ide_opened_file",
  "ide_selection",
  "ide_diagnostics",
]);

const OPENING = /\s*<([a-z][\w-]*)>/y;

/** Elements of text that others wrote, and which may hold their closing tag. */
const HOLDS_ANYTHING = new Set([
  "bash-stdout",
  "bash-stderr",
  "local-command-stdout",
  "local-command-stderr",
  "task-notification",
]);

/**
 * The element that begins at `at`, behind white space. It ends with the first closing tag; one that may hold anything
 * with the first that another element follows, or the end of the text, where there is such a one.
 */
function elementAt(text: string, at: number): { tag: string; text: string; end: number } | undefined {
  OPENING.lastIndex = at;
  const [opening, tag] = OPENING.exec(text) ?? [];
  if (opening === undefined || tag === undefined || !TAGS.has(tag)) return undefined;
  const start = at + opening.length;
  const closing = `</${tag}>`;
  const first = text.indexOf(closing, start);
  if (first < 0) return undefined;
  let close = HOLDS_ANYTHING.has(tag) ? first : -1;
  // The search is given up where it could take long: a text full of closing tags is not written by the CLI.
  for (let tries = 0; close >= 0 && tries < CLOSINGS; tries++) {
    const end = close + closing.length;
    if (isBorder(text, end)) return { tag, text: text.slice(start, close), end };
    close = text.indexOf(closing, end);
  }
  return { tag, text: text.slice(start, first), end: first + closing.length };
}

const CLOSINGS = 100;

const NEXT = /\s*(?:$|<([a-z][\w-]*)>)/y;

function isBorder(text: string, at: number): boolean {
  NEXT.lastIndex = at;
  const next = NEXT.exec(text);
  return next !== null && (next[1] === undefined || TAGS.has(next[1]));
}

const REMINDER = "<system-reminder>";
const REMINDER_END = "</system-reminder>";

function withoutLastReminders(text: string): { typed: string; hidden: UserText[] } {
  const hidden: UserText[] = [];
  let typed = text;
  for (;;) {
    const end = typed.trimEnd();
    const open = end.endsWith(REMINDER_END) ? end.lastIndexOf(REMINDER) : -1;
    if (open < 0) return { typed: hidden.length === 0 ? text : end, hidden };
    hidden.unshift({ kind: "hidden", text: end.slice(open + REMINDER.length, -REMINDER_END.length).trim() });
    typed = end.slice(0, open);
  }
}

function inner(text: string, tag: string): string | undefined {
  const open = text.indexOf(`<${tag}>`);
  const close = open < 0 ? -1 : text.lastIndexOf(`</${tag}>`);
  return close > open ? unescaped(text.slice(open + tag.length + 2, close)).trim() : undefined;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'", apos: "'" };

/** The CLI escapes most of what it puts into elements, but not all: text with an angle bracket in it was not escaped. */
function unescaped(text: string): string {
  if (/[<>]/.test(text)) return text;
  return text.replace(/&(lt|gt|amp|quot|#39|apos);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
