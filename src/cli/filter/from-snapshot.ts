import type { Options } from "../terminal/command.ts";

/** Option of the commands that read sessions. It changes which config dirs the command gets. */
export const FROM_SNAPSHOT: Options = {
  "from-snapshot": {
    type: "boolean",
    help: "Read the copies that 'snapshot' keeps, which also has sessions that are gone.",
  },
};

/** Returns the snapshots of config dirs, which are read like config dirs. Throws `InvalidArgument` if there is none. */
export async function snapshotsOf(configDirs: readonly string[] | undefined): Promise<readonly string[]> {
  const { existingSnapshots } = await import("../../store/snapshot/snapshot-dir.ts");
  const snapshots = existingSnapshots(configDirs);
  if (snapshots.length > 0) return snapshots;
  const { resolveConfigDirs } = await import("../../store/layout/config-dir.ts");
  const { InvalidArgumentError } = await import("../../store/errors.ts");
  const dirs = resolveConfigDirs({ configDirs }).join(", ");
  throw new InvalidArgumentError(
    "from-snapshot",
    `There is no snapshot in ${dirs}`,
    "'claude-transcripts snapshot' makes one. One in another place is read with --config-dir.",
  );
}
