import type {
  JsonSchemaValidator,
  jsonSchemaValidator as JsonSchemaValidators,
} from "@modelcontextprotocol/sdk/validation/types.js";

/** Checks the form that a person fills in. Ours has no fields, and the SDK's own checker is left out of the bundle. */
export const ANYTHING: JsonSchemaValidators = {
  getValidator<T>(): JsonSchemaValidator<T> {
    return (input) => ({ valid: true, data: input as T, errorMessage: undefined });
  },
};
