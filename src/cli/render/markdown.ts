import { printable, printableLines } from "../terminal/terminal.ts";
import { cutLine, fold } from "./fold.ts";
import type { StoredOutput } from "../../store/read/tool-results.ts";
import { fenceMarks, longestFence } from "../../view/plain-text.ts";
import { type JoinedTexts, segmentsOf, spilledWords, wholeText } from "../../view/spilled.ts";
import { type Call, mediaText, type Part, type Result } from "../../view/parts.ts";
import type { PeerWord } from "../../view/words.ts";
import { resultLanguage, textLines, type ToolLine, viewCall, viewResult } from "./tool-call.ts";
import { hasLines, type Lines } from "./lines.ts";
import { localTime } from "../terminal/time.ts";
import { linesOf } from "./whole.ts";
import {
  type About,
  CallPairs,
  headingWords,
  leftOutWords,
  countsOf,
  type MessageView,
  nameOf,
  NO_RESULT,
  peerLine,
  placeWords,
  type Renderer,
  type RenderOptions,
  shownFile,
  tagMarks,
} from "./message-view.ts";

/** Renders a conversation as Markdown. Output of commands and tools is in fences that no line of it can close. */
export function markdownRenderer(options: RenderOptions): Renderer {
  const calls = new CallPairs();
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

function headBlocks(about: About): string[] {
  const { sessionId, cwd, gitBranch, subagent } = about;
  const name = nameOf(about);
  const tags = tagMarks(about);
  const facts = [
    ...(subagent === undefined ? [] : [`Subagent ${code(subagent.agentId)}`]),
    ...(sessionId === undefined ? [] : [`Session ${code(sessionId)}`]),
    ...[cwd, gitBranch].flatMap((fact) => (fact ? [code(fact)] : [])),
    ...countsOf(about),
    ...(tags === "" ? [] : [escaped(tags)]),
  ];
  const described = escaped(about.description ?? "");
  return [...(name ? [`# ${escaped(name)}`] : []), ...(described === "" ? [] : [described]), facts.join(" · ")];
}

function messageBlocks(message: MessageView, speaker: string, calls: CallPairs, options: RenderOptions): Block[] {
  const { parts, cwd } = message;
  const { sender } = headingWords(parts, "");
  // Not spread into `push`: a result may have more blocks than a function takes arguments.
  const blocks: (readonly Block[])[] = [[heading(message, speaker)], foundBlocks(message)];
  for (const { part, call: caller, isBelow, isOpen } of calls.pair(message)) {
    if (part.kind === "call") blocks.push(callBlocks(part, cwd, options), isOpen ? [`*${NO_RESULT}*`] : []);
    else if (part.kind === "result") {
      const title = caller === undefined ? "a call that is not in this transcript" : callTitle(caller.call, cwd);
      if (!isBelow) blocks.push([`Result of ${title}`]);
      blocks.push(resultBlocks(part, caller?.call, options));
    } else if (part.kind === "peer") blocks.push(peerBlocks(part, part.from === sender));
    else blocks.push(partBlocks(part, options));
  }
  return blocks.flat();
}

/** Quotes what a query found, with the matches marked: marks in the texts themselves would change code and links. */
function foundBlocks({ found }: MessageView): string[] {
  const lines = (found?.matches ?? []).map(({ snippet, marks }) => {
    let line = "";
    let at = 0;
    for (const [from, to] of marks) {
      line += `${escapedPart(snippet.slice(at, from))}**${escapedPart(snippet.slice(from, to))}**`;
      at = to;
    }
    return `> ${line}${escapedPart(snippet.slice(at))}`;
  });
  return lines.length === 0 ? [] : [lines.join("\n>\n")];
}

function heading(message: MessageView, speaker: string): string {
  const { parts, number, timestamp, model } = message;
  const name = escaped(headingWords(parts, speaker).words);
  const { date, time } = localTime(timestamp);
  const facts = [`${number}. ${name}`, `${date} ${time}`.trim(), printable(model ?? ""), placeWords(message)];
  return `## ${facts.filter((fact) => fact !== "").join(" · ")}`;
}

function peerBlocks(word: PeerWord, named: boolean): string[] {
  const about = peerLine(word, named);
  const said = printableLines(word.text.trim());
  return [...(about === "" ? [] : [`**${escaped(about)}**`]), ...(said === "" ? [] : [said])];
}

function partBlocks(part: Exclude<Part, { kind: "call" | "result" | "peer" }>, options: RenderOptions): Block[] {
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
      return part.command.includes("\n") ? fenced(textLines(part.command), "sh", options) : [code(`! ${part.command}`)];
    case "output":
      return outputBlocks(part, textLines, "console", options);
    case "notice":
      return [quoted(part.text)];
    case "boundary":
      return [`---`, `*${escaped(part.text)}*`];
    case "summary":
      return ["*Summary of the conversation so far:*", ...fenced(textLines(part.text), "markdown", options)];
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

function callBlocks(call: Call, cwd: string | undefined, options: RenderOptions): string[] {
  const view = viewCall(call.name, call.input, cwd);
  return [callTitle(call, cwd), ...fenced(view.lines, view.language, options)];
}

function resultBlocks(result: Result, call: Call | undefined, options: RenderOptions): Block[] {
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

/** Renders output. Where some has a file of its own, adds that with `full`, or else says how to see it. */
function outputBlocks(
  output: JoinedTexts,
  view: (text: string) => Lines<ToolLine>,
  language: string,
  options: RenderOptions,
): Block[] {
  if (output.spilled === undefined) return fenced(view(output.text), language, options);
  const blocks: Block[] = [];
  for (const { text, spilled } of segmentsOf(output)) {
    const file = spilled && shownFile(spilled, options);
    if (file !== undefined) blocks.push(fencedWhole(file, language));
    else blocks.push(...fenced(view(text), language, options));
    if (spilled !== undefined && (file === undefined || spilled.cut)) {
      blocks.push(`*${escaped(spilledWords(spilled, "--full"))}*`);
    }
  }
  return blocks;
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

/** Puts lines into a fence that is longer than any in them; returns nothing for no lines. */
function fenced(all: Lines<ToolLine>, language: string, { full, left, marker }: RenderOptions): string[] {
  if (!hasLines(all)) return [];
  const shown: string[] = [];
  for (const piece of fold(all, full, marker && (({ text }) => marker(text).length > 0))) {
    if ("hidden" in piece) {
      shown.push(`… ${piece.hidden.toLocaleString("en")} more lines`);
      left.lines += piece.hidden;
      continue;
    }
    for (const { text } of piece.lines) {
      for (const line of printableLines(text).split("\n")) shown.push(cutLine(line, full, marker?.(line)[0]?.[0]));
    }
  }
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
export const escaped = (text: string): string => printable(text).replace(/[\\`*_[\]<>#|]/g, (letter) => `\\${letter}`);

/** Escapes a part of a line, and keeps the spaces at its ends. */
function escapedPart(text: string): string {
  const line = escaped(text);
  if (line === "") return text === "" ? "" : " ";
  return `${/^\s/.test(text) ? " " : ""}${line}${/\s$/.test(text) ? " " : ""}`;
}

/** Makes a code span of any text. */
function code(text: string): string {
  const line = printable(text);
  const longest = (line.match(/`+/g) ?? []).reduce((max, run) => Math.max(max, run.length), 0);
  const marks = "`".repeat(longest + 1);
  const space = longest > 0 ? " " : "";
  return marks + space + line + space + marks;
}
