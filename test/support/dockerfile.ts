import fs from "node:fs";
import path from "node:path";

/** One stage of a Dockerfile, carried out in a directory that stands for the root of its image. */
export interface Stage {
  readonly root: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absent: root. */
  readonly user: string | undefined;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
}

/** What `RUN` does, by its whole line. */
export type Commands = Readonly<Record<string, (stage: Stage) => void>>;

/**
 * Carries a Dockerfile out without Docker: its stages are directories below `work`, `context` is where `COPY` copies from.
 * Throws for an instruction or a `RUN` that is not known, and where a source of `COPY` is missing. Returns the last stage.
 */
export function carryOut(text: string, context: string, work: string, commands: Commands): Stage {
  const named = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const [keyword, value] of instructions(text)) {
    if (keyword === "FROM") {
      const [, name = `stage-${named.size}`] = / AS (\S+)$/i.exec(value) ?? [];
      const root = path.join(work, name);
      fs.mkdirSync(root);
      stage = { root, cwd: "/", env: {}, user: undefined, entrypoint: [], cmd: [] };
      named.set(name, stage);
      continue;
    }
    if (stage === undefined) throw new Error(`${keyword} stands before FROM`);
    if (keyword === "COPY") copy(value, stage, (from) => (from === undefined ? context : rootOf(named, from)));
    else if (keyword === "RUN") (commands[value] ?? unknown(`RUN ${value}`))(stage);
    else stage = settled(stage, keyword, value);
    named.set(path.basename(stage.root), stage);
  }
  if (stage === undefined) throw new Error("there is no stage");
  return stage;
}

/** A path in the image, as one of this machine. */
export const inStage = ({ root, cwd }: Stage, name: string): string => path.join(root, path.posix.resolve(cwd, name));

/** Keywords with what stands behind them. Lines are not continued in ours. */
function instructions(text: string): [keyword: string, value: string][] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, keyword = "", value = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? unknown(line);
      return [keyword, value];
    });
}

function settled(stage: Stage, keyword: string, value: string): Stage {
  const list = (): string[] => JSON.parse(value) as string[];
  if (keyword === "WORKDIR") return { ...stage, cwd: path.posix.resolve(stage.cwd, value) };
  if (keyword === "USER") return { ...stage, user: value };
  if (keyword === "ENTRYPOINT") return { ...stage, entrypoint: list() };
  if (keyword === "CMD") return { ...stage, cmd: list() };
  if (keyword === "LABEL") return stage;
  if (keyword !== "ENV") return unknown(`${keyword} ${value}`);
  const [, name = "", text = ""] = /^(\w+)=(\S+)$/.exec(value) ?? unknown(`ENV ${value}`);
  return { ...stage, env: { ...stage.env, [name]: text } };
}

/** A directory's content goes to the destination, a file into it where it ends in `/`. */
function copy(value: string, stage: Stage, contextOf: (from: string | undefined) => string): void {
  const [, from, words = ""] = /^(?:--from=(\S+) )?(.*)$/.exec(value) ?? [];
  const names = words.split(" ");
  const destination = names.pop() ?? "";
  for (const name of names) {
    const source = path.join(contextOf(from), name);
    const target = inStage(stage, destination);
    const whole = fs.statSync(source).isDirectory() || !destination.endsWith("/");
    fs.cpSync(source, whole ? target : path.join(target, path.basename(name)), { recursive: true });
  }
}

function rootOf(named: ReadonlyMap<string, Stage>, name: string): string {
  return named.get(name)?.root ?? unknown(`--from=${name}`);
}

function unknown(what: string): never {
  throw new Error(`not known here: ${what}`);
}
