import { dirname } from "node:path";
import { ANNOTATION, readKind } from "../../transcript/rows/row-kinds.ts";
import { RowScan } from "../../transcript/rows/json-scanner.ts";
import { visitLine } from "../../transcript/rows/row.ts";
import { cleanStaleTemps, replaceFile } from "../disk/atomic-write.ts";
import { FileLines } from "../disk/file-lines.ts";
import { close, isThere, makeDir, openReadNoFollow, statOpen } from "../disk/fs.ts";
import { ignoreDiskErrors } from "../errors.ts";
import { annotationPlacePath } from "../layout/paths.ts";
import type { ProjectDir } from "../types.ts";

/**
 * Writes next to a transcript after which offset our row is (transcript-format.md §3.4), since Claude Code does not repeat it
 * at the end, where a list would find it. Without that file only those who read everything have the row, which is no reason
 * to fail.
 */
export function writeAnnotationPlace(project: ProjectDir, sessionId: string, offset: number): void {
  const path = annotationPlacePath(project, sessionId);
  ignoreDiskErrors(() => {
    makeDir(dirname(path));
    replaceFile(path, Buffer.from(JSON.stringify({ annotationFrom: offset })));
    cleanStaleTemps(dirname(path));
  });
}

/** Corrects that file, if there is one, for a transcript with other contents. Reads the whole transcript. */
export function noteAnnotationPlace(project: ProjectDir, sessionId: string, transcript: string): void {
  if (!isThere(annotationPlacePath(project, sessionId))) return;
  const offset = lastAnnotation(transcript);
  if (offset !== undefined) writeAnnotationPlace(project, sessionId, offset);
}

function lastAnnotation(path: string): number | undefined {
  let found: number | undefined;
  ignoreDiskErrors(() => {
    const fd = openReadNoFollow(path);
    try {
      const lines = new FileLines(fd, { to: statOpen(fd).size });
      const scan = new RowScan();
      while (lines.step()) {
        while (lines.next()) {
          visitLine(lines.bytes, lines.start, lines.end, scan, {
            row: (start) => {
              if (readKind(lines.bytes, scan) === ANNOTATION) found = lines.offset + start - lines.start;
            },
          });
        }
      }
    } finally {
      close(fd);
    }
  });
  return found;
}
