import type { Duplex } from "node:stream";

/** Connections at most, where the system lets a process have as many files as it likes. */
const MOST = 256;
/** And at least, however few it may have. */
const LEAST = 8;
/** Files of the process itself, and of the sessions that are read meanwhile. */
const RESERVED_FILES = 40;

/**
 * How many connections may be open at once: so many that files can still be opened. Half-open ones of strangers would
 * otherwise use up all that a process may have (`ulimit -n`), and nobody would be served.
 */
export function mostConnections(): number {
  return Math.min(MOST, Math.max(LEAST, openFilesLimit() - RESERVED_FILES));
}

function openFilesLimit(): number {
  try {
    // It costs some 20 ms, once, and is the only way that every system has.
    const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
    const soft = userLimits?.open_files?.soft;
    return typeof soft === "number" ? soft : Infinity;
  } catch {
    return Infinity;
  }
}

/**
 * The open connections of a server, never more than so many. Where one too many comes, another one ends: of strangers, who
 * have not sent the token on it, the one that came first, since a request is sent at once by whoever means it; of clients,
 * one that is idle. A connection on which a client waits for an answer never yields.
 */
export class Connections {
  readonly #most: number;
  /** Each in the order in which they came to be so. */
  readonly #strangers = new Set<Duplex>();
  readonly #idle = new Set<Duplex>();
  /** With the number of requests on each that are not answered yet. */
  readonly #busy = new Map<Duplex, number>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#strangers.size + this.#idle.size + this.#busy.size;
  }

  opened(socket: Duplex): void {
    this.#strangers.add(socket);
    socket.once("close", () => this.#forget(socket));
    if (this.size > this.#most) this.#yielding(socket).destroy();
  }

  /** A request with the token has come on it. */
  busy(socket: Duplex): void {
    if (socket.destroyed) return;
    const requests = this.#busy.get(socket) ?? 0;
    this.#forget(socket);
    this.#busy.set(socket, requests + 1);
  }

  /** A request on it is answered. */
  idle(socket: Duplex): void {
    const requests = this.#busy.get(socket);
    if (requests === undefined) return;
    if (requests > 1) this.#busy.set(socket, requests - 1);
    else {
      this.#busy.delete(socket);
      this.#idle.add(socket);
    }
  }

  /** Strangers have a quarter at least, so that a client that comes anew has the time to show its token. */
  #yielding(latest: Duplex): Duplex {
    const [stranger] = this.#strangers;
    const [idle] = this.#idle;
    if (idle !== undefined && this.#strangers.size <= this.#most / 4) return idle;
    return stranger === latest ? (idle ?? latest) : (stranger ?? latest);
  }

  #forget(socket: Duplex): void {
    this.#strangers.delete(socket);
    this.#idle.delete(socket);
    this.#busy.delete(socket);
  }
}
