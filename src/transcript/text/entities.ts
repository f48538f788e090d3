const PREVIEW = "<persisted-output>";
const PREVIEW_END = "</persisted-output>";

/** Output that was too long for its row has an element of its own around its beginning, which alone was escaped. */
export function unescapedOutput(text: string): string {
  const from = text.trimStart().startsWith(PREVIEW) ? text.indexOf(PREVIEW) + PREVIEW.length : -1;
  const to = from < 0 ? -1 : text.lastIndexOf(PREVIEW_END);
  if (to < from || to < 0) return unescaped(text);
  return text.slice(0, from) + unescaped(text.slice(from, to)) + text.slice(to);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'", apos: "'" };

/** The CLI escapes most of what it puts into elements, but not all: text with an angle bracket in it was not escaped. */
export function unescaped(text: string): string {
  if (/[<>]/.test(text)) return text;
  return text.replace(/&(lt|gt|amp|quot|#39|apos);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
