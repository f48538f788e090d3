import { snapshot } from "./snapshot.ts";
import type { Ran } from "./run-cli.ts";

/** Runs a command line, and says also whether everything below a directory is as it was. */
export function runUnchanged(dir: string, run: () => Ran): Ran & { readonly isUnchanged: boolean } {
  const before = JSON.stringify(snapshot(dir));
  const ran = run();
  return { ...ran, isUnchanged: JSON.stringify(snapshot(dir)) === before };
}

/** What a refused command line prints and does. `message`: what is on stderr. */
export const refused = (stderr: unknown, status = 2): object => ({ status, stdout: "", stderr, isUnchanged: true });
