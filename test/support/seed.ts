import fc from "fast-check";

/**
 * Property tests take the same cases every time: what fails once fails again. Another seed is one edit away. Those that do
 * not say how many cases they want take fewer of them while somebody works.
 */
fc.configureGlobal({ seed: 20261121, numRuns: process.env["CI"] === undefined ? 25 : 100 });
