import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { tempConfigDir } from "../../support/config-dir.ts";
import { connectMcpHere } from "../../support/mcp-client.ts";
import { ONE, store } from "../../support/mcp-store.ts";
import { readBundle } from "../../support/unpack.ts";

test("a session is written into new files of the directory that the user gave", async () => {
  const exportDir = path.join(tempConfigDir(), "projects");
  const { call } = await connectMcpHere(store(), { exportDir });
  const first = await call("export_session", { session: ONE.slice(0, 8) });
  const file = first.structured?.["path"] as string;
  expect(first.text).toContain(`Exported 11111111 to ${file}, `);
  expect(path.dirname(file)).toBe(exportDir);
  expect((await readBundle(file)).manifest.sessions.map(({ sessionId }) => sessionId)).toEqual([ONE]);
  for (const n of [2, 3]) {
    const again = await call("export_session", { session: ONE, redact: true });
    expect(again.structured?.["path"]).toBe(file.replace(".tar.gz", `-${n}.tar.gz`));
    expect(again.text).toContain("Masked: nothing.");
  }
  expect(fs.readdirSync(exportDir)).toHaveLength(3);
});

test.for([
  [{}, false],
  [{ exportDir: "/", readOnly: true }, false],
  [{ exportDir: "/", tools: ["list_sessions"] }, false],
  [{ exportDir: "/", tools: ["export_session"] }, true],
  [{ exportDir: "/" }, true],
] as const)("with %j, it is offered: %s", async ([options, isOffered]) => {
  const { client } = await connectMcpHere(store(), options);
  const { tools } = await client.listTools();
  expect(tools.some(({ name }) => name === "export_session")).toBe(isOffered);
});
