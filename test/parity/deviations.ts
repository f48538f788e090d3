/**
 * Every case in which we give another result than the official helpers (0.3.329), on purpose: when it is one, what the
 * result is, and why. docs/deviations.md is made from this table, and the parity tests hold both sides to it.
 */
import type { Deviation } from "./deviation.ts";
import { conversationDeviations } from "./deviations-conversation.ts";
import { dataFlowDeviations } from "./deviations-data-flow.ts";
import { deleteDeviations } from "./deviations-delete.ts";
import { forkDeviations } from "./deviations-fork.ts";
import { listDeviations } from "./deviations-list.ts";
import { queueDeviations } from "./deviations-queue.ts";
import { rowDeviations } from "./deviations-row.ts";
import { shapeDeviations } from "./deviations-shape.ts";
import { writeDeviations } from "./deviations-write.ts";

export const deviations: readonly Deviation[] = [
  ...rowDeviations,
  ...conversationDeviations,
  ...queueDeviations,
  ...shapeDeviations,
  ...listDeviations,
  ...writeDeviations,
  ...deleteDeviations,
  ...forkDeviations,
  ...dataFlowDeviations,
];
