/**
 * Counts the work of operations on shapes at n and 2n, in a process of its own:
 *
 *     node FLAGS count.mjs OPERATIONS DIR PART PARTS [SHAPE]
 *
 * OPERATIONS is a module as operations.ts, bundled into one file; DIR is worked in; one in PARTS of the shapes is counted,
 * or one alone. Prints a line of JSON for each operation on each shape. FLAGS are those of work.ts.
 *
 * Nothing is timed, and the code under test knows nothing of it:
 * - code: the characters of source that V8 ran, by its block counters: each as often as its block was entered.
 * - built-ins: the elements and characters that built-in functions passed over or made, by wrapping them.
 * - disk: bytes that were read and written; a name that was opened or asked for counts as some.
 * - memory: bytes that were allocated, kept or not, on the heap and in buffers: no more can be held at once.
 */
import crypto from "node:crypto";
import fs from "node:fs";
import inspector from "node:inspector";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import v8 from "node:v8";
import { makeShape, SHAPE_AGENT, SHAPE_SESSION, SHAPES } from "../../bench/shapes.mjs";

const USUAL_N = 64;
const NAME_BYTES = 1000;
const ENTRY_BYTES = 100;
const YOUNG_BYTES = 96 * 1024 * 1024;
const EXTERNAL_BYTES = 24 * 1024 * 1024;

const [, , bundle, dir, part, parts, only] = process.argv;
const bundleUrl = pathToFileURL(bundle).href;
/** Each by its name. */
const builtIns = {};
const disk = {};
let buffers = 0;

// What is different each time: the seeds of tables, and whether files are old enough to be remembered.
crypto.randomInt = () => 1;
const LATER = Date.now() + 60 * 60 * 1000;
Date.now = () => LATER;
wrapDisk();
syncBuiltinESMExports();
const session = new inspector.Session();
session.connect();
await post("Profiler.enable");
await post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
const { operations } = await import(bundleUrl);
wrapBuiltIns();

// What is done once in a process is done before anything is counted.
const warmUp = path.join(dir, `warm-up-${part}`);
makeShape(warmUp, SHAPES["subagents"], 3);
for (const run of Object.values(operations)) await run(operand(warmUp, SHAPES["subagents"]));

const names = Object.keys(SHAPES).filter((name, at) => (only ?? name) === name && at % Number(parts) === Number(part));
for (const name of names) {
  const shape = SHAPES[name];
  const n = shape.n ?? USUAL_N;
  const sizes = [n, 2 * n].map((size) => {
    const configDir = path.join(dir, `${part}-${names.indexOf(name)}-${size}`);
    return { configDir, bytes: makeShape(configDir, shape, size) };
  });
  for (const [operation, run] of Object.entries(operations)) {
    const counted = [];
    for (const { configDir, bytes } of sizes) {
      counted.push({ bytes, ...(await countWork(() => run(operand(configDir, shape)))) });
    }
    console.log(JSON.stringify({ shape: name, operation, n, counted }));
  }
}
session.disconnect();

function operand(configDir, { agent, upTo }) {
  return { configDir, session: SHAPE_SESSION, agent: agent && SHAPE_AGENT, upTo };
}

async function countWork(run) {
  collectIfNeeded();
  for (const counter of [...Object.values(builtIns), ...Object.values(disk)]) counter.units = 0;
  buffers = 0;
  const before = v8.getHeapStatistics().used_heap_size;
  let failure;
  try {
    await run();
  } catch (error) {
    failure = error.message;
  }
  const memory = { heap: Math.max(0, v8.getHeapStatistics().used_heap_size - before), buffers };
  const work = { failure, "built-ins": unitsOf(builtIns), disk: unitsOf(disk), memory };
  const code = {};
  // It is told what ran since it was asked last.
  for (const { url, functions } of (await post("Profiler.takePreciseCoverage")).result) {
    if (url === bundleUrl) for (const one of functions) addFunction(code, one);
  }
  return { ...work, code };
}

/** Nothing is collected while an operation runs, so that what is used is what was allocated: neither for objects nor for buffers. */
function collectIfNeeded() {
  const young = v8.getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
  if (process.memoryUsage().external > EXTERNAL_BYTES) globalThis.gc();
  else if (young.space_used_size > YOUNG_BYTES) globalThis.gc({ type: "minor" });
}

