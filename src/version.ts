/** Version of the package, for `--version` and `agentInfo`. A test compares it with package.json. */
export const VERSION = "0.1.0";
