/** Formats a size with two significant digits and decimal units: `512 B`, `3.4 kB`, `12 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  let unit = -1;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

const UNITS = ["kB", "MB", "GB", "TB"];

/** Formats a number of items and their size: `3 items, 1.2 MB`. */
export const amount = (items: number, bytes: number): string =>
  `${items} item${items === 1 ? "" : "s"}, ${formatBytes(bytes)}`;
