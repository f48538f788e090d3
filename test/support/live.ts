import fs from "node:fs";
import { put } from "./config-dir.ts";

/** Writes the note that a CLI keeps of the session it has open; this process stands for the CLI. */
export function openByThisProcess(configDir: string, id: string): void {
  const stat = fs.existsSync("/proc/self/stat") ? fs.readFileSync("/proc/self/stat", "utf8") : "";
  const procStart = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  put(configDir, `sessions/${process.pid}.json`, JSON.stringify({ pid: process.pid, sessionId: id, procStart }));
}