function unitsOf(counters) {
  const counted = Object.entries(counters).filter(([, { units }]) => units > 0);
  return Object.fromEntries(counted.map(([name, { units }]) => [name, units]));
}

function post(method, params) {
  return new Promise((resolve, reject) => {
    session.post(method, params, (error, result) =>
      error === null ? resolve(result) : reject(new Error(`${method}: ${error.message}`)),
    );
  });
}

/** The characters that the function ran: a range counts without those within it, which have counts of their own. */
function addFunction(code, { functionName, ranges }) {
  // What fields of classes begin with is not always told; what they call is.
  if (functionName === "<instance_members_initializer>") return;
  let work = 0;
  const open = [];
  const close = (until) => {
    while (open.length > 0 && open.at(-1).endOffset <= until) {
      const { own, count } = open.pop();
      work += Math.max(own, 1) * count;
    }
  };
  for (const range of ranges) {
    close(range.startOffset);
    const length = range.endOffset - range.startOffset;
    if (open.length > 0) open.at(-1).own -= length;
    open.push({ ...range, own: length });
  }
  close(Infinity);
  if (work > 0) code[`${functionName || "(anonymous)"} at ${ranges[0].startOffset}`] = work;
}

function counterOf(counters, name) {
  return (counters[name] ??= { units: 0 });
}

/** Puts a function in the place of each of these, which calls it and counts. `units(result, self, args)`. */
function wrap(target, where, units) {
  for (const [name, unitsOf] of Object.entries(units)) {
    const original = target[name];
    // Not every Node has all of them.
    if (original === undefined) continue;
    const counter = counterOf(builtIns, `${where}.${name}`);
    const wrapped = function (...args) {
      const result = Reflect.apply(original, this, args);
      // Every call is something, whatever it passes over.
      counter.units += unitsOf(result, this, args) + 1;
      return result;
    };
    Object.defineProperty(target, name, { value: wrapped, writable: true, configurable: true });
  }
}

function wrapBuiltIns() {
  const whole = (result, self) => self.length;
  const made = (result) => result?.length ?? 0;
  const searched = (result, self, [, from = 0]) => {
    const start = from < 0 ? Math.max(0, self.length + from) : Math.min(from, self.length);
    return (result < 0 ? self.length : result) - start;
  };
  const searchedBack = (result, self, [, from = self.length]) => Math.min(from, self.length) - Math.max(result, 0);
  /** How far it was is counted by `indexOf`. */
  const has = (result, self, [what, from]) => (result && self.indexOf(what, from) >= 0 ? 0 : self.length);
  const taken = (result, self) => self.length - result.length;
  const ofArgument = (result, self, [argument]) => argument.length;
  const isView = ([from]) => from instanceof ArrayBuffer;
  const madeUnlessView = (result, self, args) => (isView(args) ? 0 : result.length);
  const arrays = {
    indexOf: searched,
    lastIndexOf: searchedBack,
    slice: made,
    join: whole,
    reverse: whole,
    toReversed: whole,
    sort: whole,
    toSorted: whole,
    with: whole,
  };

  wrap(Object.getPrototypeOf(Uint8Array.prototype), "TypedArray", {
    ...arrays,
    includes: whole,
    set: ofArgument,
    fill: (result, self, [, from = 0, to = self.length]) => to - from,
    copyWithin: (result, self, [, from, to = self.length]) => to - from,
  });
  wrap(Buffer.prototype, "Buffer", {
    indexOf: searched,
    lastIndexOf: searchedBack,
    includes: has,
    toString: made,
    latin1Slice: made,
    utf8Slice: made,
    asciiSlice: made,
    copy: (result) => result,
    write: (result) => result,
    fill: whole,
    equals: whole,
    compare: whole,
  });
  wrapAllocation(isView);
  wrap(Buffer, "Buffer", { concat: made, from: madeUnlessView, compare: ofArgument });
  wrap(String.prototype, "String", {
    indexOf: searched,
    lastIndexOf: searchedBack,
    includes: has,
    split: whole,
    replace: whole,
    replaceAll: whole,
    search: whole,
    padStart: made,
    padEnd: made,
    repeat: made,
    normalize: whole,
    toLowerCase: whole,
    toUpperCase: whole,
    toWellFormed: whole,
    isWellFormed: whole,
    startsWith: ofArgument,
    endsWith: ofArgument,
    trimEnd: taken,
    trimStart: taken,
    trim: taken,
  });
  wrap(JSON, "JSON", { parse: (result, self, [text]) => String(text).length, stringify: made });
  wrap(TextDecoder.prototype, "TextDecoder", { decode: made });
  wrap(Object, "Object", {
    keys: made,
    values: made,
    entries: made,
    assign: (result, self, [, ...sources]) => sources.reduce((sum, one) => sum + Object.keys(one ?? {}).length, 0),
  });
  wrap(crypto.Hash.prototype, "Hash", { update: ofArgument });
  wrapRegExp();
  wrapIterators(Map.prototype, "Map", ["entries", "keys", "values"]);
  wrapIterators(Set.prototype, "Set", ["entries", "values"]);
  wrap(Array, "Array", { from: made });
  wrap(Array.prototype, "Array", {
    ...arrays,
    includes: has,
    concat: made,
    splice: (result, self, [at = 0]) => result.length + Math.max(0, self.length - at),
    shift: whole,
    unshift: whole,
    fill: whole,
    copyWithin: whole,
    flat: made,
  });
  wrapIterators(Array.prototype, "Array", [Symbol.iterator]);
}

