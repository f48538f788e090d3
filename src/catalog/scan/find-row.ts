import { openRead, close, statOpen } from "../../store/disk/fs.ts";
import { scanChunks } from "../../store/read/scan-file.ts";
import { asString, membersOf } from "../../transcript/rows/json-values.ts";
import { parseRow } from "../../transcript/rows/row.ts";
import { type TextRow, TextRowReader } from "./text-rows.ts";

/** A row of a transcript with its texts. */
export interface RowInFile extends TextRow {
  /** Ids of the row before it and of the tool call that it belongs to. */
  readonly near: readonly string[];
}

/**
 * Finds a row by its uuid, also one that is not part of the conversation: a note to the model, or a subagent's row inside a
 * `progress` row. Reads the transcript up to it. Throws file-system errors, and `signal.reason` when aborted.
 */
export async function findRow(
  path: string,
  uuid: string,
  signal: AbortSignal | undefined,
): Promise<RowInFile | undefined> {
  const needle = JSON.stringify(uuid);
  const reader = new TextRowReader();
  const fd = openRead(path);
  let found: RowInFile | undefined;
  try {
    const chunks = scanChunks(
      fd,
      {
        line: (bytes, start, end) => found !== undefined || !bytes.subarray(start, end).includes(needle),
        row(bytes, start, end, _, scan) {
          const row = reader.read(bytes, start, end, scan);
          if (row?.uuid !== uuid) return;
          const { parentUuid, parentToolUseID, data } = parseRow(bytes, start, end) ?? {};
          const near = [membersOf(membersOf(data)["message"])["parentUuid"], parentToolUseID, parentUuid];
          found = { ...row, near: near.map(asString).filter((id) => id !== undefined) };
        },
      },
      { to: statOpen(fd).size, signal },
    );
    for await (const _chunk of chunks) if (found !== undefined) break;
  } finally {
    close(fd);
  }
  return found;
}
