import { printable, printableLines } from "../terminal/terminal.ts";
import { cut } from "../terminal/width.ts";
import { cutLine, fold } from "./fold.ts";
import { apartWords } from "../../view/messages.ts";
import type { StoredOutput } from "../../store/read/tool-results.ts";
import { type Call, mediaText, type Media, type Output, type Part, type Result } from "../../view/parts.ts";
import { spilledWords, wholeText } from "../../view/spilled.ts";
import type { PeerWord } from "../../view/words.ts";
import type { Style } from "../terminal/style.ts";
import { type ToolLine, viewCall, viewResult } from "./tool-call.ts";
import {
  type About,
  headingWords,
  type LeftOut,
  leftOutWords,
  localTime,
  type MessageView,
  type Renderer,
} from "./message-view.ts";
import { joinedLines, printableBlocks } from "./lines.ts";
import { linesOf } from "./whole.ts";
import { wrap } from "../terminal/wrap.ts";

export interface TextOptions {
  readonly style: Style;
  /** Lines are wrapped to so many cells; absent: as they are. */
  readonly width: number | undefined;
  readonly full: boolean;
  readonly left: LeftOut;
  /** What to type to go on with the session, for a person. */
  readonly goOn?: string | undefined;
}

/** A conversation for a terminal, or for a file to read. No part of it makes a terminal do anything but show it. */
export function textRenderer(options: TextOptions): Renderer {
  const writer = new TextWriter(options);
  return {
    head: (about) => `${writer.head(about).join("\n")}\n`,
    message: (message) => writer.message(message),
    foot(about) {
      const lines = writer.foot(about);
      return lines.length === 0 ? "" : `\n${lines.join("\n")}\n`;
    },
  };
}

const BAR = "  │ ";

/** Lines of a message, made when they are printed; or text that is too long to be held, in pieces that end with lines. */
type Block = { readonly lines: Iterable<string> } | Generator<string>;
const block = (lines: Iterable<string>): Block => ({ lines });

class TextWriter {
  readonly #options: TextOptions;
  readonly #style: Style;
  /** Calls whose result has not come yet: it may stand in a later message. */
  readonly #open = new Map<string, { call: Call; cwd: string | undefined }>();
  #day = "";
  #model = "";
  /** Who speaks to the model: in a subagent's conversation it is the one that started it. */
  #speaker = "You";

  constructor(options: TextOptions) {
    this.#options = options;
    this.#style = options.style;
  }

