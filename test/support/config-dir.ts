import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** A config dir of its own, with `projects/` in it, that goes when the test has ended. */
export function tempConfigDir(parent: string = os.tmpdir()): string {
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(parent, "claude-transcripts-")));
  fs.mkdirSync(path.join(dir, "projects"));
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A session id that tells its number: `sessionId(1)` ends in 1. */
export const sessionId = (n: number): string => `0aaaaaaa-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;

/** Rows of a small conversation. */
export const conversation = (id: string, ...texts: string[]): string =>
  texts
    .map((text, i) => {
      const uuid = (n: number): string => `${id.slice(0, 24)}${(n + 1).toString(16).padStart(12, "b")}`;
      const role = i % 2 === 0 ? "user" : "assistant";
      const content = role === "user" ? text : [{ type: "text", text }];
      return `${JSON.stringify({
        parentUuid: i === 0 ? null : uuid(i - 1),
        isSidechain: false,
        cwd: "/w",
        sessionId: id,
        type: role,
        message: { role, content },
        uuid: uuid(i),
        timestamp: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString(),
      })}\n`;
    })
    .join("");

/** Writes a file below a directory, with the directories on the way. Gives its path. */
export function put(dir: string, file: string, content: string | Uint8Array, { mtime, mode }: PutOptions = {}): string {
  const target = path.join(dir, file);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, content);
  if (mode !== undefined) fs.chmodSync(target, mode);
  if (mtime !== undefined) fs.utimesSync(target, mtime, mtime);
  return target;
}

interface PutOptions {
  /** Seconds since 1970. */
  readonly mtime?: number;
  readonly mode?: number;
}
