import path from "node:path";
import { describe, expect, test } from "vitest";
import { deletedFrom, readRetention, type Retention, withProjects } from "../../../src/store/retention/retention.ts";
import { put, tempConfigDir } from "../../support/config-dir.ts";

const DAY = 24 * 60 * 60 * 1000;

interface Files {
  /** Texts of settings files. */
  readonly user?: string;
  readonly remote?: string;
  readonly managed?: string;
  readonly parts?: Readonly<Record<string, string>>;
}

const days = (count: unknown, more: object = {}): string => JSON.stringify({ cleanupPeriodDays: count, ...more });

function read({ user, remote, managed, parts = {} }: Files): Retention & { readonly dir: string } {
  const [dir, managedDir] = [tempConfigDir(), tempConfigDir()];
  if (user !== undefined) put(dir, "settings.json", user);
  if (remote !== undefined) put(dir, "remote-settings.json", remote);
  if (managed !== undefined) put(managedDir, "managed-settings.json", managed);
  for (const [name, text] of Object.entries(parts)) put(managedDir, `managed-settings.d/${name}`, text);
  return { ...readRetention(dir, managedDir), dir };
}

test.for<[string, Files, Pick<Retention, "days" | "why">]>([
  ["no settings", {}, { days: 30, why: "default" }],
  ["settings without it", { user: "{}" }, { days: 30, why: "default" }],
  ["empty settings", { user: "\uFEFF \n" }, { days: 30, why: "default" }],
  ["the user's", { user: days(90) }, { days: 90, why: "settings" }],
  ["none that is allowed", { user: days(0) }, { days: undefined, why: "settings_invalid" }],
  ["a text", { user: days("90") }, { days: undefined, why: "settings_invalid" }],
  ["settings that are cut", { user: '{"cleanupPeriodDays": 9' }, { days: undefined, why: "settings_unreadable" }],
  ["a list", { user: "[]" }, { days: undefined, why: "settings_unreadable" }],
  ["the organisation's", { user: days(90), managed: days(7) }, { days: 7, why: "managed" }],
  ["the organisation's, by its server", { remote: days(5), managed: days(7) }, { days: 5, why: "managed" }],
  ["the last part", { managed: days(7), parts: { "a.json": days(8), "b.json": days(9) } }, { days: 9, why: "managed" }],
  ["the organisation's, although the user's are wrong", { user: "{", managed: days(7) }, { days: 7, why: "managed" }],
  ["the organisation's are wrong", { managed: days(-1) }, { days: undefined, why: "settings_invalid" }],
  ["the organisation says nothing of it", { user: days(90), managed: "{}" }, { days: 90, why: "settings" }],
])("%s", ([, files, expected]) => {
  expect(read(files)).toMatchObject(expected);
});

describe("settings of projects", () => {
  const project = (files: Readonly<Record<string, string>>): string => {
    const dir = tempConfigDir();
    for (const [name, text] of Object.entries(files)) put(dir, `.claude/${name}`, text);
    return dir;
  };

  test("are named if they differ; those that are not shared come first", async () => {
    const own = project({ "settings.json": days(60), "settings.local.json": days(5) });
    const shared = project({ "settings.json": days(60), "settings.local.json": "{}" });
    const same = project({ "settings.json": days(30) });
    const wrong = project({ "settings.json": days(0) });
    const { projects } = await withProjects(read({}), [
      own,
      shared,
      same,
      wrong,
      own,
      "relative",
      "//server/share",
      "/none",
    ]);
    expect(projects).toEqual([
      { directory: own, days: 5, settingsPath: path.join(own, ".claude/settings.local.json") },
      { directory: shared, days: 60, settingsPath: path.join(shared, ".claude/settings.json") },
      { directory: wrong, days: undefined, settingsPath: path.join(wrong, ".claude/settings.json") },
    ]);
  });

  test("count for nothing if the organisation decides, or nothing is deleted", async () => {
    const own = project({ "settings.json": days(5) });
    expect((await withProjects(read({ managed: days(7) }), [own])).projects).toEqual([]);
    expect((await withProjects(read({ user: "{" }), [own])).projects).toEqual([]);
  });
});

test.for<[string, Partial<Retention>, string[], number | undefined]>([
  ["after the days", { days: 30 }, ["cli"], 30],
  ["never", { days: undefined }, [], undefined],
  ["by the shortest of all projects", { days: 30, projects: [5, 60, undefined].map(of) }, ["cli"], 5],
  ["never, of the desktop application", { days: 30 }, ["claude-desktop"], undefined],
  ["of the desktop application, by its own limit", { days: 30, desktopDays: 90 }, ["cli", "claude-desktop"], 90],
])("a session goes %s", ([, retention, entrypoints, expected]) => {
  const whole = {
    days: 30,
    desktopDays: undefined,
    projects: [],
    why: "default",
    settingsPath: "",
    ...retention,
  } as const;
  expect(deletedFrom(whole, { mtimeMs: 1000, entrypoints })).toBe(expected && 1000 + expected * DAY);
});

function of(own: number | undefined): Retention["projects"][number] {
  return { directory: "/w", days: own, settingsPath: "/w/.claude/settings.json" };
}

test("the desktop application has a limit of its own, which is no shorter than the usual one", () => {
  const limit = { desktopSessionCleanupPeriodDays: 10 };
  expect(read({ user: days(5, limit) }).desktopDays).toBe(10);
  expect(read({ user: days(20, limit) }).desktopDays).toBe(20);
  expect(read({ managed: days(7) }).desktopDays).toBe(7);
  expect(read({ user: days(5) }).desktopDays).toBeUndefined();
});
