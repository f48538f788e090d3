import type { OpenConversation } from "../../store/read/open-conversation.ts";
import type { Invocation, Terminal } from "../terminal/command.ts";
import { openOutput } from "../terminal/pager.ts";
import { startProgress } from "../terminal/progress.ts";
import { Messages } from "../../view/messages.ts";
import { partsOf } from "../../view/parts.ts";
import { isShownAt, select, type Selection, SHORT_UUID } from "../render/select.ts";
import { makeStyle } from "../terminal/style.ts";
import {
  type Found,
  type LeftOut,
  leftOutWords,
  type Marker,
  nothingLeftOut,
  type PartFilter,
  type Renderer,
} from "../render/message-view.ts";
import { type ShowOptions, readOptions } from "./show-options.ts";
import { openSource, type Source } from "./show-source.ts";
import { MESSAGES_PER_TURN, writeMessages } from "./write-messages.ts";
import { tableWidth } from "../terminal/table.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

/** Runs `show`. Returns the exit code. */
export async function show(invocation: Invocation): Promise<number> {
  const asked = readOptions(invocation);
  const progress = startProgress("Reading the transcript");
  let source: Source | undefined;
  try {
    source = await openSource(invocation, asked);
    const { open } = source;
    const messages = await Messages.of(open);
    const left = nothingLeftOut(open.unread);
    const { filter, words, grep } = asked;
    const selection = await withNearest(asked.selection, source, messages, invocation);
    // Of prompts, and of messages that match, the last ones are taken later.
    const isLater = words !== undefined || grep !== undefined;
    const selected = select(open, messages, isLater ? { ...selection, last: undefined } : selection, filter, left);
    const found = grep === undefined ? undefined : await findIn(source, messages, selected.numbers, asked, left);
    const numbers = found?.numbers ?? selected.numbers;
    // On a terminal, the messages themselves show the progress.
    if (invocation.terminal.isTty) progress.stop();
    if (words !== undefined) {
      const { printAnswer, printPrompts } = await import("./show-words.ts");
      const { terminal } = invocation;
      const job = { open, messages, numbers, json: asked.format === "json", pager: asked.pager, terminal };
      await (words === "answer" ? printAnswer(job) : printPrompts(job, selection.last));
      return 0;
    }
    const print = asked.format === "jsonl" ? printRows : printMessages;
    await print({ ...source, messages, numbers, center: selected.center, found, left, asked, invocation });
    if (found !== undefined) {
      for (const note of found.notes) invocation.terminal.warn(`${note.slice(0, 1).toUpperCase()}${note.slice(1)}.`);
      return found.all.size > 0 ? 0 : NOTHING_FOUND;
    }
  } finally {
    progress.stop();
    source?.open.close();
  }
  return 0;
}

/** Names the message next to a row that is asked for and not shown. */
async function withNearest(
  selection: Selection,
  source: Source,
  messages: Messages,
  { configDirs, positionals: [name = "-"], terminal }: Invocation,
): Promise<Selection> {
  const { around } = selection;
  if (around === undefined || around.length < SHORT_UUID || name === "-") return selection;
  if (isShownAt(around, source.open, messages)) return selection;
  const { nearestMessage } = await import("./nearest-message.ts");
  const nearest = await nearestMessage(source, around, configDirs);
  if (nearest === undefined) return selection;
  terminal.warn(
    "That row is not part of what is shown, such as a reminder to the model or a message of a subagent. This is the message next to it.",
  );
  return { ...selection, around: nearest };
}

const NOTHING_FOUND = 1;

/** What `--grep` found. */
interface FoundIn {
  readonly all: ReadonlyMap<number, Found>;
  /** The messages to show. */
  readonly numbers: readonly number[];
  readonly marker: Marker;
  readonly notes: readonly string[];
}