  head({ sessionId, title, cwd, gitBranch, messages, subagent }: About): string[] {
    const name = subagent === undefined ? title : (subagent.description ?? `Subagent ${subagent.agentId}`);
    if (subagent !== undefined) this.#speaker = "Prompt";
    const whose = subagent === undefined ? "" : `subagent ${subagent.agentId} of `;
    const count = messages === 1 ? "1 message" : `${messages} messages`;
    const facts = [sessionId && whose + sessionId, cwd, gitBranch, count].map((fact) => printable(fact ?? ""));
    const known = facts.filter((fact) => fact !== "").join(" · ");
    // A prompt may stand in for a title, and stands below in full.
    const called = this.#style.title(cut(printable(name ?? ""), this.#options.width ?? Infinity));
    return [called, ...this.#wrap(known).map(this.#style.dim)].filter((line) => line !== "");
  }

  foot({ subagents }: About): string[] {
    const words = leftOutWords(this.#options.left);
    const names = subagents.map(({ agentId, description }) =>
      printable(description === undefined ? agentId : `${agentId} (${description})`),
    );
    const lines = [
      ...(words.length > 0 ? [`Not shown: ${words.join(", ")}.`] : []),
      ...(names.length > 0 ? [`Subagents, shown by --subagent ID: ${names.join(", ")}.`] : []),
    ];
    const { goOn } = this.#options;
    return [
      ...lines.flatMap((line) => this.#wrap(line)).map(this.#style.dim),
      // Not wrapped: it is there to be copied.
      ...(goOn === undefined ? [] : [`${this.#style.dim("Continue it with:")} ${goOn}`]),
    ];
  }

  *message(message: MessageView): Generator<string> {
    yield "\n";
    for (const block of this.#blocks(message)) yield* "lines" in block ? joinedLines(block.lines) : block;
  }

  #blocks(message: MessageView): Block[] {
    const { parts, cwd } = message;
    const results = new Map<string, Result>();
    for (const part of parts) {
      if (part.kind === "call") this.#open.set(part.id, { call: part, cwd });
      if (part.kind === "result") results.set(part.id, part);
    }
    const blocks: Block[] = [block([this.#heading(message)])];
    const { sender } = headingWords(parts, "");
    const done = new Set<Part>();
    for (const part of parts) {
      if (done.has(part)) continue;
      // What a command printed belongs right below it.
      if (blocks.length > 1 && part.kind !== "output") blocks.push(block([""]));
      if (part.kind === "call") {
        blocks.push(block(this.#call(part, cwd)));
        const result = results.get(part.id);
        if (result === undefined || done.has(result)) continue;
        done.add(result);
        blocks.push(...this.#result(result, part));
        this.#open.delete(part.id);
      } else if (part.kind === "result") {
        const call = this.#open.get(part.id);
        this.#open.delete(part.id);
        blocks.push(block([this.#callLine("Result of ", call?.call, call?.cwd)]), ...this.#result(part, call?.call));
      } else if (part.kind === "output") blocks.push(...this.#output(part));
      else if (part.kind === "peer") blocks.push(block(this.#peer(part, part.from === sender)));
      else blocks.push(block(this.#part(part)));
    }
    return blocks;
  }

  #heading(message: MessageView): string {
    const { parts, number, timestamp, model, compacted } = message;
    const { user, assistant, strong } = this.#style;
    const { speaker, words } = headingWords(parts, this.#speaker);
    const style = speaker === "user" ? user : speaker === "assistant" ? assistant : strong;
    const name = style(printable(words));
    const { date, time } = localTime(timestamp);
    const when = date === this.#day ? time : `${date} ${time}`.trim();
    if (date !== "") this.#day = date;
    const where = apartWords(message) || (compacted ? "compacted" : "");
    // Said where it changes.
    const by = model === undefined || model === this.#model ? "" : printable(model);
    this.#model = model ?? this.#model;
    const facts = [`#${number}`, when, by, where].filter((fact) => fact !== "");
    return name + this.#style.dim(` · ${facts.join(" · ")}`);
  }

  /** `named`: the heading says whose words they are. */
  *#peer({ from, summary, text }: PeerWord, named: boolean): Generator<string> {
    const about = [named ? "" : `From ${from}`, summary ?? ""].filter((fact) => fact !== "").join(": ");
    if (about !== "") yield* this.#lines(about, this.#style.strong);
    yield* this.#prose(text);
  }

  #part(part: Exclude<Part, { kind: "call" | "result" | "output" | "peer" }>): Iterable<string> {
    const { dim, strong } = this.#style;
    switch (part.kind) {
      case "text":
        return this.#prose(part.text);
      case "thinking":
        return after(
          dim("Thought:"),
          this.#lines(part.text, (line) => dim((BAR + line).trimEnd()), BAR.length),
        );
      case "command":
        return this.#lines(`${part.name} ${part.args}`.trim(), strong);
      case "shell":
        return this.#lines(`! ${part.command}`, strong);
      case "notice":
        return this.#folded(toolLines(part.text, part.level === "error" ? "failed" : "plain"), "");
      case "boundary":
        return [dim(`──── ${printable(part.text)} ────`)];
      case "summary":
        return after(dim("Summary of the conversation so far:"), this.#folded(toolLines(part.text)));
      case "hidden":
        return this.#lines(part.text, dim);
      case "image":
      case "document":
      case "other":
        return [this.#media(part)];
      default:
        return part satisfies never;
    }
  }

  #media = (media: Media): string => this.#style.dim(`[${printable(mediaText(media))}]`);

  #call(call: Call, cwd: string | undefined): Iterable<string> {
    const { lines } = viewCall(call.name, call.input, cwd);
    return after(this.#callLine("", call, cwd), this.#folded(lines));
  }

  #callLine(before: string, call: Call | undefined, cwd: string | undefined): string {
    const { tool, dim } = this.#style;
    if (call === undefined) return `${dim("●")} ${before}${tool("a call that is not in this transcript")}`;
    const title = printable(viewCall(call.name, call.input, cwd).title);
    const [first = "", ...more] = this.#wrap(`${before}${printable(call.name)} ${title}`.trim(), 4);
    const name = before + printable(call.name);
    return [`${dim("●")} ${tool(name)}${first.slice(name.length)}`, ...more.map((line) => `    ${line}`)].join("\n");
  }

  #result(result: Result, call: Call | undefined): Block[] {
    const { agentId, media, failed } = result;
    const lines = (text: string): readonly ToolLine[] =>
      viewResult(call?.name ?? "", call?.input ?? {}, { ...result, text });
    return [
      ...this.#outputBlocks(result, lines, failed ? "failed" : "plain"),
      block(media.map((one) => this.#style.dim(BAR) + this.#media(one))),
      block(agentId === undefined ? [] : [this.#style.dim(`${BAR}its conversation: --subagent ${printable(agentId)}`)]),
    ];
  }

  /** What a command or bash mode printed. */
  #output(output: Output): Block[] {
    const tone = output.errors ? "failed" : "plain";
    return this.#outputBlocks(output, (text) => toolLines(text, tone), tone);
  }

  /** Output, and what stands in a file of its own, where it is asked for; or else how to see that. */
  #outputBlocks(
    { text, spilled }: Pick<Result, "text" | "spilled">,
    lines: (text: string) => readonly ToolLine[],
    tone: ToolLine["tone"],
  ): Block[] {
    const { full, left } = this.#options;
    if (spilled === undefined) return [block(this.#folded(lines(text)))];
    const { file, to } = spilled;
    const line = block([this.#style.dim(BAR + spilledWords(spilled, "--full"))]);
    if (file === undefined) left.missingOutputs++;
    else if (!full) left.spilled++;
    if (file === undefined || !full) return [block(this.#folded(lines(text))), line];
    return [this.#whole(file, tone), ...(spilled.cut ? [line] : []), block(this.#folded(lines(text.slice(to))))];
  }

  *#whole(file: StoredOutput, tone: ToolLine["tone"]): Generator<string> {
    const bar = this.#style.dim(BAR);
    let open = false;
    for (const { lines, continues, unfinished } of linesOf(wholeText(file))) {
      let text = "";
      for (const [at, line] of lines.entries()) {
        const last = at === lines.length - 1;
        if (continues && at === 0) text += this.#tone(printableLines(line), tone);
        // What is so long is left to the terminal to break.
        else if (last && unfinished) text += bar + this.#tone(printableLines(line), tone);
        else text += this.#toolLine({ text: line, tone }).join("\n");
        if (!last || !unfinished) text += "\n";
      }
      open = unfinished;
      yield text;
    }
    if (open) yield "\n";
  }

  /** Output, with its middle left out where it is long. */
  *#folded(lines: readonly ToolLine[], bar: string = BAR): Generator<string> {
    const { full, left } = this.#options;
    const { head, hidden, tail } = fold(lines, full);
    for (const line of head) yield* this.#toolLine(line, bar);
    if (hidden > 0) yield this.#style.dim(`${bar}… ${hidden.toLocaleString("en")} more lines`);
    for (const line of tail) yield* this.#toolLine(line, bar);
    left.lines += hidden;
  }

  #toolLine(line: ToolLine, bar: string = BAR): string[] {
    return clean(line).flatMap(({ text, tone }) =>
      this.#wrap(cutLine(text, this.#options.full), bar.length).map((part) =>
        part === "" ? this.#style.dim(bar.trimEnd()) : this.#style.dim(bar) + this.#tone(part, tone),
      ),
    );
  }

  #tone(text: string, tone: ToolLine["tone"]): string {
    return tone === "plain" ? text : this.#style[tone](text);
  }

  /** Markdown as it was written: headings and code stand out, and only what is prose is wrapped. */
  *#prose(text: string): Generator<string> {
    let code = false;
    for (const lines of printableBlocks(text.trim())) {
      for (const line of lines) {
        const isFence = /^\s*(?:```|~~~)/.test(line);
        if (isFence) code = !code;
        if (isFence) yield this.#style.dim(line);
        else if (code) yield this.#style.place(line);
        else if (/^\s*\|/.test(line)) yield line;
        else if (/^#{1,6} /.test(line)) yield* this.#wrap(line).map(this.#style.strong);
        else yield* this.#wrap(line);
      }
    }
  }

  *#lines(text: string, style: (line: string) => string, indent = 0): Generator<string> {
    for (const lines of printableBlocks(text.trim())) {
      for (const line of lines) for (const part of this.#wrap(line, indent)) yield style(part);
    }
  }

  #wrap(line: string, indent = 0): string[] {
    const { width } = this.#options;
    return width === undefined ? [line] : wrap(line, width - indent);
  }
}

function* after(first: string, rest: Iterable<string>): Generator<string> {
  yield first;
  yield* rest;
}

function toolLines(text: string, tone: ToolLine["tone"] = "plain"): ToolLine[] {
  const trimmed = text.trim();
  return trimmed === "" ? [] : trimmed.split("\n").map((line) => ({ text: line, tone }));
}

/** A line without what a terminal would obey; what ends a line for it makes two of it. */
const clean = ({ text, tone }: ToolLine): ToolLine[] =>
  printableLines(text.endsWith("\r") ? text.slice(0, -1) : text)
    .split("\n")
    .map((line) => ({ text: line, tone }));
