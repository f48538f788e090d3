/** `node --import ./preload.mjs child.mjs <library> <function> <arguments> <waits>` (JSON): one call, and what it came to. */
const [, , library, name, args, waits = '{"quietMs":0}'] = process.argv;
// The library loads it when it is needed; the calls that load a module are not those of a writer.
if (["deleteSession", "moveProject", "saveSession"].includes(name)) await import("fast-glob");
if (name === "importSessions") await Promise.all([import("modern-tar"), import("node:zlib")]);
const { [name]: call, timing } = await import(library);
if (timing !== undefined) Object.assign(timing, JSON.parse(waits));
killPoints.arm();
const began = performance.now();
let outcome;
try {
  outcome = { value: await call(...JSON.parse(args)) };
} catch (error) {
  outcome = { error: `${error.code}: ${error.message}` };
}
const ms = performance.now() - began;
const calls = killPoints.done();
process.stdout.write(JSON.stringify({ ...outcome, calls, ms }));