async function findIn(
  { open }: Source,
  messages: Messages,
  numbers: readonly number[],
  { grep = "", selection }: ShowOptions,
  left: LeftOut,
): Promise<FoundIn> {
  const { Grep, withNeighbours } = await import("./grep.ts");
  const query = new Grep(grep, open, messages, Date.now());
  const all = await query.find(numbers);
  const shown = withNeighbours(numbers, all, selection);
  const matching = shown.filter((number) => all.has(number)).length;
  left.before += all.size - matching;
  left.notMatching = numbers.length - all.size - (shown.length - matching);
  const slow =
    query.tooSlow === 0
      ? []
      : [`the regular expression took too long in ${query.tooSlow} messages, which were not searched`];
  const count = `${all.size} of ${numbers.length} ${numbers.length === 1 ? "message" : "messages"} ${all.size === 1 ? "matches" : "match"}`;
  return { all, numbers: shown, marker: query.marker, notes: [...query.notes, ...slow, count] };
}

interface Job extends Source {
  readonly messages: Messages;
  readonly numbers: readonly number[];
  /** The message that was asked for. */
  readonly center: number | undefined;
  readonly found: FoundIn | undefined;
  readonly left: LeftOut;
  readonly asked: ShowOptions;
  readonly invocation: Invocation;
}

async function printMessages(job: Job): Promise<void> {
  const { open, about, messages, numbers, left, asked, invocation } = job;
  const { terminal } = invocation;
  const renderer = await makeRenderer(job);
  const output = openOutput(terminal, asked.pager);
  try {
    await writeMessages(
      {
        open,
        about,
        messages,
        numbers,
        left,
        renderer,
        filterOf: (number) => filterOf(job, number),
        found: job.found?.all,
        roles: asked.filter.roles,
        saysEmpty: asked.format !== "json",
      },
      (text) => output.write(text),
    );
  } finally {
    await output.end();
  }
}

/** Shows also thoughts of the message that was asked for, and whatever a query was found in. */
function filterOf({ asked: { filter }, center, found }: Job, number: number): PartFilter {
  const { inThinking = false, inHidden = false } = found?.all.get(number) ?? {};
  return {
    ...filter,
    thinking: filter.thinking || inThinking || number === center,
    hidden: filter.hidden || inHidden,
  };
}

async function makeRenderer({ asked: { format, full }, left, resume, found, invocation }: Job): Promise<Renderer> {
  const { terminal } = invocation;
  const options = { full, left, marker: found?.marker };
  switch (format) {
    case "json":
      return (await import("../render/json.ts")).jsonRenderer({ ...options, notes: found?.notes });
    case "markdown":
      return (await import("../render/markdown.ts")).markdownRenderer(options);
    default: {
      const { textRenderer } = await import("../render/text.ts");
      const style = makeStyle(terminal.colors);
      const width = tableWidth(terminal);
      return textRenderer({ ...options, style, width, resume });
    }
  }
}

/** Prints rows exactly as in the transcript; on a terminal, hidden characters become JSON escapes. */
async function printRows({ open, messages, numbers, left, asked, invocation }: Job): Promise<void> {
  const { terminal } = invocation;
  const { escaped } = await import("../../view/sanitise.ts");
  const output = openOutput(terminal, asked.pager);
  const { roles } = asked.filter;
  let reads = true;
  try {
    for (const number of numbers) {
      if (number % MESSAGES_PER_TURN === 0) await yieldToEventLoop();
      const { from, to } = messages.get(number);
      for (let row = from; row < to && reads; row++) {
        if (roles !== undefined && !partsOf(open.entry(row), open).some(({ role }) => roles.has(role))) continue;
        if (terminal.isTty) {
          const bytes = Buffer.from(open.bytes(row));
          reads = await output.write(`${escaped(bytes.toString())}\n`);
        } else await printBytes(open, row, terminal);
      }
    }
  } finally {
    await output.end();
  }
  const words = leftOutWords(left);
  if (words.length > 0) terminal.warn(`Not shown: ${words.join(", ")}.`);
}

/** Prints a row in pieces: it may be long, and its buffer is reused for the next one. */
async function printBytes(open: OpenConversation, row: number, terminal: Terminal): Promise<void> {
  const bytes = open.bytes(row);
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    const last = from + PIECE_BYTES >= bytes.length;
    const piece = bytes.subarray(from, from + PIECE_BYTES);
    await terminal.writeBytes(Buffer.concat(last ? [piece, NEWLINE] : [piece]));
  }
}

const PIECE_BYTES = 1024 * 1024;
const NEWLINE = Buffer.from("\n");
