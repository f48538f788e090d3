import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { bundle } from "./bundle.ts";

/** Runs a piece of code, with the library as `lib`, in processes of their own that begin it at one moment. */
export async function together(code: readonly string[], dir: string): Promise<unknown[]> {
  const gate = path.join(dir, "gate");
  const children = code.map((piece) => {
    const script = `import fs from "node:fs";
      import * as lib from ${JSON.stringify(bundle("test/kill/library.ts"))};
      await import("fast-glob");
      // However slow the machine is, nobody gives up.
      lib.timing.lockMs = 600_000;
      const where = { configDirs: [${JSON.stringify(dir)}] };
      const attempt = async (call) => { try { return await call; } catch (error) { return error.code ?? String(error); } };
      process.stdout.write(".");
      while (!fs.existsSync(${JSON.stringify(gate)}));
      process.stdout.write(JSON.stringify(await (async () => { ${piece} })()));`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      cwd: path.resolve(import.meta.dirname, "../.."),
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    const ready = new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
    child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
    const done = new Promise<unknown>((resolve, reject) => {
      child.on("close", (status) => (status === 0 ? resolve(JSON.parse(text.slice(1))) : reject(new Error(text))));
    });
    return { ready, done };
  });
  await Promise.all(children.map(({ ready }) => ready));
  fs.writeFileSync(gate, "");
  const outcomes = await Promise.all(children.map(({ done }) => done));
  fs.rmSync(gate);
  return outcomes;
}
