import { printable, printableLines } from "../terminal/terminal.ts";
import { cut } from "../terminal/width.ts";
import { cutLine, fold } from "./fold.ts";
import type { StoredOutput } from "../../store/read/tool-results.ts";
import { type Call, mediaText, type Media, type Output, type Part, type Result } from "../../view/parts.ts";
import { type JoinedTexts, segmentsOf, spilledWords, wholeText } from "../../view/spilled.ts";
import type { PeerWord } from "../../view/words.ts";
import type { Style } from "../terminal/style.ts";
import { textLines, type ToolLine, viewCall, viewResult } from "./tool-call.ts";
import {
  type About,
  CallPairs,
  headingWords,
  leftOutWords,
  type Marker,
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
import { type Lines, LineText, printableBlocks } from "./lines.ts";
import { linesOf } from "./whole.ts";
import { localTime } from "../terminal/time.ts";
import { wrap } from "../terminal/wrap.ts";

interface TextOptions extends RenderOptions {
  readonly style: Style;
  /** Width to wrap lines to; undefined: not wrapped. */
  readonly width: number | undefined;
  /** Command that continues the session, to show at the end. */
  readonly resume?: string | undefined;
}

/** Renders a conversation as sanitised text for a terminal or a file. */
export const textRenderer = (options: TextOptions): Renderer => new TextWriter(options);

const BAR = "  │ ";

/** Adds lines to a `LineText`, and yields its text when it is full. */
type Printing = Generator<string, void>;

class TextWriter implements Renderer {
  readonly #options: TextOptions;
  readonly #style: Style;
  readonly #calls = new CallPairs();
  #day = "";
  #model = "";
  /** Word for whoever speaks to the model. A subagent's conversation is with another agent. */
  #speaker = "You";

  constructor(options: TextOptions) {
    this.#options = options;
    this.#style = options.style;
  }

  head(about: About): string {
    const { sessionId, cwd, gitBranch, subagent } = about;
    if (subagent !== undefined) this.#speaker = "Prompt";
    const whose = subagent === undefined ? "" : `subagent ${subagent.agentId} of `;
    const facts = [sessionId && whose + sessionId, cwd, gitBranch, ...countsOf(about), tagMarks(about)];
    const known = facts
      .map((fact) => printable(fact ?? ""))
      .filter((fact) => fact !== "")
      .join(" · ");
    // The title may be the first prompt, which is shown in full below.
    const called = this.#style.title(cut(printable(nameOf(about) ?? ""), this.#options.width ?? Infinity));
    const described = this.#wrap(printable(about.description ?? ""));
    const lines = [called, ...described, ...this.#wrap(known).map(this.#style.dim)].filter((line) => line !== "");
    return `${lines.join("\n")}\n`;
  }

  foot({ subagents }: About): string {
    const words = leftOutWords(this.#options.left);
    const names = subagents.map(({ agentId, description }) =>
      printable(description === undefined ? agentId : `${agentId} (${description})`),
    );
    const notes = [
      ...(words.length > 0 ? [`Not shown: ${words.join(", ")}.`] : []),
      ...(names.length > 0 ? [`Subagents, shown by --subagent ID: ${names.join(", ")}.`] : []),
    ];
    const lines = notes.flatMap((note) => this.#wrap(note)).map(this.#style.dim);
    const { resume } = this.#options;
    // Not wrapped, so that it can be copied.
    if (resume !== undefined) lines.push(`${this.#style.dim("Continue it with:")} ${resume}`);
    return lines.length === 0 ? "" : `\n${lines.join("\n")}\n`;
  }

  *message(message: MessageView): Printing {
    const out = new LineText();
    out.add("");
    out.add(this.#heading(message));
    const { sender } = headingWords(message.parts, "");
    let isFirst = true;
    for (const { part, call, isBelow, isOpen } of this.#calls.pair(message)) {
      // The output of a command is right below it.
      if (!isFirst && !isBelow && part.kind !== "output") out.add("");
      isFirst = false;
      if (part.kind === "call") {
        yield* this.#call(part, message.cwd, out);
        if (isOpen) out.add(this.#style.dim(BAR + NO_RESULT));
      } else if (part.kind === "result") {
        if (!isBelow) out.add(this.#callLine("Result of ", call?.call, call?.cwd));
        yield* this.#result(part, call?.call, out);
      } else if (part.kind === "output") yield* this.#output(part, out);
      else if (part.kind === "peer") yield* this.#peer(part, part.from === sender, out);
      else yield* this.#part(part, out);
    }
    for (const { snippet, marks } of (message.found?.matches ?? []).filter(({ file }) => file !== undefined)) {
      if (this.#options.full) break;
      out.add("");
      out.add(this.#style.dim("Found in the rest of the output:"));
      for (const line of this.#markedLines(snippet, marks, BAR.length)) out.add(this.#style.dim(BAR) + line);
    }
    yield* out.take();
  }

  #heading(message: MessageView): string {
    const { parts, number, timestamp, model } = message;
    const { user, assistant, strong } = this.#style;
    const { speaker, words } = headingWords(parts, this.#speaker);
    const style = speaker === "user" ? user : speaker === "assistant" ? assistant : strong;
    const name = style(printable(words));
    const { date, time } = localTime(timestamp);
    const when = date === this.#day ? time : `${date} ${time}`.trim();
    if (date !== "") this.#day = date;
    // The model is shown when it changes.
    const by = model === undefined || model === this.#model ? "" : printable(model);
    this.#model = model ?? this.#model;
    const facts = [`#${number}`, when, by, placeWords(message)].filter((fact) => fact !== "");
    return name + this.#style.dim(` · ${facts.join(" · ")}`);
  }

  *#peer(word: PeerWord, named: boolean, out: LineText): Printing {
    const about = peerLine(word, named);
    if (about !== "") yield* this.#lines(about, this.#style.strong, out);
    yield* this.#prose(word.text, out);
  }

  *#part(part: Exclude<Part, { kind: "call" | "result" | "output" | "peer" }>, out: LineText): Printing {
    const { dim, strong } = this.#style;
    switch (part.kind) {
      case "text":
        return yield* this.#prose(part.text, out);
      case "thinking":
        out.add(dim("Thought:"));
        return yield* this.#lines(part.text, (line) => dim((BAR + line).trimEnd()), out, BAR.length);
      case "command":
        return yield* this.#lines(`${part.name} ${part.args}`.trim(), strong, out);
      case "shell":
        return yield* this.#lines(`! ${part.command}`, strong, out);
      case "notice":
        return yield* this.#folded(textLines(part.text, part.level === "error" ? "failed" : "plain"), out, "");
      case "boundary":
        return out.add(dim(`──── ${printable(part.text)} ────`));
      case "summary":
        out.add(dim("Summary of the conversation so far:"));
        return yield* this.#folded(textLines(part.text), out);
      case "hidden":
        return yield* this.#lines(part.text, dim, out);
      case "image":
      case "document":
      case "other":
        return out.add(this.#media(part));
      default:
        return part satisfies never;
    }
  }

  #media = (media: Media): string => this.#style.dim(`[${printable(mediaText(media))}]`);

  *#call(call: Call, cwd: string | undefined, out: LineText): Printing {
    out.add(this.#callLine("", call, cwd));
    yield* this.#folded(viewCall(call.name, call.input, cwd).lines, out);
  }

  #callLine(before: string, call: Call | undefined, cwd: string | undefined): string {
    const { tool, dim } = this.#style;
    if (call === undefined) return `${dim("●")} ${before}${tool("a call that is not in this transcript")}`;
    const title = printable(viewCall(call.name, call.input, cwd).title);
    const [first = "", ...more] = this.#wrap(`${before}${printable(call.name)} ${title}`.trim(), 4);
    const name = before + printable(call.name);
    return [`${dim("●")} ${tool(name)}${first.slice(name.length)}`, ...more.map((line) => `    ${line}`)].join("\n");
  }

  *#result(result: Result, call: Call | undefined, out: LineText): Printing {
    const { agentId, media, failed } = result;
    const lines = (text: string): Lines<ToolLine> =>
      viewResult(call?.name ?? "", call?.input ?? {}, { ...result, text });
    yield* this.#outputLines(result, lines, failed ? "failed" : "plain", out);
    for (const one of media) out.add(this.#style.dim(BAR) + this.#media(one));
    if (agentId !== undefined) {
      out.add(this.#style.dim(`${BAR}its conversation: --subagent ${printable(agentId)}`));
    }
  }

  #output(output: Output, out: LineText): Printing {
    const tone = output.errors ? "failed" : "plain";
    return this.#outputLines(output, (text) => textLines(text, tone), tone, out);
  }

  /** Renders output. Where some has a file of its own, adds that with `full`, or else says how to see it. */
  *#outputLines(
    output: JoinedTexts,
    lines: (text: string) => Lines<ToolLine>,
    tone: ToolLine["tone"],
    out: LineText,
  ): Printing {
    if (output.spilled === undefined) return yield* this.#folded(lines(output.text), out);
    for (const { text, spilled } of segmentsOf(output)) {
      const file = spilled && shownFile(spilled, this.#options);
      if (file !== undefined) yield* this.#whole(file, tone, out);
      else yield* this.#folded(lines(text), out);
      if (spilled !== undefined && (file === undefined || spilled.cut)) {
        out.add(this.#style.dim(BAR + spilledWords(spilled, "--full")));
      }
    }
  }

  *#whole(file: StoredOutput, tone: ToolLine["tone"], out: LineText): Printing {
    yield* out.take();
    const bar = this.#style.dim(BAR);
    let open = false;
    for (const { lines, continues, unfinished } of linesOf(wholeText(file))) {
      let text = "";
      for (const [at, line] of lines.entries()) {
        const last = at === lines.length - 1;
        if (continues && at === 0) text += this.#tone(printableLines(line), tone);
        // The terminal wraps lines that are so long.
        else if (last && unfinished) text += bar + this.#tone(printableLines(line), tone);
        else text += this.#toolLine(line, tone).join("\n");
        if (!last || !unfinished) text += "\n";
      }
      open = unfinished;
      yield text;
    }
    if (open) yield "\n";
  }

  /** Renders output, without its middle if it is long. */
  *#folded(lines: Lines<ToolLine>, out: LineText, bar: string = BAR): Printing {
    const { full, left, marker } = this.#options;
    const isWanted = marker && (({ text }: ToolLine): boolean => marker(text).length > 0);
    for (const piece of fold(lines, full, isWanted)) {
      if ("hidden" in piece) {
        const { hidden } = piece;
        out.add(this.#style.dim(`${bar}… ${hidden.toLocaleString("en")} more lines`));
        left.lines += hidden;
        continue;
      }
      for (const { text, tone } of piece.lines) {
        for (const line of this.#toolLine(text, tone, bar)) out.add(line);
        if (out.isFull) yield* out.take();
      }
    }
  }

  /** Sanitises, cuts and wraps a line of output. */
  #toolLine(text: string, tone: ToolLine["tone"], bar: string = BAR): string[] {
    const shown: string[] = [];
    for (const line of printableLines(text.endsWith("\r") ? text.slice(0, -1) : text).split("\n")) {
      for (const part of this.#marked(cutLine(line, this.#options.full, this.#placeIn(line)), bar.length)) {
        const { dim } = this.#style;
        shown.push(part === "" ? dim(bar.trimEnd()) : dim(bar) + this.#tone(part, tone));
      }
    }
    return shown;
  }

  #tone(text: string, tone: ToolLine["tone"]): string {
    return tone === "plain" ? text : this.#style[tone](text);
  }

  /** Renders Markdown as it was written. Styles headings and code, and wraps only prose. */
  *#prose(text: string, out: LineText): Printing {
    const { dim, place, strong } = this.#style;
    let code = false;
    for (const lines of printableBlocks(text.trim())) {
      for (const line of lines) {
        const isFence = /^\s*(?:```|~~~)/.test(line);
        if (isFence) code = !code;
        if (isFence) out.add(dim(line));
        else if (code) out.add(place(this.#marked(line, 0, false).join("")));
        else if (/^\s*\|/.test(line)) out.add(this.#marked(line, 0, false).join(""));
        else if (/^#{1,6} /.test(line)) for (const part of this.#marked(line)) out.add(strong(part));
        else for (const part of this.#marked(line)) out.add(part);
      }
      if (out.isFull) yield* out.take();
    }
  }

  *#lines(text: string, style: (line: string) => string, out: LineText, indent = 0): Printing {
    for (const lines of printableBlocks(text.trim())) {
      for (const line of lines) for (const part of this.#marked(line, indent)) out.add(style(part));
      if (out.isFull) yield* out.take();
    }
  }

  /** Returns the index of what was looked for in a long line. */
  #placeIn(line: string): number {
    return this.#options.marker?.(line)[0]?.[0] ?? 0;
  }

  /** Wraps a line, with the places of what was looked for marked. */
  #marked(line: string, indent = 0, wraps = true): string[] {
    const { marker } = this.#options;
    return this.#markedLines(line, marker?.(line) ?? [], indent, wraps);
  }

  #markedLines(line: string, marks: ReturnType<Marker>, indent: number, wraps = true): string[] {
    const parts = wraps ? this.#wrap(line, indent) : [line];
    if (marks.length === 0) return parts;
    let from = 0;
    return parts.map((part) => {
      // Wrapping loses spaces only.
      const start = Math.max(from, line.indexOf(part, from));
      from = start + part.length;
      return withMarks(part, marks, start, this.#style.match);
    });
  }

  #wrap(line: string, indent = 0): string[] {
    const { width } = this.#options;
    return width === undefined ? [line] : wrap(line, width - indent);
  }
}

/** Marks the ranges of a line in a part of it that begins at `start`. */
function withMarks(part: string, marks: ReturnType<Marker>, start: number, style: (text: string) => string): string {
  let text = "";
  let at = 0;
  for (const [from, to] of marks) {
    const [first, last] = [Math.max(at, from - start), Math.min(part.length, to - start)];
    if (last <= first) continue;
    text += part.slice(at, first) + style(part.slice(first, last));
    at = last;
  }
  return text + part.slice(at);
}
