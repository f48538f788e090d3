import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { exportSessions } from "../../../src/bundle/export/export-sessions.ts";
import { importSessions } from "../../../src/bundle/import/import-sessions.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { SECRET_KINDS } from "../../support/planted-secrets.ts";
import { readBundle } from "../../support/unpack.ts";

const ID = sessionId(1);
const { secret } = (SECRET_KINDS["github-token"] as (n: number) => { secret: string })(3);

/** Exports a session with these files, masked, and imports the bundle. Returns the manifest and what the import placed. */
async function carried(
  names: readonly string[],
  { users, homes = [] }: { readonly users: readonly string[]; readonly homes?: readonly string[] },
): Promise<{ paths: string[]; manifest: string; imported: string[] }> {
  const configDir = tempConfigDir();
  for (const name of names)
    if (name.endsWith("-link")) fs.symlinkSync("nowhere", path.join(configDir, name));
    else put(configDir, name, name.endsWith(".jsonl") ? conversation(ID, "hi", "hello") : "text\n");
  const out = path.join(tempConfigDir(), "bundle.tar.gz");
  await exportSessions({ sessionIds: [ID], configDirs: [configDir], out, redact: { homes, users, hosts: [] } });
  const { manifest, files } = await readBundle(out);
  const target = tempConfigDir();
  await importSessions({ from: out, configDir: target, cwd: target });
  const imported = fs
    .readdirSync(target, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll(path.sep, "/"))
    .filter((name) => name.endsWith(`${ID}.jsonl`));
  return { paths: [...files.keys()], manifest: JSON.stringify(manifest), imported };
}

describe("names in a masked bundle", () => {
  const OWN = [`projects/-w/${ID}.jsonl`, `projects/-w/agent-a1.jsonl`, `projects/-w/${ID}/tool-results/a.txt`];

  test.for([["agent"], [ID.slice(0, 8)], ["projects"], [ID.slice(-12)]])(
    "that the format makes stay, although a user is called %s",
    async ([user]) => {
      const { paths, imported } = await carried(OWN, { users: [user as string] });
      expect(paths.filter((name) => !name.includes("tool-results"))).toEqual(
        OWN.filter((name) => !name.includes("tool-results")).sort(),
      );
      expect(imported).toHaveLength(1);
    },
  );

  test("are not the same for two directories whose names are masked alike", async () => {
    const homes = ["/home/ada", "/home/bob"];
    const names = ["ada", "bob"].map((name) => `projects/-home-${name}-w/${ID}.jsonl`);
    const { paths } = await carried(names, { users: [], homes });
    expect(paths).toEqual([`projects/-redacted-home-w-2/${ID}.jsonl`, `projects/-redacted-home-w/${ID}.jsonl`]);
  });
});

test.runIf(process.platform === "linux")(
  "the reasons why files are left out of a masked bundle are masked, and so are their names",
  async () => {
    const dir = `projects/-home-ada-acme/${ID}/tool-results`;
    const names = [`projects/-home-ada-acme/${ID}.jsonl`, `${dir}/${secret}.txt`, `${dir}/a.txt`];
    const left = [`${dir}/A.TXT`, `${dir}/${secret}-link`];
    const { manifest } = await carried([...names, ...left], { users: ["ada"], homes: ["/home/ada"] });
    expect(manifest).toContain("where case does not count");
    expect(manifest).not.toMatch(new RegExp(`ada|${secret}`, "i"));
  },
);
