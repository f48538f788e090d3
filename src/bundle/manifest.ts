/**
 * The manifest of a bundle: one `.tar.gz` with sessions in the layout of a config dir, so that an unpacked one can be read as
 * such. Its first entry is `manifest.json`; each other entry is a regular file that the manifest names.
 */
import { sep } from "node:path";
import { asObject, asString } from "../transcript/rows/json-values.ts";
import { TranscriptError } from "../store/errors.ts";
import { canBelong } from "../store/layout/belongs.ts";
import { isSessionId } from "../store/layout/session-id.ts";

/** Name of the first entry. */
export const BUNDLE_MANIFEST = "manifest.json";
/** Largest manifest that is written, and read, bytes. */
export const BUNDLE_MANIFEST_BYTES = 16 * 1024 * 1024;

/** Value of `format`. */
export const BUNDLE_FORMAT = "claude-transcripts-bundle";
const VERSION = 1;

export interface BundledFile {
  /** Path in the bundle, and below a config dir, with `/` between names. */
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** What belongs to a session and is not in the bundle. */
export interface LeftOutOfBundle {
  /** As in `BundledFile`. */
  readonly path: string;
  /** `EACCES`, `a link, not followed`, … */
  readonly reason: string;
}

/** The repository that a session was in. */
export interface BundledRepository {
  /** URL of its remote `origin`, without credentials. */
  readonly origin: string;
  /** The session's directory below the root of the repository, with `/` between names; empty for the root. */
  readonly path: string;
}

export interface BundledSession {
  readonly sessionId: string;
  /** Name of the project dir of its transcript. */
  readonly projectKey: string;
  readonly cwd?: string;
  readonly repository?: BundledRepository;
  readonly title?: string;
  readonly files: readonly BundledFile[];
  readonly leftOut: readonly LeftOutOfBundle[];
}

export interface BundleManifest {
  /** When and by which program the bundle was made. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly sessions: readonly BundledSession[];
  /** How many places were masked, by the kind of what was there. Absent if nothing was asked to be masked. */
  readonly redacted?: Readonly<Record<string, number>>;
}

/** Returns the bytes of a manifest. Throws `Io` if it would be too large to be read again. */
export function manifestBytes({ createdAt, createdBy, sessions, redacted }: BundleManifest): Buffer {
  const value = { format: BUNDLE_FORMAT, version: VERSION, createdAt, createdBy, sessions, redacted };
  const bytes = Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
  if (bytes.length <= BUNDLE_MANIFEST_BYTES) return bytes;
  const files = sessions.reduce((sum, session) => sum + session.files.length, 0);
  throw new TranscriptError("Io", `${files} files are too many for one bundle`, {
    hint: "Export fewer sessions at once.",
    data: { files, sessions: sessions.length },
  });
}

/** Returns the manifest that a text is, or why it is none, as the end of a sentence about it: `has an unknown version`. */
export function parseBundleManifest(text: string): BundleManifest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "is not JSON";
  }
  const { format, version, createdAt, createdBy, sessions, redacted } = asObject(value) ?? {};
  if (format !== BUNDLE_FORMAT) return "is not that of a bundle";
  if (version !== VERSION) return "has an unknown version";
  if (typeof createdAt !== "string" || Number.isNaN(Date.parse(createdAt))) return "does not say when it was made";
  if (typeof createdBy !== "string") return "does not say by what it was made";
  if (!Array.isArray(sessions) || sessions.length === 0) return "has no list of sessions";
  const counts = redacted === undefined ? undefined : asObject(redacted);
  if (redacted !== undefined && (counts === undefined || !Object.values(counts).every(isCount)))
    return "has invalid counts of what was masked";
  const known: BundledSession[] = [];
  const paths = new Set<string>();
  const ids = new Set<string>();
  for (const one of sessions) {
    const session = readSession(one);
    if (typeof session === "string") return session;
    const id = session.sessionId.toLowerCase();
    if (ids.has(id)) return `names session ${session.sessionId} twice`;
    ids.add(id);
    for (const { path } of session.files) {
      if (paths.has(path)) return `names ${JSON.stringify(path)} twice`;
      paths.add(path);
    }
    known.push(session);
  }
  return {
    createdAt,
    createdBy,
    sessions: known,
    ...(counts !== undefined && { redacted: counts as Record<string, number> }),
  };
}

function readSession(value: unknown): BundledSession | string {
  const session = asObject(value);
  const sessionId = session?.["sessionId"];
  if (session === undefined || !isSessionId(sessionId)) return "has a session without an id";
  const { projectKey, cwd, title, files, leftOut } = session;
  const wrong = (what: string): string => `has ${what} for session ${sessionId}`;
  if (typeof projectKey !== "string" || NOT_A_NAME.test(projectKey) || projectKey.includes("/"))
    return wrong("no valid project key");
  if (cwd !== undefined && typeof cwd !== "string") return wrong("no valid directory");
  if (title !== undefined && typeof title !== "string") return wrong("no valid title");
  const repository = session["repository"] === undefined ? undefined : readRepository(session["repository"]);
  if (typeof repository === "string") return wrong(repository);
  if (!Array.isArray(files)) return wrong("no list of files");
  if (!Array.isArray(leftOut)) return wrong("no list of what was left out");
  const named: BundledFile[] = [];
  for (const one of files) {
    const { path, bytes, sha256 } = asObject(one) ?? {};
    if (typeof path !== "string" || !isCount(bytes) || typeof sha256 !== "string" || !SHA256.test(sha256))
      return wrong("an invalid file");
    if (!isOwned(path, sessionId)) return wrong(`${JSON.stringify(path)}, which no such session owns,`);
    named.push({ path, bytes, sha256 });
  }
  const left: LeftOutOfBundle[] = [];
  for (const one of leftOut) {
    const { path, reason } = asObject(one) ?? {};
    if (typeof path !== "string" || typeof reason !== "string") return wrong("an invalid list of what was left out");
    left.push({ path, reason });
  }
  return {
    sessionId,
    projectKey,
    ...(cwd !== undefined && { cwd }),
    ...(repository !== undefined && { repository }),
    ...(title !== undefined && { title }),
    files: named,
    leftOut: left,
  };
}

function readRepository(value: unknown): BundledRepository | string {
  const given = asObject(value);
  const [origin, path] = [asString(given?.["origin"]), asString(given?.["path"])];
  if (origin === undefined || path === undefined) return "no valid repository";
  if (path !== "" && path.split("/").some((name) => NOT_A_NAME.test(name))) return "no valid place in a repository";
  return { origin, path };
}

/** Reports whether a file below a config dir is one of a session, or is in a directory of it, by its names. */
function isOwned(path: string, sessionId: string): boolean {
  const names = path.split("/");
  if (names.some((name) => NOT_A_NAME.test(name))) return false;
  return names.some((_, depth) => canBelong(names.slice(0, depth + 1), sessionId));
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const SHA256 = /^[0-9a-f]{64}$/;

/** Matches what cannot be a name in a path: `.`, `..`, an empty name, and names with a separator or NUL. */
const NOT_A_NAME = sep === "\\" ? /^\.{0,2}$|[\\:\0]/ : /^\.{0,2}$|\0/;
