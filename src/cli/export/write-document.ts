import { chunksOf, knownBytes, openSourceFile } from "../../bundle/export/source-bytes.ts";
import type { WriteBytes } from "../../bundle/export/write-bundle.ts";
import { close } from "../../store/disk/fs.ts";
import { transcriptName } from "../../store/layout/paths.ts";
import type { Unread } from "../../store/read/unread.ts";
import { inTurns } from "../../store/timing.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import { unreadWords } from "../../view/unread-words.ts";
import { Messages } from "../../view/messages.ts";
import { type LeftOut, leftOutWords, nothingLeftOut, type Renderer } from "../render/message-view.ts";
import { select } from "../render/select.ts";
import { openSource } from "../show/show-source.ts";
import { writeMessages } from "../show/write-messages.ts";
import { makeStyle } from "../terminal/style.ts";
import type { Terminal } from "../terminal/command.ts";
import type { DocumentFormat } from "./export-formats.ts";
import type { ExportRequest } from "./export-options.ts";

/** A session as a document. */
export interface WrittenDocument {
  /** Undefined for the rows as they are. */
  readonly messages: number | undefined;
  readonly omitted: LeftOut | undefined;
  /** What the document leaves out, in words. */
  readonly leftOut: readonly string[];
}

export interface DocumentOptions extends Pick<ExportRequest, "thinking" | "branches"> {
  readonly format: DocumentFormat;
  readonly terminal: Terminal;
  /** Path to name in the document. Default: that of the transcript. */
  readonly shownPath?: string | undefined;
  /** What the transcript has that its masked copy has not. */
  readonly unread?: Unread | undefined;
}

/** Writes a session as a document, as `show --full` does. Holds a message at a time. */
export async function writeDocument(
  copy: TranscriptCopy,
  options: DocumentOptions,
  write: WriteBytes,
): Promise<WrittenDocument> {
  if (options.format === "jsonl") return writeRows(copy, options.unread, write);
  const { format, terminal, thinking, branches, shownPath, unread } = options;
  const isJson = format === "json";
  const selection = { from: undefined, last: undefined, around: undefined, context: 0, branches, current: false };
  const filter = { roles: undefined, thinking: thinking || isJson, hidden: isJson };
  const invocation = {
    positionals: [copy.sessionId],
    configDirs: [copy.project.configDir],
    values: {},
    json: isJson,
    terminal: {
      ...terminal,
      isTty: false,
    },
  };
  const source = await openSource(invocation, { subagent: undefined, format: isJson ? "json" : "text", selection });
  try {
    const { open } = source;
    const messages = await Messages.of(open);
    const left = nothingLeftOut(unread ?? open.unread);
    const { numbers } = select(open, messages, selection, filter, left);
    const about = shownPath === undefined ? source.about : { ...source.about, path: shownPath };
    const renderer = await rendererOf(format, left);
    const text = new TextOutput(write);
    await writeMessages(
      { open, about, messages, numbers, renderer, left, filterOf: () => filter, roles: undefined, saysEmpty: !isJson },
      (piece) => text.write(piece),
    );
    await text.end();
    const subagents = about.subagents.length;
    const words = [
      ...leftOutWords(left),
      ...(subagents === 0 ? [] : [counted(subagents, "conversation of subagents")]),
    ];
    return { messages: messages.count, omitted: left, leftOut: words };
  } finally {
    source.open.close();
  }
}

const counted = (count: number, what: string): string =>
  `${count} ${count === 1 ? what : what.replace("conversation", "conversations")}`;

async function rendererOf(format: Exclude<DocumentFormat, "jsonl">, left: LeftOut): Promise<Renderer> {
  const options = { full: true, left };
  switch (format) {
    case "json":
      return (await import("../render/json.ts")).jsonRenderer(options);
    case "markdown":
      return (await import("../render/markdown.ts")).markdownRenderer(options);
    case "txt": {
      const { textRenderer } = await import("../render/text.ts");
      return textRenderer({ ...options, style: makeStyle(false), width: undefined });
    }
  }
}

/** Writes the transcript as it is. `unread`: what a masked copy does not have. */
async function writeRows(
  copy: TranscriptCopy,
  unread: Unread | undefined,
  write: WriteBytes,
): Promise<WrittenDocument> {
  const file = { from: copy.path, path: transcriptName(copy.sessionId), bytes: copy.size, isTranscript: true };
  const { bytes } = await inTurns(knownBytes(file));
  const fd = openSourceFile(file);
  try {
    for (const chunk of chunksOf(fd, bytes)) await write(chunk);
  } finally {
    close(fd);
  }
  return {
    messages: undefined,
    omitted: unread && nothingLeftOut(unread),
    leftOut: unread === undefined ? [] : unreadWords(unread),
  };
}

const BATCH_UNITS = 64 * 1024;

/** Joins short texts: each write is a system call. */
class TextOutput {
  readonly #write: WriteBytes;
  #pieces: string[] = [];
  #units = 0;

  constructor(write: WriteBytes) {
    this.#write = write;
  }

  async write(text: string): Promise<true> {
    this.#pieces.push(text);
    this.#units += text.length;
    if (this.#units >= BATCH_UNITS) await this.end();
    return true;
  }

  async end(): Promise<void> {
    const bytes = Buffer.from(this.#pieces.join(""));
    this.#pieces = [];
    this.#units = 0;
    if (bytes.length > 0) await this.#write(bytes);
  }
}
