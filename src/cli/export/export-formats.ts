export const EXPORT_FORMATS = ["bundle", "markdown", "json", "jsonl", "txt"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
/** One file for a session, or a directory of them. */
export type DocumentFormat = Exclude<ExportFormat, "bundle">;
