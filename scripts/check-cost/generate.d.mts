export function generateStore(
  configDir: string,
  options: { readonly seed: number; readonly sessions: number; readonly plain?: boolean },
): void;
