import { removeTree } from "../../store/disk/dir-tree.ts";
import { ignoreDiskErrors } from "../../store/errors.ts";

/** Files and directories that an export has not finished, or uses for itself only. */
const unfinished = new Set<string>();

/** Runs `act`, during which something unfinished is at a path. `act` removes it, or gives it its name. */
export async function whileUnfinished<T>(path: string, act: () => Promise<T>): Promise<T> {
  unfinished.add(path);
  try {
    return await act();
  } finally {
    unfinished.delete(path);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `act`, and removes what is unfinished if a signal ends the process meanwhile, or the process ends itself. For programs that end
 * by signals: the signal is raised again, with nobody to handle it. What a `kill -9` leaves, the next export removes.
 */
export async function removingUnfinished<T>(act: () => Promise<T>): Promise<T> {
  const remove = (): void => {
    for (const path of unfinished) ignoreDiskErrors(() => removeTree(path));
  };
  const ended = (signal: NodeJS.Signals): void => {
    remove();
    for (const one of SIGNALS) process.off(one, ended);
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, ended);
  process.on("exit", remove);
  try {
    return await act();
  } finally {
    for (const signal of SIGNALS) process.off(signal, ended);
    process.off("exit", remove);
  }
}
