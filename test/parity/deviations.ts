/**
 * Every case in which we give another result than the official helpers (0.3.329), on purpose: when it is one, what the
 * result is, and why. docs/deviations.md is made from this table, and the parity tests hold both sides to it.
 */
import { conversationDeviations } from "./deviations-conversation.ts";
import { listDeviations } from "./deviations-list.ts";
import { changeDeviations } from "./deviations-change.ts";
import { rowDeviations } from "./deviations-row.ts";
import type { Deviation } from "./deviation.ts";

export const deviations: readonly Deviation[] = [
  ...rowDeviations,
  ...conversationDeviations,
  ...listDeviations,
  ...changeDeviations,
];
