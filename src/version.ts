/** The package's version, as package.json has it (a test compares them): what `--version` and `agentInfo` say. */
export const VERSION = "0.1.0";
