import fs from "node:fs";
import path from "node:path";
import { conversation, put, sessionId } from "./config-dir.ts";

/** The session that is deleted, and another that must not be touched. */
export const ID = sessionId(1);
export const OTHER = sessionId(2);

/** Paths of all that belongs to `ID` in `fillConfigDir`, as a manifest names them, transcripts first. */
export const OWN = [
  `projects/-b/${ID}.jsonl`,
  `projects/-a/${ID}.jsonl`,
  `projects/-stub/${ID}.jsonl`,
  `projects/-a/${ID}`,
  `projects/-a/${ID}.desktop-released.json`,
  `projects/-a/agent-0001.jsonl`,
  `file-history/${ID}`,
  `security_warnings_state_${ID}.json`,
  `session-env/${ID}`,
  `tasks/${ID}`,
  `todos/${ID}-agent-${ID}.json`,
  `todos/${ID}.json`,
  `uploads/${ID}`,
  `usage-data/facets/${ID}.json`,
  `jobs/${ID.slice(0, 8)}`,
];

/** A config dir in which a session has everything that one can have, beside another that has the same. */
export function fillConfigDir(dir: string): void {
  for (const [id, n] of [
    [ID, "1"],
    [OTHER, "2"],
  ] as const) {
    put(dir, `projects/-a/${id}.jsonl`, conversation(id, "hi", "hello"), { mtime: 1_800_000_100.123456, mode: 0o600 });
    put(dir, `projects/-b/${id}.jsonl`, conversation(id, "older"), { mtime: 1_800_000_000.5, mode: 0o640 });
    put(dir, `projects/-stub/${id}.jsonl`, "", { mtime: 1_800_000_200 });
    put(dir, `projects/-a/${id}/subagents/agent-x.jsonl`, conversation(id, "sub"), { mtime: 1_700_000_000 });
    put(dir, `projects/-a/${id}/subagents/agent-x.meta.json`, "{}");
    put(dir, `projects/-a/${id}/tool-results/.hidden`, "hidden", { mode: 0o400 });
    put(dir, `projects/-a/${id}/archived.json`, '{"archived":true}', { mode: 0o600 });
    fs.mkdirSync(path.join(dir, "projects", "-a", id, "empty"), { mode: 0o700 });
    fs.symlinkSync("../../../history.jsonl", path.join(dir, "projects", "-a", id, "link"));
    put(dir, `projects/-a/${id}.desktop-released.json`, "{}");
    put(dir, `projects/-a/agent-000${n}.jsonl`, `not json\n${conversation(id, "x".repeat(100_000))}`);
    put(dir, `file-history/${id}/abc@v1`, "old");
    put(dir, `session-env/${id}/env.sh`, "export A=1", { mode: 0o755 });
    put(dir, `todos/${id}-agent-${id}.json`, "[]");
    put(dir, `todos/${id}.json`, "[]");
    put(dir, `tasks/${id}/1.json`, "{}");
    put(dir, `uploads/${id}/picture.png`, Buffer.from([0, 255, 10]));
    put(dir, `usage-data/facets/${id}.json`, "{}");
    put(dir, `security_warnings_state_${id}.json`, "[]", { mode: 0o600 });
  }
  // The ids begin alike; the state says whose it is.
  put(dir, `jobs/${ID.slice(0, 8)}/state.json`, JSON.stringify({ sessionId: ID, state: "done" }));
  put(dir, "history.jsonl", `{"display":"hi","sessionId":"${ID}"}\n`, { mtime: 1_800_000_000 });
  put(dir, `projects/-a/${ID}.jsonl.bak`, "a copy that somebody made");
  put(dir, `projects/-a/agent-none.jsonl`, "no rows");
  put(dir, `projects/-a/memory/MEMORY.md`, "remember");
  put(dir, `todos/${OTHER}-agent-${ID}.json`, "[]");
  put(dir, "settings.json", "{}");
  put(dir, "plans/warm-fox.md", "a plan");
  put(dir, `backups/${ID}.jsonl`, "another copy that somebody made");
}
