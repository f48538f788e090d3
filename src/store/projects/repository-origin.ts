import { relative, sep } from "node:path";
import { realPath } from "../disk/fs.ts";
import { readPlain } from "../disk/read-small-file.ts";
import { attempt } from "../errors.ts";
import { repositoryAt } from "./worktrees.ts";

/** Where a directory is in a repository. */
export interface RepositoryPlace {
  /** URL of the remote `origin`, without credentials. */
  readonly origin: string;
  /** The directory below the root of the worktree, with `/` between names; empty for the root. */
  readonly path: string;
}

/** Largest file of settings that is read, bytes. */
const CONFIG_BYTES = 1024 * 1024;

/** Returns where a directory is in a repository, by git's own files. Undefined if it is in none, or that has no `origin`. Never throws. */
export function repositoryPlace(dir: string): RepositoryPlace | undefined {
  return attempt(() => {
    const repository = repositoryAt(dir);
    const config = repository && readPlain(repository.config, CONFIG_BYTES);
    if (repository === undefined || config === undefined || "reason" in config) return undefined;
    const url = originIn(config.text);
    if (url === undefined) return undefined;
    const path = relative(realPath(repository.root), realPath(dir)).split(sep).join("/");
    return { origin: withoutCredentials(url), path };
  });
}

/** Returns the last `url` of the remote `origin` in the text of a git config. */
function originIn(text: string): string | undefined {
  let isOrigin = false;
  let url: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*([^\s"\]]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line);
    if (section !== null) isOrigin = section[1]?.toLowerCase() === "remote" && section[2] === "origin";
    const value = /^\s*(?:\[[^\]]*\]\s*)?url\s*=\s*(.*)$/i.exec(line)?.[1];
    if (isOrigin && value !== undefined) url = plainValue(value);
  }
  return url === "" ? undefined : url;
}

/** Returns a value without its quotes, escapes and comment. */
function plainValue(value: string): string {
  let text = "";
  let isQuoted = false;
  for (let i = 0; i < value.length; i++) {
    const character = value.charAt(i);
    if (character === '"') isQuoted = !isQuoted;
    else if (character === "\\") text += value.charAt(++i);
    else if (!isQuoted && (character === "#" || character === ";")) break;
    else text += character;
  }
  return text.trim();
}

/** Removes the user and password of a URL, and parameters, which may be tokens. `ssh` needs its user, who is no secret. */
function withoutCredentials(url: string): string {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is.exec(url) ?? [];
  if (scheme === undefined || rest === undefined) return url;
  const [, authority = "", path = ""] = /^([^/?#]*)([^?#]*)/s.exec(rest) ?? [];
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  const user = authority.slice(0, Math.max(at, 0)).replace(/:.*$/s, "");
  const keepsUser = user !== "" && /^(?:git\+)?ssh:/i.test(scheme);
  return `${scheme}${keepsUser ? `${user}@` : ""}${host}${path}`;
}
