import { basename, dirname } from "node:path";
import { close, openReadNoFollow, statOpen } from "../../store/disk/fs.ts";
import { errnoOf } from "../../store/errors.ts";
import { projectDir, transcriptPath } from "../../store/layout/paths.ts";
import { scanChunks } from "../../store/read/scan-file.ts";
import { describeSubagents } from "../../store/read/subagents.ts";
import { TranscriptFile } from "../../store/read/transcript-file.ts";
import { readQueue } from "../../transcript/conversation/queue.ts";
import { type TextRow, TextRowReader } from "../scan/text-rows.ts";

/** A text in a row of the queue, or in the file of a stored output: the id of the message that shows it is elsewhere. */
export interface UnnamedPlace {
  /** The transcript, or the file of the output. */
  readonly path: string;
  /** Offset of the row in the transcript. */
  readonly off: number;
  readonly isStored: boolean;
}

/** What a message says of a text that it shows. */
export interface ShownText {
  readonly uuid?: string;
  /** Id of the message in the session where it was written. */
  readonly origin?: string | undefined;
  /** Members of the hit. */
  readonly facts: {
    readonly uuid?: string;
    readonly notShown?: string;
    readonly agentId?: string | undefined;
    readonly timestamp?: string | undefined;
    readonly toolUseId?: string | undefined;
  };
}

/**
 * Finds the messages that show texts whose own rows do not say it. Reads the transcript, once for all prompts in its queue, and
 * up to the row that names a stored output.
 */
export class ShownMessages {
  readonly #signal: AbortSignal | undefined;
  readonly #queues = new Map<string, ReadonlyMap<number, ShownText>>();
  readonly #outputs = new Map<string, ShownText | undefined>();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /**
   * Returns the message that shows a text; undefined if none is known, and "elsewhere" if another row has the text and is found
   * by itself. Throws `signal.reason` when aborted.
   */
  async find({ path, off, isStored }: UnnamedPlace): Promise<ShownText | "elsewhere" | undefined> {
    try {
      if (isStored) {
        if (!this.#outputs.has(path)) this.#outputs.set(path, await this.#ofOutput(path));
        return this.#outputs.get(path);
      }
      let queue = this.#queues.get(path);
      if (queue === undefined) this.#queues.set(path, (queue = await this.#ofQueue(path)));
      return queue.get(off) ?? "elsewhere";
    } catch (error) {
      // The file is gone since.
      if (errnoOf(error) === undefined) throw error;
      return undefined;
    }
  }

  /** Returns the prompts that only the queue has, by the offset of their row. */
  async #ofQueue(path: string): Promise<ReadonlyMap<number, ShownText>> {
    const found = new Map<number, ShownText>();
    const file = await TranscriptFile.open(path, this.#signal);
    try {
      const { queue } = file.index;
      const { prompts, takenBack } = readQueue(file.index, file.load);
      for (const { text } of prompts) {
        const uuid = queue.idOf(text);
        found.set(queue.offset[text] as number, { uuid, origin: uuid, facts: { uuid } });
      }
      for (const i of takenBack) found.set(queue.offset[i] as number, { facts: { notShown: TAKEN_BACK } });
    } finally {
      file.close();
    }
    return found;
  }

  /** Returns the message whose output is in a file: it is the first that names the file. */
  async #ofOutput(path: string): Promise<ShownText | undefined> {
    const name = basename(path);
    const sidecars = dirname(dirname(path));
    const [sessionId, key] = [basename(sidecars), basename(dirname(sidecars))];
    const configDir = dirname(dirname(dirname(sidecars)));
    const main = transcriptPath(projectDir(configDir, key), sessionId);
    const inMain = await this.#rowNaming(main, name);
    if (inMain !== undefined) return shownIn(inMain, inMain.agentId);
    const agents = await describeSubagents(sessionId, { configDirs: [configDir], includeLegacy: true });
    for (const { agentId, layout, path: file } of agents) {
      const row = layout === "inline" ? undefined : await this.#rowNaming(file, name);
      if (row !== undefined) return shownIn(row, agentId);
    }
    return undefined;
  }

  /** Returns the first row of a transcript with an output of a tool or a command that names a file. */
  async #rowNaming(path: string, name: string): Promise<TextRow | undefined> {
    const needle = JSON.stringify(name).slice(1, -1);
    const reader = new TextRowReader();
    const fd = openReadNoFollow(path);
    let found: TextRow | undefined;
    try {
      const visitor = {
        line: (bytes: Buffer, start: number, end: number): boolean =>
          found !== undefined || !bytes.subarray(start, end).includes(needle),
        row(bytes: Buffer, start: number, end: number, _: number, scan: Parameters<TextRowReader["read"]>[3]): void {
          const row = found === undefined ? reader.read(bytes, start, end, scan) : undefined;
          if (row?.uuid !== undefined && row.texts.some(({ column }) => column === "output")) found = row;
        },
      };
      for await (const _chunk of scanChunks(fd, visitor, { to: statOpen(fd).size, signal: this.#signal }))
        if (found !== undefined) break;
    } finally {
      close(fd);
    }
    return found;
  }
}

const TAKEN_BACK = "taken back before it was sent";

function shownIn({ uuid, timestamp, texts }: TextRow, agentId: string | undefined): ShownText {
  const outputs = texts.filter(({ column }) => column === "output");
  const toolUseId = outputs.length === 1 ? outputs[0]?.toolUseId : undefined;
  return {
    ...(uuid !== undefined && { uuid }),
    facts: { ...(uuid !== undefined && { uuid }), agentId, timestamp, toolUseId },
  };
}
