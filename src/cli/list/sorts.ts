/** Orders of `list`, the first by default. */
export const SORTS = ["activity", "cost", "messages", "size"] as const;
export type Sort = (typeof SORTS)[number];
