/** However files are looked at, the same is found; only when they are opened differs. */
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { activityOf } from "../../../src/store/facts/activity-of-file.ts";
import type { Candidate } from "../../../src/store/facts/candidate.ts";
import { type Candidates, listCandidates, type LookOptions } from "../../../src/store/facts/stat-transcripts.ts";
import { listSessionPage } from "../../../src/store/list/list-session-page.ts";
import { projectDir } from "../../../src/store/layout/paths.ts";
import { canRefuseLinks } from "../../../src/store/disk/platform.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { jsonl, user } from "../../support/rows.ts";

const DAY = Date.UTC(2026, 0, 1);
/** After everything that is said in these sessions, seconds since 1970. */
const COPIED = Date.UTC(2026, 5, 1) / 1000;
/** As many as are looked at before it is decided to look inside. */
const FIRST = 16;
/** Of these so many are looked into for that. */
const LOOKED_INTO = 8;
const FILES = 400;
const PROJECTS = 3;

/** When something was said in session `n`, epoch ms: in no order. */
const saidAt = (n: number): number => DAY + ((n * 7919) % 100_003) * 1000;

/** Session `n`, written to when something was said in it, or at `mtime`, seconds since 1970. */
function add(dir: string, n: number, mtime?: number, said = saidAt(n)): string {
  const rows = [user(n, null, `p${n}`, { timestamp: new Date(said).toISOString() }), { type: "cost-state" }];
  return put(dir, `projects/-${n % PROJECTS}/${sessionId(n)}.jsonl`, jsonl(rows), { mtime: mtime ?? said / 1000 });
}

function store(mtimeOf: (n: number) => number | undefined): string {
  const dir = tempConfigDir();
  for (let n = 0; n < FILES; n++) add(dir, n, mtimeOf(n));
  return dir;
}

const look = (dir: string, options?: LookOptions): Promise<Candidates> =>
  listCandidates(
    Array.from({ length: PROJECTS }, (_, i) => ({ project: projectDir(dir, `-${i}`) })),
    options,
  );

const readIn = ({ candidates }: Candidates): number =>
  candidates.filter(({ activity }) => !Number.isNaN(activity)).length;
const withoutActivity = ({ candidates, skipped }: Candidates): object => ({
  candidates: candidates.map(({ path: file, lastModified, project, matchedDir, ...one }: Candidate) => ({
    ...one,
    path: file,
    lastModified,
    project,
    matchedDir,
    activity: NaN,
  })),
  skipped,
});

describe("looking inside", () => {
  test("is done in a copied store, and finds what looking from outside finds", async () => {
    const dir = store(() => COPIED);
    // In place of the last files: nothing, a directory, and links.
    const [empty, folder, link, gone] = [FILES - 1, FILES - 2, FILES - 3, FILES - 4].map((n) => add(dir, n)) as [
      string,
      string,
      string,
      string,
    ];
    fs.truncateSync(empty);
    for (const file of [folder, link, gone]) fs.rmSync(file);
    fs.mkdirSync(folder);
    fs.symlinkSync(add(dir, 1, COPIED), link);
    fs.symlinkSync(path.join(dir, "nowhere"), gone);

    const inside = await look(dir, { lookInside: true });
    const outside = await look(dir);
    expect(withoutActivity(inside)).toEqual(withoutActivity(outside));
    expect(outside.skipped.map(({ path: file, reason }) => [file, reason]).sort()).toEqual(
      [
        [folder, "not_a_file"],
        [gone, "link"],
        [link, "link"],
      ].sort(),
    );
    expect(readIn(outside)).toBe(0);
    expect(readIn(inside)).toBe(FILES - 4 - FIRST + LOOKED_INTO);
    for (const candidate of inside.candidates) {
      expect(activityOf(candidate)).toBe(saidAt(Number.parseInt(candidate.sessionId.slice(-12), 16)));
    }
  });

  test.each<[what: string, mtimeOf: (n: number) => number | undefined, options: LookOptions]>([
    ["where files were written to when something was said", () => undefined, { lookInside: true }],
    ["of files that are too old to be wanted", () => COPIED, { lookInside: true, since: COPIED * 1000 + 1 }],
    ["unless it is asked for", () => COPIED, { since: 0 }],
  ])("is not done %s", async (_what, mtimeOf, options) => {
    expect(readIn(await look(store(mtimeOf), options))).toBeLessThan(LOOKED_INTO);
  });

  test("ends where the copied part of a store does", async () => {
    // The last project is in use: as soon as one of its sessions was read, the others need not be.
    const dir = tempConfigDir();
    for (let n = 0; n < FILES; n++) {
      if (n % PROJECTS < PROJECTS - 1) add(dir, n, COPIED);
      else add(dir, n, undefined, (COPIED + FILES - n) * 1000);
    }
    const found = await look(dir, { lookInside: true });
    const copied = found.candidates.filter(({ lastModified }) => lastModified === COPIED * 1000).length;
    expect(readIn(found)).toBe(copied - FIRST + LOOKED_INTO + 1);
    expect(withoutActivity(found)).toEqual(withoutActivity(await look(dir)));
  });

  test("gives the pages of the sessions in their order", async () => {
    const dir = store(() => COPIED);
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listSessionPage({ configDirs: [dir], limit: 130, cursor });
      expect(page.total).toBe(FILES);
      ids.push(...page.sessions.map((session) => session.sessionId));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    const numbers = Array.from({ length: FILES }, (_, n) => n);
    expect(ids).toEqual(numbers.sort((a, b) => saidAt(b) - saidAt(a)).map(sessionId));
  });
});

test("links can be refused where the system knows how", () => {
  expect((["linux", "darwin", "win32"] as const).map((platform) => canRefuseLinks(platform))).toEqual([
    true,
    true,
    false,
  ]);
});
