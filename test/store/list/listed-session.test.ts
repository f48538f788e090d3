import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { projectDir } from "../../../src/store/layout/paths.ts";
import { listedSession } from "../../../src/store/list/listed-session.ts";
import { listSessionPage } from "../../../src/store/list/list-session-page.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

describe("one session", () => {
  test("is as a page of all sessions shows it", async () => {
    const configDir = tempConfigDir();
    put(configDir, `projects/-w/${sessionId(1)}.jsonl`, conversation(sessionId(1), "hello", "hi"));
    put(
      configDir,
      `projects/-w/${sessionId(2)}.jsonl`,
      `${conversation(sessionId(2), "old")}{"type":"custom-title","customTitle":"[archived] old","sessionId":"${sessionId(2)}"}\n`,
    );
    const { sessions } = await listSessionPage({ configDirs: [configDir], archived: "include" });
    expect(sessions.length).toBe(2);
    for (const session of sessions) {
      expect(listedSession({ sessionId: session.sessionId, project: projectDir(configDir, "-w") })).toEqual(session);
    }
  });

  test("is none if it is missing, empty or a link", () => {
    const configDir = tempConfigDir();
    put(configDir, `projects/-w/${sessionId(1)}.jsonl`, "");
    put(configDir, "elsewhere.jsonl", conversation(sessionId(2), "hello"));
    fs.symlinkSync(
      path.join(configDir, "elsewhere.jsonl"),
      path.join(configDir, "projects", "-w", `${sessionId(2)}.jsonl`),
    );
    const project = projectDir(configDir, "-w");
    for (const n of [1, 2, 3]) expect(listedSession({ sessionId: sessionId(n), project })).toBeUndefined();
  });
});
