import fc from "fast-check";

/** Property tests take the same cases every time: what fails once fails again. Another seed is one edit away. */
fc.configureGlobal({ seed: 20261121 });
