import type { Masked } from "../../bundle/export/plan-bundle.ts";
import { maskedWords } from "../../bundle/masked-words.ts";
import { escaped } from "../render/markdown.ts";
import { localTime } from "../terminal/time.ts";

/** A document in an index. */
export interface IndexEntry {
  readonly sessionId: string;
  readonly title: string;
  /** Epoch ms. */
  readonly activity: number;
  readonly file: string;
  readonly messages: number | undefined;
  readonly leftOut: readonly string[];
}

/** Returns a Markdown document that lists documents, the latest active first, and says what each leaves out. */
export function indexOf(entries: readonly IndexEntry[], masked: Masked | undefined): string {
  const sorted = [...entries].sort((a, b) => b.activity - a.activity);
  const items = sorted.map(({ sessionId, title, activity, file, messages, leftOut }) => {
    const name = title === "" ? sessionId.slice(0, ID_UNITS) : title;
    const facts = [
      localTime(new Date(activity).toISOString()).date,
      ...(messages === undefined ? [] : [messages === 1 ? "1 message" : `${messages} messages`]),
      ...(leftOut.length === 0 ? [] : [`not shown: ${leftOut.join(", ")}`]),
    ];
    return `- [${escaped(name)}](<${file}>) · ${facts.join(" · ")}`;
  });
  const note = masked === undefined ? [] : [`*Masked in all files of the sessions: ${maskedWords(masked.kinds)}.*`];
  return `${["# Sessions", items.join("\n"), ...note].join("\n\n")}\n`;
}

const ID_UNITS = 8;
