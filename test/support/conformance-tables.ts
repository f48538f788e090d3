/** What the official suite asks a server for, as tables of ours: so it is our own pipeline that is judged. */
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import type { Content } from "../../src/mcp/core/answer-content.ts";
import type { ServerDefinition } from "../../src/mcp/core/server-definition.ts";
import { defineTool, READS, type Tool, ToolFailure } from "../../src/mcp/core/tool.ts";

/** One red pixel, and a tenth of a millisecond of silence. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==";

const image: Content = { type: "image", data: PNG, mimeType: "image/png" };
const resource = (uri: string, text: string, mimeType = "text/plain"): Content => ({
  type: "resource",
  resource: { uri, mimeType, text },
});

const simple = (name: string, text: string, blocks: readonly Content[] = []): Tool =>
  defineTool({
    name,
    title: name,
    description: `Gives what ${name} asks for.`,
    annotations: READS,
    input: z.strictObject({}),
    run: async () => ({ text, blocks }),
  });

const tools: readonly Tool[] = [
  simple("test_simple_text", "This is a simple text response for testing."),
  simple("test_image_content", "", [image]),
  simple("test_audio_content", "", [{ type: "audio", data: WAV, mimeType: "audio/wav" }]),
  simple("test_embedded_resource", "", [resource("test://embedded-resource", "This is an embedded resource content.")]),
  simple("test_multiple_content_types", "Multiple content types test:", [
    image,
    resource("test://mixed-content-resource", '{"test":"data","value":123}', "application/json"),
  ]),
  {
    ...simple("test_error_handling", ""),
    call: () => Promise.reject(new ToolFailure("This tool intentionally returns an error for testing")),
  },
  defineTool({
    name: "test_tool_with_progress",
    title: "Progress",
    description: "Takes so long that its progress is told three times.",
    annotations: READS,
    input: z.strictObject({}),
    async run(_, context) {
      // The first sign comes after half a second, the others no faster than five a second.
      for (const [ms, done] of [
        [600, 0],
        [300, 50],
        [300, 100],
      ] as const) {
        await wait(ms);
        context.progress(done, 100);
      }
      return { text: "Done." };
    },
  }),
  defineTool({
    name: "test_elicitation",
    title: "Question",
    description: "Asks the user.",
    annotations: READS,
    input: z.strictObject({ message: z.string() }),
    async run({ message }, { ask, signal }) {
      if (ask === undefined) throw new ToolFailure("Nobody can be asked here.");
      return { text: `User response: ${await ask(message, signal)}` };
    },
  }),
];

const LISTED = ["test://static-text", "test://static-binary", "test://watched-resource"];
const TEMPLATE = /^test:\/\/template\/([\w-]+)\/data$/;

const prompt = (
  name: string,
  args: readonly string[],
  get: (values: Readonly<Record<string, string>>) => readonly Content[],
): ServerDefinition["prompts"][number] => ({
  name,
  title: name,
  description: `Gives what ${name} asks for.`,
  arguments: args.map((name) => ({
    name,
    description: name,
    required: true,
    complete: async (value) => ({ values: [`${value}1`, `${value}2`], total: 2 }),
  })),
  get: async (values) => get(values).map((content) => ({ role: "user", content })),
});

export const conformanceServer: ServerDefinition = {
  tools: async () => tools,
  resources: {
    templates: [
      { uriTemplate: "test://template/{id}/data", name: "template", title: "Template", mimeType: "application/json" },
    ],
    list: async () => ({ resources: LISTED.map((uri) => ({ uri, name: uri, description: "Of the suite." })) }),
    async read(uri) {
      const id = TEMPLATE.exec(uri)?.[1];
      if (id !== undefined) {
        const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
        return [{ uri, mimeType: "application/json", text }];
      }
      if (!LISTED.includes(uri)) return undefined;
      return uri === "test://static-binary"
        ? [{ uri, mimeType: "image/png", blob: PNG }]
        : [{ uri, mimeType: "text/plain", text: "This is the content of the static text resource." }];
    },
    watch: () => ({
      subscribe: async (uri) => LISTED.includes(uri),
      unsubscribe: () => undefined,
      close: () => undefined,
    }),
  },
  prompts: [
    prompt("test_simple_prompt", [], () => [{ type: "text", text: "This is a simple prompt for testing." }]),
    prompt("test_prompt_with_arguments", ["arg1", "arg2"], ({ arg1, arg2 }) => [
      { type: "text", text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` },
    ]),
    prompt("test_prompt_with_embedded_resource", ["resourceUri"], ({ resourceUri = "" }) => [
      resource(resourceUri, "Embedded resource content for testing."),
      { type: "text", text: "Please process the embedded resource above." },
    ]),
    prompt("test_prompt_with_image", [], () => [image, { type: "text", text: "Please analyze the image above." }]),
  ],
};
