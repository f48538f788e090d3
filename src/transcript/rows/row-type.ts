import { equals, type RowScan } from "./json-scanner.ts";

/** Stands for a row whose type, or whose keys, cannot be read without undoing escapes. No type has a backslash. */
export const ESCAPED = "\\";

/** No type that means anything is longer. */
const LONGEST_TYPE = 32;

/** Type of the row; undefined when it has none, or a long one. */
export function readType(bytes: Buffer, scan: RowScan): string | undefined {
  let type: string | undefined;
  const { members } = scan;
  if (scan.oddKey) return ESCAPED;
  for (let i = 0; i < scan.count * 4; i += 4) {
    const key = members[i] as number;
    const keyEnd = members[i + 1] as number;
    if (keyEnd - key !== 4 || !equals(bytes, key, keyEnd, KEY_TYPE)) continue;
    const value = members[i + 2] as number;
    const valueEnd = members[i + 3] as number;
    type = knownType(bytes, value, valueEnd);
    if (type !== undefined || bytes[value] !== 0x22) continue;
    if (hasBackslash(bytes, value, valueEnd)) return ESCAPED;
    if (valueEnd - value <= LONGEST_TYPE) type = bytes.toString("latin1", value + 1, valueEnd - 1);
  }
  return type;
}

/** The same of a row whose keys have no escapes, however long they are; undefined for a type that needs some. */
export function typeAsWritten(bytes: Buffer, { members, count }: RowScan): string | undefined {
  let type: string | undefined;
  for (let i = 0; i < count * 4; i += 4) {
    if (!equals(bytes, members[i] as number, members[i + 1] as number, KEY_TYPE)) continue;
    const value = members[i + 2] as number;
    const valueEnd = members[i + 3] as number;
    const isText = bytes[value] === 0x22 && valueEnd - value <= LONGEST_TYPE && !hasBackslash(bytes, value, valueEnd);
    type = isText ? bytes.toString("latin1", value + 1, valueEnd - 1) : undefined;
  }
  return type;
}

function knownType(bytes: Uint8Array, start: number, end: number): KnownType | undefined {
  const sameLength = TYPES[end - start];
  if (sameLength === undefined) return undefined;
  for (let i = 0; i < sameLength.length; i++) {
    const { word, type } = sameLength[i] as TypeWord;
    if (equals(bytes, start, end, word)) return type;
  }
  return undefined;
}

function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === 0x5c) return true;
  return false;
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const KEY_TYPE = ascii("type");

type KnownType = "user" | "assistant" | "system" | "attachment" | "progress" | "last-prompt" | "queue-operation";
interface TypeWord {
  readonly word: Uint8Array;
  readonly type: KnownType;
}
/** The types that matter here, by the length of their JSON. */
const TYPES: readonly (readonly TypeWord[] | undefined)[] = groupByLength();

function groupByLength(): TypeWord[][] {
  const groups: TypeWord[][] = [];
  const types = ["user", "assistant", "system", "attachment", "progress", "last-prompt", "queue-operation"] as const;
  for (const type of types) (groups[type.length + 2] ??= []).push({ word: ascii(`"${type}"`), type });
  return groups;
}
