import { jsonText } from "../../view/json-text.ts";
import { escaped } from "../../view/sanitise.ts";

/** JSON with nothing in it that a terminal would obey: what JSON need not escape, and a terminal acts on, is escaped. */
export const terminalJson = (value: unknown, indent?: number): string => escaped(jsonText(value, indent));