/** What is spread, taken apart or looped over comes from iterators, one after the other. */
function wrapIterators(target, where, methods) {
  const own = Object.getOwnPropertyDescriptors(target);
  const counter = counterOf(builtIns, `${where} iterated`);
  for (const method of methods) {
    const original = target[method];
    const wrapped = function () {
      const iterator = Reflect.apply(original, this, []);
      const next = () => {
        counter.units++;
        return iterator.next();
      };
      return { __proto__: Object.getPrototypeOf(Object.getPrototypeOf(iterator)), next };
    };
    // A method may have a second name, which is the same function.
    for (const name of Reflect.ownKeys(own).filter((key) => own[key].value === original))
      Object.defineProperty(target, name, { value: wrapped, writable: true, configurable: true });
  }
}

/** All methods of strings and of expressions come to `exec`, once it is another. */
function wrapRegExp() {
  const exec = RegExp.prototype["exec"];
  const counter = counterOf(builtIns, "RegExp.exec");
  const wrapped = function (text) {
    const from = this.global || this.sticky ? this.lastIndex : 0;
    const match = Reflect.apply(exec, this, [text]);
    const end = match === null ? (this.sticky ? from : text.length) : match.index + match[0].length;
    counter.units += Math.max(0, end - from) + 1;
    return match;
  };
  const { prototype } = RegExp;
  Object.defineProperty(prototype, "exec", { value: wrapped, writable: true, configurable: true });
}

/** Memory of buffers is no part of the heap. */
function wrapAllocation(isView) {
  const integers = ["Int8Array", "Uint8Array", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"];
  for (const name of [...integers, "BigInt64Array", "BigUint64Array", "Float32Array", "Float64Array", "ArrayBuffer"]) {
    globalThis[name] = new Proxy(globalThis[name], {
      construct(target, args, newTarget) {
        const array = Reflect.construct(target, args, newTarget);
        if (!isView(args)) buffers += array.byteLength;
        return array;
      },
    });
  }
  for (const name of ["alloc", "allocUnsafe", "allocUnsafeSlow", "concat", "from"]) {
    const original = Buffer[name];
    Buffer[name] = (...args) => {
      const buffer = Reflect.apply(original, Buffer, args);
      if (!isView(args)) buffers += buffer.length;
      return buffer;
    };
  }
}

function wrapDisk() {
  const bytes = (result) => (typeof result === "number" ? result : result.length);
  const name = () => NAME_BYTES;
  for (const [method, bytesOf] of Object.entries({
    readSync: bytes,
    writeSync: bytes,
    readFileSync: bytes,
    openSync: name,
    statSync: name,
    lstatSync: name,
    fstatSync: name,
    readdirSync: (entries) => NAME_BYTES + ENTRY_BYTES * entries.length,
  })) {
    const original = fs[method];
    const counter = counterOf(disk, method);
    fs[method] = (...args) => {
      const result = Reflect.apply(original, fs, args);
      counter.units += bytesOf(result);
      return result;
    };
  }
}
