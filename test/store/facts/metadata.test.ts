import { describe, expect, test } from "vitest";
import { forkTitle } from "../../../src/store/facts/metadata.ts";
import { findSession } from "../../../src/store/projects/find-copies.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { assistant, jsonl, type Row, user } from "../../support/rows.ts";

const ID = sessionId(1);
const p = user(1, null, "p");
const title = (customTitle: string): Row => ({ type: "custom-title", customTitle });
const ai: Row = { type: "ai-title", aiTitle: "AI" };
const filler: Row[] = Array.from({ length: 200 }, () => ({ type: "x", pad: "y".repeat(980) }));

describe("forkTitle (official-helpers.md §6.6)", () => {
  test.each<[what: string, rows: readonly Row[], name: string, sidecar?: string]>([
    ["the title", [p, title("T"), ai], "T"],
    ["the AI title", [p, ai], "AI"],
    ["the first prompt", [p], "p"],
    ["the command, where nothing else was typed", [user(1, null, "<command-name>/init</command-name>")], "/init"],
    ["what there always is", [assistant(1, null), { type: "last-prompt", lastPrompt: "LP" }], "Forked session"],
    ["no title that was taken away", [p, title("T"), title("")], "p", "Side"],
    ["the sidecar", [p, ai], "Side", "Side"],
    ["a title row before the sidecar", [p, title("T"), ...filler], "T", "Side"],
    ["a title between the windows", [p, ...filler, title("T"), ...filler], "T"],
    ["a prompt behind the window", [assistant(1, null), ...filler, user(2, 1, "late")], "late"],
  ])("is %s", (_what, rows, name, sidecar) => {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${ID}.jsonl`, jsonl(rows));
    if (sidecar !== undefined)
      put(dir, `projects/-a/${ID}/custom-title.json`, JSON.stringify({ customTitle: sidecar }));
    const copy = findSession(ID, { configDirs: [dir] });
    if (copy === undefined) throw new Error("not found");
    expect(forkTitle(copy)).toBe(name);
  });

  test("takes the titles that its caller has seen", () => {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${ID}.jsonl`, jsonl([p, ...filler, title("T"), ...filler]));
    const copy = findSession(ID, { configDirs: [dir] });
    if (copy === undefined) throw new Error("not found");
    expect(forkTitle(copy, { customTitle: "seen" })).toBe("seen");
    expect(forkTitle(copy, {})).toBe("p");
  });
});
