import type { ListFilters } from "../store/list-query.ts";
import type { SessionPage } from "../store/page.ts";

/** What the protocol needs of the store, with the config dirs already chosen. Its parts are loaded when they are first needed. */
export interface Store {
  page(
    options: Omit<ListFilters, "configDirs"> & { readonly limit: number; readonly cursor: string | undefined },
  ): Promise<SessionPage>;
}

/** The store on the disk. `configDirs` absent: the one that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
export function openStore(configDirs?: readonly string[]): Store {
  const where = { configDirs };
  return {
    async page(options) {
      const { listSessionPage } = await import("../store/page.ts");
      return listSessionPage({ ...options, ...where });
    },
  };
}
