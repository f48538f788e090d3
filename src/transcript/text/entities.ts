const PREVIEW = "<persisted-output>";
const PREVIEW_END = "</persisted-output>";

/** Undoes the escapes of an output. If it was too long for its row, only its beginning, in an element, was escaped. */
export function unescapedOutput(text: string): string {
  const from = text.trimStart().startsWith(PREVIEW) ? text.indexOf(PREVIEW) + PREVIEW.length : -1;
  const to = from < 0 ? -1 : text.lastIndexOf(PREVIEW_END);
  if (to < from || to < 0) return unescaped(text);
  return text.slice(0, from) + unescaped(text.slice(from, to)) + text.slice(to);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'", apos: "'" };

/** Undoes the escapes of a text in an element, unless it has an angle bracket: then the CLI did not escape it. */
export function unescaped(text: string): string {
  if (/[<>]/.test(text)) return text;
  return text.replace(/&(lt|gt|amp|quot|#39|apos);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
