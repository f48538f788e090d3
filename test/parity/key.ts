import fs from "node:fs";

/** The key of the project directory for a place, as official-helpers.md §2.2 and §2.3 tell it; written apart from src on purpose. */
export function keyOf(place: string): string {
  let real = place;
  try {
    real = fs.realpathSync(place);
  } catch {
    // A place that is not there is taken as it is written.
  }
  const plain = real.replace(/[^a-zA-Z0-9]/g, "-");
  if (plain.length <= 200) return plain;
  let hash = 0;
  for (let i = 0; i < real.length; i++) hash = (Math.imul(hash, 31) + real.charCodeAt(i)) | 0;
  return `${plain.slice(0, 200)}-${Math.abs(hash).toString(36)}`;
}
