import type { Duplex } from "node:stream";

/** Maximum number of connections if the system does not limit open files. */
const MAX = 256;
/** Minimum connections, whatever the system's limit. */
const MIN = 8;
/** Files for the process itself, and for the sessions that it reads. */
const RESERVED_FILES = 40;

/**
 * Returns the maximum number of open connections. It leaves files to open: otherwise half-open connections of strangers could
 * use up the limit of the process (`ulimit -n`).
 */
export function maxConnections(): number {
  return Math.min(MAX, Math.max(MIN, openFilesLimit() - RESERVED_FILES));
}

function openFilesLimit(): number {
  try {
    // Takes some 20 ms, once, and is the only way that works on every system.
    const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
    const soft = userLimits?.open_files?.soft;
    return typeof soft === "number" ? soft : Infinity;
  } catch {
    return Infinity;
  }
}

/**
 * Limits the open connections of a server. A new one above the limit closes the oldest that never sent the token (clients
 * send it at once), or else the client's that has been idle longest. One with a pending request stays open.
 */
export class Connections {
  readonly #max: number;
  /** Connections without the token so far, oldest first. */
  readonly #strangers = new Set<Duplex>();
  /** Connections of clients, longest idle first. */
  readonly #idle = new Set<Duplex>();
  /** Number of pending requests on each. */
  readonly #busy = new Map<Duplex, number>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#strangers.size + this.#idle.size + this.#busy.size;
  }

  opened(socket: Duplex): void {
    this.#strangers.add(socket);
    socket.once("close", () => this.#forget(socket));
    if (this.size > this.#max) this.#victim(socket).destroy();
  }

  /** Records a request with the token. */
  busy(socket: Duplex): void {
    if (socket.destroyed) return;
    const requests = this.#busy.get(socket) ?? 0;
    this.#forget(socket);
    this.#busy.set(socket, requests + 1);
  }

  /** Records that a request was answered. */
  idle(socket: Duplex): void {
    const requests = this.#busy.get(socket);
    if (requests === undefined) return;
    if (requests > 1) this.#busy.set(socket, requests - 1);
    else {
      this.#busy.delete(socket);
      this.#idle.add(socket);
    }
  }

  /** Chooses the connection to close. Strangers keep a quarter, so that a new client has time to send its token. */
  #victim(latest: Duplex): Duplex {
    const [stranger] = this.#strangers;
    const [idle] = this.#idle;
    if (idle !== undefined && this.#strangers.size <= this.#max / 4) return idle;
    return stranger === latest ? (idle ?? latest) : (stranger ?? latest);
  }

  #forget(socket: Duplex): void {
    this.#strangers.delete(socket);
    this.#idle.delete(socket);
    this.#busy.delete(socket);
  }
}
