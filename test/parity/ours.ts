import * as library from "../../src/index.ts";
import type { Api } from "./calls.ts";

/**
 * Our functions, called as the official ones are. Ours say more about a deletion than the official one, which says
 * nothing, so that answer is left out.
 */
export const ours: Api = {
  ...(library as unknown as Api),
  projectKey: async (dir) => library.projectKey(dir as string | undefined),
  deleteSession: async (id, options) => void (await library.deleteSession(id as string, options as object | undefined)),
};
