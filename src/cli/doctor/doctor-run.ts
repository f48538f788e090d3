import { examineStore } from "../../store/doctor/examine-store.ts";
import type { Invocation } from "../terminal/command.ts";
import { startProgress } from "../terminal/progress.ts";
import { reportLines } from "./doctor-report.ts";
import { searchLines, searchReport } from "./search-report.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { makeStyle } from "../terminal/style.ts";
import { tableWidth } from "../terminal/table.ts";

/** Time before a deletion by Claude Code from which it is reported. */
const SOON_MS = 3 * 24 * 60 * 60 * 1000;

/** Runs `doctor`. Always returns 0: a problem that it finds is not a failure. */
export async function doctor({ configDirs, json, values, terminal }: Invocation): Promise<number> {
  const progress = startProgress("Reading every transcript");
  try {
    const now = Date.now();
    const report = await examineStore({ configDirs, soonMs: SOON_MS, now });
    const search = await searchReport(report.configDirs.map(({ path }) => path));
    progress.stop();
    if (json) await terminal.write(`${terminalJson({ ...report, search })}\n`);
    else {
      const options = {
        style: makeStyle(terminal.colors),
        width: tableWidth(terminal),
        all: values["all"] === true,
        now,
      };
      await terminal.write(`${[...reportLines(report, options), "", ...searchLines(search)].join("\n")}\n`);
    }
  } finally {
    progress.stop();
  }
  return 0;
}
