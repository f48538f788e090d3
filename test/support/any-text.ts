import fc from "fast-check";

const FIRST_SURROGATE = 0xd800;
const SURROGATES = 0x800;
const CODE_POINTS = 0x110000;

/**
 * Unit of `fc.string`: any code point but surrogates. It gives what fast-check's own `binary` gives, which begins by making
 * a table of all code points: a second and 85 MB in each process.
 */
export const anyCodePoint = fc.nat(CODE_POINTS - SURROGATES - 1).map(
  (n) => String.fromCodePoint(n < FIRST_SURROGATE ? n : n + SURROGATES),
  (text) => {
    // fast-check asks which numbers make the words that it likes to try, such as `__proto__`.
    const code = typeof text === "string" ? (text.codePointAt(0) ?? Number.NaN) : Number.NaN;
    if (Number.isNaN(code) || String.fromCodePoint(code) !== text) throw new TypeError("not one code point");
    return code < FIRST_SURROGATE ? code : code - SURROGATES;
  },
);
