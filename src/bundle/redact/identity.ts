import { homedir, hostname, userInfo } from "node:os";
import { basename } from "node:path";
import { realOrSelf } from "../../store/disk/platform.ts";
import { attempt } from "../../store/errors.ts";
import { sanitizePath } from "../../store/layout/project-key.ts";

/** What tells whose sessions they are. */
export interface Identity {
  /** Absolute paths. */
  readonly homes: readonly string[];
  readonly users: readonly string[];
  readonly hosts: readonly string[];
}

/** Names of accounts and machines that tell nothing of anybody, and are words of other texts. */
const GENERIC = new Set(
  "admin administrator app build builder ci claude codespace coder container debian default dev developer docker ec2-user git guest home host jenkins local localhost mac node nobody public root runner server shared test ubuntu user users vagrant vscode work www-data".split(
    " ",
  ),
);

const isTelling = (name: string): boolean => name.length > 1 && !GENERIC.has(name.toLowerCase());

/** Returns who runs this process, and where. */
export function ownIdentity(env: Readonly<Record<string, string | undefined>> = process.env): Identity {
  const info = attempt(() => userInfo());
  const homes = [homedir(), info?.homedir ?? "", env["HOME"] ?? "", env["USERPROFILE"] ?? ""];
  const users = [info?.username ?? "", ...["USER", "LOGNAME", "USERNAME", "SUDO_USER"].map((name) => env[name] ?? "")];
  const host = attempt(() => hostname()) ?? "";
  return complete({
    homes: homes.flatMap((home) => (home === "" ? [] : [home, realOrSelf(home)])),
    users,
    hosts: [host, env["COMPUTERNAME"] ?? ""],
  });
}

/** Home directories by their usual places; of other machines too. */
const USUAL_HOME = /^(?:\/(?:var\/)?home\/[^/]+|\/Users\/[^/]+|[A-Za-z]:[\\/]Users[\\/][^\\/]+)(?=[\\/]|$)/;

/** Returns whose a directory is, by its path. */
export function identityOfPath(path: string): Identity {
  const [home] = USUAL_HOME.exec(path) ?? [];
  return complete({ homes: home === undefined ? [] : [home], users: [], hosts: [] });
}

/** Adds the names that paths and hosts have in them; the longest first, so that none is masked in part. */
export function complete(...identities: readonly Identity[]): Identity {
  const longestFirst = (names: readonly string[]): string[] =>
    [...new Set(names)].filter((name) => name !== "").sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const homes = identities.flatMap(({ homes }) => homes).map((home) => home.replace(/(?<=.)[\\/]+$/, ""));
  const named = homes.map((home) => basename(home.replaceAll("\\", "/")));
  const users = [...identities.flatMap(({ users }) => users), ...named].filter(isTelling);
  const hosts = identities.flatMap(({ hosts }) => hosts);
  return {
    homes: longestFirst(homes.filter((home) => home.length > 2)),
    // Project keys have the names with other signs.
    users: longestFirst(users.flatMap((user) => [user, sanitizePath(user)]).filter(isTelling)),
    hosts: longestFirst(hosts.flatMap((host) => [host, host.split(".")[0] ?? ""]).filter(isTelling)),
  };
}
