import { printable, printableLines } from "../terminal/terminal.ts";
import { cutLine, fold } from "./fold.ts";
import type { StoredOutput } from "../../store/read/tool-results.ts";
import { fenceMarks, longestFence } from "../../view/plain-text.ts";
import { spilledWords, wholeText } from "../../view/spilled.ts";
import { type Call, mediaText, type Part, type Result } from "../../view/parts.ts";
import { apartWords } from "../../view/messages.ts";
import type { PeerWord } from "../../view/words.ts";
import { resultLanguage, type ToolLine, viewCall, viewResult } from "./tool-call.ts";
import { hasLines, type Lines, TextLines } from "./lines.ts";
import { linesOf } from "./whole.ts";
import {
  type About,
  headingWords,
  type LeftOut,
  leftOutWords,
  localTime,
  type MessageView,
  type Renderer,
} from "./message-view.ts";

export interface MarkdownOptions {
  readonly full: boolean;
  readonly left: LeftOut;
}

/**
 * Renders a conversation as a Markdown document. Messages stay as they were written, which is mostly Markdown; output of
 * commands and tools is in fences that no line of it can close.
 */
export function markdownRenderer(options: MarkdownOptions): Renderer {
  const calls = new Map<string, Call>();
  let speaker = "You";
  return {
    head(about) {
      // A subagent's conversation is with another agent, not with the user.
      if (about.subagent !== undefined) speaker = "Prompt";
      return `${headBlocks(about).join("\n\n")}\n`;
    },
    *message(message) {
      let before = "\n";
      for (const block of messageBlocks(message, speaker, calls, options)) {
        yield before;
        if (typeof block === "string") yield block;
        else yield* block;
        before = "\n\n";
      }
      yield "\n";
    },
    foot({ subagents }) {
      const words = leftOutWords(options.left);
      const ids = subagents.map(({ agentId }) => code(agentId));
      const blocks = [
        ...(words.length > 0 ? [`*Not shown: ${words.join(", ")}.*`] : []),
        ...(ids.length > 0 ? [`*Subagents: ${ids.join(", ")}.*`] : []),
      ];
      return blocks.length === 0 ? "" : `\n---\n\n${blocks.join("\n\n")}\n`;
    },
  };
}

/** Markdown between empty lines; pieces if it is too long to hold. */
type Block = string | Generator<string>;

function headBlocks({ sessionId, title, cwd, gitBranch, messages, subagent }: About): string[] {
  const name = subagent === undefined ? title : (subagent.description ?? `Subagent ${subagent.agentId}`);
  const facts = [
    ...(subagent === undefined ? [] : [`Subagent ${code(subagent.agentId)}`]),
    ...(sessionId === undefined ? [] : [`Session ${code(sessionId)}`]),
    ...[cwd, gitBranch].flatMap((fact) => (fact ? [code(fact)] : [])),
    messages === 1 ? "1 message" : `${messages} messages`,
  ];
  return [...(name ? [`# ${escaped(name)}`] : []), facts.join(" · ")];
}

function messageBlocks(
  message: MessageView,
  speaker: string,
  calls: Map<string, Call>,
  options: MarkdownOptions,
): Block[] {
  const { parts, cwd } = message;
  const results = new Map<string, Result>();
  for (const part of parts) {
    if (part.kind === "call") calls.set(part.id, part);
    if (part.kind === "result") results.set(part.id, part);
  }
  const { sender } = headingWords(parts, "");
  const done = new Set<Part>();
  // Not spread into `push`: a result may have more blocks than a function takes arguments.
  const blocks: (readonly Block[])[] = [[heading(message, speaker)]];
  for (const part of parts) {
    if (done.has(part)) continue;
    if (part.kind === "call") {
      blocks.push(callBlocks(part, cwd, options));
      const result = results.get(part.id);
      if (result === undefined || done.has(result)) continue;
      done.add(result);
      calls.delete(part.id);
      blocks.push(resultBlocks(result, part, options));
    } else if (part.kind === "result") {
      const call = calls.get(part.id);
      calls.delete(part.id);
      blocks.push([`Result of ${call === undefined ? "a call that is not in this transcript" : callTitle(call, cwd)}`]);
      blocks.push(resultBlocks(part, call, options));
    } else if (part.kind === "peer") blocks.push(peerBlocks(part, part.from === sender));
    else blocks.push(partBlocks(part, options));
  }
  return blocks.flat();
}

function heading(message: MessageView, speaker: string): string {
  const { parts, number, timestamp, model, compacted } = message;
  const name = escaped(headingWords(parts, speaker).words);
  const { date, time } = localTime(timestamp);
  const where = apartWords(message) || (compacted ? "compacted" : "");
  const facts = [`${date} ${time}`.trim(), printable(model ?? ""), where].filter((fact) => fact !== "");
  return `## ${[`${number}. ${name}`, ...facts].join(" · ")}`;
}

/** Renders the words of a peer. `named`: the heading names it already. */
function peerBlocks({ from, summary, text }: PeerWord, named: boolean): string[] {
  const about = [named ? "" : `From ${from}`, summary ?? ""].filter((fact) => fact !== "").join(": ");
  const said = printableLines(text.trim());
  return [...(about === "" ? [] : [`**${escaped(about)}**`]), ...(said === "" ? [] : [said])];
}

