import type {
  JsonSchemaValidator,
  jsonSchemaValidator as JsonSchemaValidators,
} from "@modelcontextprotocol/sdk/validation/types.js";

/** Validator for forms that users fill in. Ours have no fields, and the SDK's validator is left out of the bundle. */
export const ANYTHING: JsonSchemaValidators = {
  getValidator<T>(): JsonSchemaValidator<T> {
    return (input) => ({ valid: true, data: input as T, errorMessage: undefined });
  },
};
