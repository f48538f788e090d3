/** FNV-1a over the UTF-16 units of a text, 32 bits. Against mistakes, not against malice. */
export function fnvHash(text: string, basis = 0x811c9dc5): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
