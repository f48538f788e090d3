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
  "admin administrator app build builder ci claude codespace coder container debian default desktop dev developer docker ec2-user example git guest home host imac jenkins laptop linuxbrew local localhost mac macbook me myuser name nas node nobody pc pi public raspberrypi root router runner server shared someone somebody test ubuntu user user1 username users vagrant vm vscode work workstation www-data you yourname yourusername".split(
    " ",
  ),
);

const isTelling = (name: string): boolean => name.length > 1 && !GENERIC.has(name.toLowerCase());

/** Names that are also words, months or parts of options: they are masked in paths only. */
const WORDS = new Set(
  "account agent all alpha apps april art august base beta bill bin book bot branch bundle cache chase client code config corp data date dean demo display docs edit file files grant guy install june lib line log mail main mark master may max min month none only page pat path project projects repo rich sh site skip src staff star string sun summer system temp tests time tmp tools type usr van var web will worker workspace".split(
    " ",
  ),
);
/** Reports whether a name is masked wherever it stands as a word. */
const isName = (user: string): boolean => isTelling(user) && !WORDS.has(user.toLowerCase()) && !/^[\d._-]+$/.test(user);

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

const NAME = "[\\p{L}\\p{N}_][\\p{L}\\p{N}_.-]{0,60}?";
const ENDS = "(?=$|[^\\p{L}\\p{N}_.-]|\\.(?![\\p{L}\\p{N}]))";
/** Home directories by their usual places, of other machines too; and of some with a directory for each domain. */
const HOME = `(?:/(?:(?:var|export|usr|net|data|nfs)/)?home/(?:(?:corp|domain|staff|students|people|ad|local)/)?${NAME}|(?:/mnt/[a-z]|/[a-z])?/Users/${NAME}|[A-Za-z]:[\\\\/]{1,4}Users[\\\\/]{1,4}${NAME}|[\\\\/]{2,4}wsl(?:\\.localhost|\\$)[\\\\/]{1,2}[\\w.-]{1,40}[\\\\/]{1,2}home[\\\\/]{1,2}${NAME})${ENDS}`;
const USUAL_HOME = new RegExp(`^${HOME}`, "u");
const HOME_IN_TEXT = new RegExp(`(?<![\\p{L}\\p{N}_.~})-])${HOME}`, "gu");
/** A project's key, whose separators are all alike: only a name of one part is known from it. */
const KEY = /(?:^|[/\\])(?:([A-Za-z])-)?-(?:(?:var|export)-)?(home|Users)-([A-Za-z0-9_]{2,60})(?=-|$)/g;

/** Returns whose a directory is, by its path. */
export function identityOfPath(path: string): Identity {
  const [home] = USUAL_HOME.exec(path) ?? [];
  return complete({ homes: home === undefined ? [] : [home], users: [], hosts: [] });
}

/** Yields the home directories in a text, but for those of nobody, as documentation has them. */
export function* homesIn(text: string): Generator<string> {
  if (!/home|Users/.test(text)) return;
  for (const [home] of text.matchAll(HOME_IN_TEXT)) {
    // With the separators of the path itself, however often they are escaped.
    const path = home.startsWith("/")
      ? home
      : home.replaceAll(/(?<!^\\*)\\+/g, "\\").replace(/^\\{2,}/, String.raw`\\`);
    if (isTelling(userOf(path))) yield path;
  }
  for (const [, drive, place, user = ""] of text.matchAll(KEY))
    if (isTelling(user)) yield drive === undefined ? `/${place}/${user}` : `${drive}:\\${place}\\${user}`;
}

const userOf = (home: string): string => basename(home.replaceAll("\\", "/"));

/** Adds the names that paths and hosts have in them; the longest first, so that none is masked in part. */
export function complete(...identities: readonly Identity[]): Identity {
  const longestFirst = (names: readonly string[]): string[] =>
    [...new Set(names)].filter((name) => name !== "").sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const homes = identities.flatMap(({ homes }) => homes).map((home) => home.replace(/(?<=.)[\\/]+$/, ""));
  const named = homes.map(userOf);
  const users = [...identities.flatMap(({ users }) => users), ...named].filter(isName);
  const hosts = identities.flatMap(({ hosts }) => hosts);
  return {
    homes: longestFirst(homes.filter((home) => home.length > 2)),
    // Project keys have the names with other signs.
    users: longestFirst(users.flatMap((user) => [user, sanitizePath(user)]).filter(isName)),
    hosts: longestFirst(hosts.flatMap((host) => [host, host.split(".")[0] ?? ""]).filter(isTelling)),
  };
}
