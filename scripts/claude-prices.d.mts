export function withOneProvider(code: string): string;
