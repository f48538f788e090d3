import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as whole from "@pydantic/genai-prices";
import { expect, test } from "vitest";
import { withOneProvider } from "../../../scripts/claude-prices.mjs";
import { put, tempConfigDir } from "../../support/config-dir.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const code = fs.readFileSync(path.join(root, "node_modules/@pydantic/genai-prices/dist/index.js"), "utf8");

test("the bundles have the prices of all Claude models, and a fifteenth of the bytes", async () => {
  const shortened = withOneProvider(code);
  expect(shortened.length).toBeLessThan(code.length / 15);
  const file = put(tempConfigDir(), "prices.mjs", shortened);
  const part = (await import(pathToFileURL(file).href)) as typeof whole;
  const models = whole.findProvider({ providerId: "anthropic" })?.models ?? [];
  expect(models.length).toBeGreaterThan(20);
  for (const { id } of models) {
    for (const timestamp of [new Date("2026-01-01"), new Date("2026-06-01")]) {
      const ask = ({ calcPrice }: typeof whole) =>
        calcPrice({ input_tokens: 1, output_tokens: 1 }, id, { providerId: "anthropic", timestamp });
      expect(ask(part)?.model_price).toEqual(ask(whole)?.model_price);
      expect(ask(whole)).not.toBeNull();
    }
  }
});

test("a package of another form ends the build", () => {
  expect(() => withOneProvider(`import "x";\n${code}`)).toThrow("the list of providers is not where it was");
  expect(() => withOneProvider(code.replaceAll("claude", "other"))).toThrow("there are no prices of Claude models");
});
