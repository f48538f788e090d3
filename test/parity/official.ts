import * as sdk from "@anthropic-ai/claude-agent-sdk";
import type { Api } from "./calls.ts";

/** The official functions; `projectKey` is what they tell a session store. */
export const official: Api = {
  ...(sdk as unknown as Omit<Api, "projectKey">),
  projectKey: async (dir) => {
    let told: unknown;
    const sessionStore = {
      append: async (key: { projectKey: string }) => void (told = key.projectKey),
      load: async () => null,
    };
    await sdk.renameSession("00000000-0000-4000-8000-000000000001", "t", { dir, sessionStore } as never);
    return told;
  },
};
