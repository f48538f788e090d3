import { ANNOTATION_PLACE_BYTES, ARCHIVED_MARK_BYTES, TITLE_FILE_BYTES } from "../../transcript/rows/limits.ts";
import type { SidecarFacts } from "../../transcript/summary/session-metadata.ts";
import { annotationFrom, markOfFile, titleOfFile } from "../../transcript/summary/sidecar-json.ts";
import type { Candidate } from "./candidate.ts";
import { openRead, openReadNoFollow, readBytes, statExact, statLink, statLinkExact, statOpen } from "../disk/fs.ts";
import { tryWithOpenFile } from "../disk/read-small-file.ts";
import { attempt } from "../errors.ts";
import { annotationPlacePath, archivedMarkPath, customTitlePath } from "../layout/paths.ts";

type Owner = Pick<Candidate, "project" | "sessionId" | "hasSidecars">;

/** The facts if there are no readable sidecars. */
export const NO_SIDECARS: SidecarFacts = { title: undefined, mark: undefined };

/** Reads `<id>/custom-title.json` and `<id>/archived.json`. Costs nothing if there is no `<id>`. */
export function readSidecarFacts({ project, sessionId, hasSidecars }: Owner): SidecarFacts {
  if (!hasSidecars) return NO_SIDECARS;
  // The official helpers follow a link to a title, but not to a mark.
  const title = readText(customTitlePath(project, sessionId), openRead, TITLE_FILE_BYTES);
  const mark = readText(archivedMarkPath(project, sessionId), openReadNoFollow, ARCHIVED_MARK_BYTES);
  return {
    title: title === undefined ? undefined : titleOfFile(title),
    mark: mark === undefined ? undefined : markOfFile(mark),
  };
}

/** Returns the offset after which our last row is (transcript-format.md §3.4), if a file next to the transcript has it. */
export function readAnnotationPlace({ project, sessionId, hasSidecars }: Owner): number | undefined {
  if (!hasSidecars) return undefined;
  const path = annotationPlacePath(project, sessionId);
  // Mostly there is none, and the error of opening it would cost ten times this look.
  if (attempt(() => statLink(path)) === undefined) return undefined;
  const text = readText(path, openReadNoFollow, ANNOTATION_PLACE_BYTES);
  return text === undefined ? undefined : annotationFrom(text);
}

/** Returns a text from the stats of the two files, which changes if one of them does; empty if neither exists. */
export function sidecarStamp({ project, sessionId, hasSidecars }: Owner): string {
  if (!hasSidecars) return "";
  const title = stampOf(customTitlePath(project, sessionId), statExact);
  const mark = stampOf(archivedMarkPath(project, sessionId), statLinkExact);
  return title === "" && mark === "" ? "" : `${title}|${mark}`;
}

function stampOf(path: string, stat: typeof statExact): string {
  const stats = attempt(() => stat(path));
  return stats === undefined ? "" : [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(" ");
}

/** Returns the text of a regular file of at most `limit` bytes; undefined for anything else. Never waits for a FIFO. */
const readText = (path: string, open: (path: string) => number, limit: number): string | undefined =>
  tryWithOpenFile(
    path,
    (fd) => {
      const stats = statOpen(fd);
      return stats.isFile() && stats.size <= limit ? readBytes(fd, stats.size).toString() : undefined;
    },
    open,
  );
