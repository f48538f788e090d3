import { createRequire } from "node:module";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

type Json = Readonly<Record<string, unknown>>;
interface Definition {
  readonly "x-method"?: string;
  readonly "x-side"?: string;
  readonly "x-docs-ignore"?: boolean;
}
interface Schema {
  readonly $defs: Readonly<Record<string, Definition>>;
}

const schema = createRequire(import.meta.url)("@agentclientprotocol/sdk/schema/v1/schema.unstable.json") as Schema;
// Each definition checks a few messages: what takes long is to compile it.
const ajv = new Ajv2020({
  strict: false,
  validateFormats: false,
  validateSchema: false,
  allErrors: true,
  inlineRefs: false,
  code: { optimize: false },
});
ajv.addSchema(schema, "acp");

const compiled = new Map<string, ValidateFunction>();

/**
 * What is wrong with a value by the schema that the SDK ships, `[]` when nothing is. Members at the top that the schema
 * does not name are wrong, too: custom ones belong into `_meta` (acp-coverage.md B8).
 */
export function problems(definition: string, value: unknown): string[] {
  let validate = compiled.get(definition);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: `acp#/$defs/${definition}`, unevaluatedProperties: false });
    compiled.set(definition, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${definition}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** `session/load`, `Request` → `LoadSessionRequest`. */
function definitionFor(method: string, kind: "Request" | "Response" | "Notification"): string | undefined {
  return Object.keys(schema.$defs).find((name) => name.endsWith(kind) && schema.$defs[name]?.["x-method"] === method);
}

/**
 * What is wrong with a message of one side: the envelope, then params or result by the method's own definition.
 * `methodOf` tells which method a response answers.
 */
export function messageProblems(message: unknown, methodOf: (id: unknown) => string | undefined): string[] {
  if (typeof message !== "object" || message === null || Array.isArray(message)) return ["no object"];
  const { jsonrpc, id, method, params, result, error, ...rest } = message as Json;
  const wrong = Object.keys(rest).map((key) => `unknown member ${key}`);
  if (jsonrpc !== "2.0") wrong.push("jsonrpc is not 2.0");
  if (typeof method === "string") {
    const definition = definitionFor(method, id === undefined ? "Notification" : "Request");
    return [...wrong, ...(definition === undefined ? [] : problems(definition, params))];
  }
  if (error !== undefined)
    return [...wrong, ...(result === undefined ? [] : ["both result and error"]), ...problems("Error", error)];
  const answered = methodOf(id);
  // The schema says nothing of extensions.
  if (answered?.startsWith("_") === true) return wrong;
  const definition = answered === undefined ? undefined : definitionFor(answered, "Response");
  if (definition === undefined) return [...wrong, `a result for nothing that was asked: ${JSON.stringify(id)}`];
  return [...wrong, ...problems(definition, result), ...rowProblems(definition, result)];
}

/** `unevaluatedProperties` looks at the top only, so the rows of a list are looked at one by one. */
function rowProblems(definition: string, result: unknown): string[] {
  if (definition !== "ListSessionsResponse") return [];
  return (result as { sessions: unknown[] }).sessions.flatMap((row) => problems("SessionInfo", row));
}
