import { RowScan } from "../../transcript/rows/json-scanner.ts";
import { visitLine } from "../../transcript/rows/row.ts";
import { NEWLINE } from "../../transcript/rows/line-splitter.ts";
import { close, openReadNoFollow, readAt, statOpen } from "../../store/disk/fs.ts";
import { FileKind } from "../schema/schema.ts";
import type { RowText } from "../extract/row-texts.ts";
import { FORM_BYTES, storedForm, textOfStored } from "../extract/stored-form.ts";
import type { LineTest } from "./byte-probe.ts";
import { type TextRow, TextRowReader } from "./text-rows.ts";
import type { ToolNames } from "../query/text-scope.ts";

/** Bytes of a file that hold texts. */
export interface TextRange {
  readonly path: string;
  readonly kind: FileKind;
  /** Id of the subagent that the file is of. */
  readonly agentId: string | undefined;
  readonly off: number;
  readonly len: number;
}

/** Longest range that is read, bytes: rows of many megabytes are images, mostly. */
const RANGE_BYTES = 64 * 1024 * 1024;
/** How far before a result its call is looked for, bytes: it is mostly the row before. */
const CALL_REACHES = [16 * 1024, 256 * 1024, 4 * 1024 * 1024];
/** Longest id of a call. */
const ID_UNITS = 200;
/** Open files at a time. */
const OPEN_FILES = 32;

/** A row with its place. */
export interface ReadRow extends TextRow {
  /** Offset in the file. */
  readonly at: number;
}

/** Reads ranges of files again. Keeps files open, so that a page opens each once. `close` it. */
export class SegmentReader {
  /** Bytes read so far. */
  bytes = 0;
  readonly #open = new Map<string, number>();
  readonly #scan = new RowScan();
  readonly #reader = new TextRowReader();
  #buffer = Buffer.alloc(0);

  /**
   * Returns the rows in the range that have texts. `mayHave`: which lines to parse, if not all. Empty if the file changed or
   * is too long there. Throws file-system errors.
   */
  rows(range: TextRange, mayHave?: LineTest): ReadRow[] {
    const { kind, agentId, off, len } = range;
    if (len > RANGE_BYTES) return [];
    if (kind === FileKind.spilled) return [{ ...storedRow(this.#storedText(range)), at: off }];
    const bytes = this.#read(range.path, off, len);
    const rows: ReadRow[] = [];
    for (let at = 0; at < bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline;
      if (mayHave?.(bytes, at, end) !== false)
        this.#readLine(bytes, at, end, (row, from) => {
          rows.push({ ...row, agentId: agentId ?? row.agentId, at: off + from });
        });
      at = end + 1;
    }
    return rows;
  }

  #storedText({ path, off, len }: TextRange): string {
    const head = this.#read(path, 0, FORM_BYTES).toString("utf8");
    const form = storedForm(statOpen(this.#fdOf(path)).size, head);
    return textOfStored(this.#read(path, off, len).toString("utf8"), form, off);
  }

  #readLine(bytes: Buffer, start: number, end: number, visit: (row: TextRow, from: number) => void): void {
    visitLine(bytes, start, end, this.#scan, {
      row: (from, to, scan) => {
        const row = this.#reader.read(bytes, from, to, scan);
        if (row !== undefined) visit(row, from);
      },
    });
  }

  /**
   * Returns the tool that a text is of. The call of a result stands before it, mostly in the row before. `at`: offset of the
   * text's row. `tools`: those that were read so far.
   */
  toolOf(text: RowText, tools: ToolNames, { path, kind }: TextRange, at: number): string | undefined {
    const known = tools.nameOf(text);
    const { toolUseId } = text;
    if (known !== undefined || toolUseId === undefined || kind === FileKind.spilled || toolUseId.length > ID_UNITS)
      return known;
    const id = Buffer.from(`"id":${JSON.stringify(toolUseId)}`);
    for (const reach of CALL_REACHES) {
      const from = Math.max(0, at - reach);
      const bytes = this.#read(path, from, at - from);
      const found = bytes.lastIndexOf(id);
      const start = found < 0 ? -1 : bytes.lastIndexOf(NEWLINE, found) + 1;
      if (start > 0 || (start === 0 && from === 0)) {
        this.#readLine(bytes, start, bytes.indexOf(NEWLINE, found), (row) => {
          for (const one of row.texts) tools.nameOf(one);
        });
        return tools.nameOf(text);
      }
      if (from === 0) return undefined;
    }
    return undefined;
  }

  /** Returns bytes, valid until the next call; fewer if the file ends before. Throws file-system errors. */
  #read(path: string, off: number, len: number): Buffer {
    const fd = this.#fdOf(path);
    if (this.#buffer.length < len)
      this.#buffer = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(Math.max(len, 65536))));
    const have = readAt(fd, this.#buffer.subarray(0, len), off);
    this.bytes += have;
    return this.#buffer.subarray(0, have);
  }

  #fdOf(path: string): number {
    let fd = this.#open.get(path);
    if (fd === undefined) {
      if (this.#open.size >= OPEN_FILES) this.close();
      this.#open.set(path, (fd = openReadNoFollow(path)));
    }
    return fd;
  }

  close(): void {
    for (const fd of this.#open.values()) close(fd);
    this.#open.clear();
  }
}

/** Returns the text of an output of a tool that has its own file, or of a piece of it, as a row. */
export function storedRow(text: string): TextRow {
  const texts = [{ column: "output", role: "assistant", text, tool: undefined, toolUseId: undefined } as const];
  const unknown = {
    uuid: undefined,
    timestamp: undefined,
    messageId: undefined,
    agentId: undefined,
    origin: undefined,
  };
  return { ...unknown, isQueued: false, texts };
}
