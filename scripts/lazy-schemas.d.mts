/** Types for the test; what it does is said in lazy-schemas.mjs. */
export function withLazySchemas(code: string, name: RegExp): string;