function partBlocks(part: Exclude<Part, { kind: "call" | "result" | "peer" }>, options: MarkdownOptions): Block[] {
  switch (part.kind) {
    case "text":
      return [printableLines(part.text.trim())];
    case "thinking":
      return ["*Thought:*", quoted(part.text)];
    case "hidden":
      return [quoted(part.text)];
    case "command":
      return [code(`${part.name} ${part.args}`.trim())];
    case "shell":
      return part.command.includes("\n") ? fenced(lines(part.command), "sh", options) : [code(`! ${part.command}`)];
    case "output":
      return outputBlocks(part, lines, "console", options);
    case "notice":
      return [quoted(part.text)];
    case "boundary":
      return [`---`, `*${escaped(part.text)}*`];
    case "summary":
      return ["*Summary of the conversation so far:*", ...fenced(lines(part.text), "markdown", options)];
    case "image":
    case "document":
    case "other":
      return [`*[${escaped(mediaText(part))}]*`];
    default:
      return part satisfies never;
  }
}

function callTitle(call: Call, cwd: string | undefined): string {
  const title = viewCall(call.name, call.input, cwd).title;
  return `**${escaped(call.name)}**${title === "" ? "" : ` ${code(title)}`}`;
}

function callBlocks(call: Call, cwd: string | undefined, options: MarkdownOptions): string[] {
  const view = viewCall(call.name, call.input, cwd);
  return [callTitle(call, cwd), ...fenced(view.lines, view.language, options)];
}

function resultBlocks(result: Result, call: Call | undefined, options: MarkdownOptions): Block[] {
  const view = (text: string): Lines<ToolLine> => viewResult(call?.name ?? "", call?.input ?? {}, { ...result, text });
  const shown = view(result.text);
  const isChange = Array.isArray(shown) && shown.some(({ tone }) => tone === "added" || tone === "removed");
  const { agentId } = result;
  return [
    ...(result.failed ? ["*failed:*"] : []),
    ...outputBlocks(result, view, isChange ? "" : resultLanguage(call?.name ?? ""), options),
    ...result.media.map((media) => `*[${escaped(mediaText(media))}]*`),
    ...(agentId === undefined ? [] : [`Its conversation: ${code(`--subagent ${agentId}`)}`]),
  ];
}

/** Renders output. If it has a file of its own, adds that with `full`, or else says how to see it. */
function outputBlocks(
  { text, spilled }: Pick<Result, "text" | "spilled">,
  view: (text: string) => Lines<ToolLine>,
  language: string,
  options: MarkdownOptions,
): Block[] {
  if (spilled === undefined) return fenced(view(text), language, options);
  const { file, to } = spilled;
  const line = `*${escaped(spilledWords(spilled, "--full"))}*`;
  if (file === undefined) options.left.missingOutputs++;
  else if (!options.full) options.left.spilled++;
  if (file === undefined || !options.full) return [...fenced(view(text), language, options), line];
  return [
    fencedWhole(file, language),
    ...(spilled.cut ? [line] : []),
    ...fenced(view(text.slice(to)), language, options),
  ];
}

/** Fences all output of a file. Reads it twice, because the length of the fence depends on the text. */
function* fencedWhole(file: StoredOutput, language: string): Generator<string> {
  let longest = 2;
  for (const { lines: batch } of linesOf(wholeText(file))) {
    for (const line of batch) longest = Math.max(longest, longestFence(printableLines(line)));
  }
  const marks = "`".repeat(longest + 1);
  yield `${marks}${language}\n`;
  let open = false;
  for (const { lines: batch, unfinished } of linesOf(wholeText(file))) {
    yield batch.map(printableLines).join("\n") + (unfinished ? "" : "\n");
    open = unfinished;
  }
  yield `${open ? "\n" : ""}${marks}`;
}

function lines(text: string): Lines<ToolLine> {
  const trimmed = text.trim();
  return trimmed === "" ? [] : new TextLines(trimmed, (line) => ({ text: line, tone: "plain" }));
}

/** Puts lines into a fence that is longer than any in them; returns nothing for no lines. */
function fenced(all: Lines<ToolLine>, language: string, { full, left }: MarkdownOptions): string[] {
  if (!hasLines(all)) return [];
  const { head, hidden, tail } = fold(all, full);
  const shown: string[] = [];
  const show = ({ text }: ToolLine): void => {
    for (const line of printableLines(text).split("\n")) shown.push(cutLine(line, full));
  };
  for (const line of head) show(line);
  if (hidden > 0) shown.push(`… ${hidden.toLocaleString("en")} more lines`);
  for (const line of tail) show(line);
  left.lines += hidden;
  const text = shown.join("\n");
  const marks = fenceMarks(text);
  return [`${marks}${language}\n${text}\n${marks}`];
}

const quoted = (text: string): string =>
  printableLines(text.trim())
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");

/** Escapes a text on one line, so that Markdown shows it unchanged. */
const escaped = (text: string): string => printable(text).replace(/[\\`*_[\]<>#|]/g, (letter) => `\\${letter}`);

/** Makes a code span of any text. */
function code(text: string): string {
  const line = printable(text);
  const longest = (line.match(/`+/g) ?? []).reduce((max, run) => Math.max(max, run.length), 0);
  const marks = "`".repeat(longest + 1);
  const space = longest > 0 ? " " : "";
  return marks + space + line + space + marks;
}
