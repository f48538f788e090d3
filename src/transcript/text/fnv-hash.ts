/** Hashes the UTF-16 units of a text: 32-bit FNV-1a. Detects mistakes, not malice. */
export function fnvHash(text: string, basis = 0x811c9dc5): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
