/** One row of a conversation. */
export interface ConversationRow {
  /** Of the index; from `index.count` on, a prompt that stands in a `queue-operation` alone, by the number of that. */
  readonly row: number;
  /** Where it stands in the file: the number of its first copy. */
  readonly at: number;
  /** Stands before a compaction that did not keep it, so the model no longer has it. */
  readonly compacted: boolean;
  /** 0 for the current branch; abandoned ones are counted from 1 in file order. */
  readonly branch: number;
  /** What sets it apart from what was said in turn, if anything does. */
  readonly apart?: Apart;
}

/**
 * `unconnected`: no link connects it with the conversation, although no rewind cut it off; it stands where it was written.
 * `undelivered`: a prompt that was queued, and that nobody gave to the model.
 */
export type Apart = "unconnected" | "undelivered";
