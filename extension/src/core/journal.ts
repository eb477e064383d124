/**
 * Reads the journal of a session, as `docs/journal.md` describes it; mirrors
 * `eflows_nb/runtime/history/decoding.py`.
 */
import { isRecord } from './record';
import type { IGraphEngine, IGraphPart, ITaskDetail, ITry } from './protocol';
import { STATE } from './tasks';

const FORMAT = 'eflows-journal';
const VERSION = 1;

const STATES: Readonly<Record<string, number>> = {
  waiting: STATE.waiting,
  running: STATE.running,
  done: STATE.done,
  failed: STATE.failed,
  cancelled: STATE.cancelled,
  cached: STATE.cached
};

const TRIES = 20;
/** Seconds between tasks that were sent together, in the order in which their engine runs them. */
const APART = 1e-9;

/** What a journal knows of a task of which it tells nothing besides its states. */
export const NOTHING: ITaskDetail = {
  kind: 'task',
  task: -1,
  error: '',
  traceback: '',
  cell: '',
  line: 0,
  inputs: null,
  outputs: null,
  tries: [],
  log: null,
  logCut: false
};

/** A past run: all of its tasks as they were in the end. */
export interface IPastRun {
  readonly part: IGraphPart;
  /** When each task ended, 0 for one that did not. */
  readonly ended: Float64Array;
  readonly details: ReadonlyMap<number, ITaskDetail>;
}

/** Read a journal; what is returned as a text is why that is not possible. */
export function readJournal(text: string): IPastRun | string {
  const lines = text.split('\n');
  lines.pop(); // empty, or torn when its writer was killed
  const header = parse(lines[0] ?? text);
  if (!isRecord(header) || header['format'] !== FORMAT) {
    return 'not-a-journal';
  }
  const { version, started } = header;
  if (typeof version !== 'number' || version > VERSION) {
    return 'later-version';
  }
  const reader = new Reader(typeof started === 'number' ? started : 0);
  for (let line = 1; line < lines.length; line++) {
    const fields = parse(lines[line] ?? '');
    if (!Array.isArray(fields) || !reader.take(fields)) {
      return `damaged:${line + 1}`;
    }
  }
  return reader.run();
}

class Reader {
  constructor(began: number) {
    this._began = began;
  }

  /** Take what a line tells; whether it could be understood. */
  take(fields: readonly unknown[]): boolean {
    const [kind, micros, ...rest] = fields;
    if (typeof kind !== 'string' || typeof micros !== 'number') {
      return false;
    }
    const time = micros * 1e-6;
    this._last = Math.max(this._last, time);
    const state = STATES[kind];
    if (state !== undefined) {
      return this._change(state, time, rest);
    }
    switch (kind) {
      case 'function':
        this._functions[Number(rest[0])] = String(rest[1]);
        return true;
      case 'submitted':
        return this._submit(time, rest);
      case 'error':
        this._fail(Number(rest[0]), String(rest[1]), String(rest[2] ?? ''));
        return true;
      case 'try':
        this._try(time, rest);
        return true;
      case 'joined':
        this._engines.push({
          engine: Number(rest[0]),
          host: String(rest[1]),
          pid: Number(rest[2]),
          joined: time,
          left: null
        });
        return true;
      case 'left':
        this._engines = this._engines.map(engine =>
          engine.engine === rest[0] && engine.left === null
            ? { ...engine, left: time }
            : engine
        );
        return true;
      default:
        return true; // of a later release
    }
  }

  run(): IPastRun {
    const rows = this._task.length;
    const part: IGraphPart = {
      kind: 'graph',
      stream: 'journal',
      sequence: 0,
      complete: true,
      began: this._began,
      now: this._last,
      base: 0,
      firstFunction: 0,
      functions: Array.from(this._functions, name => name ?? ''),
      engines: this._engines,
      errors: [...this._details.values()]
        .filter(({ error }) => error !== '')
        .map(({ task, error }) => [task, error] as const),
      cells: [],
      added: {
        task: Int32Array.from(this._task),
        function: Int32Array.from(this._function),
        origin: Int32Array.from(this._origin),
        submitted: Float64Array.from(this._submitted),
        parents: Int32Array.from(this._parents),
        links: Int32Array.from(this._links),
        state: Uint8Array.from(this._state),
        engine: Int32Array.from(this._engine),
        start: Float64Array.from(this._start),
        seconds: Float32Array.from(this._seconds),
        size: Float32Array.from(this._size),
        memory: Float32Array.from(this._memory)
      },
      changed: {
        row: new Int32Array(0),
        state: new Uint8Array(0),
        engine: new Int32Array(0),
        start: new Float64Array(0),
        seconds: new Float32Array(0),
        size: new Float32Array(0),
        memory: new Float32Array(0)
      }
    };
    const ended = new Float64Array(rows);
    ended.set(this._ended);
    return { part, ended, details: this._details };
  }

  private _submit(time: number, fields: readonly unknown[]): boolean {
    const tasks = numbers(fields[0]);
    if (tasks === null) {
      return false;
    }
    const functions = column(fields[1], tasks.length);
    const origins = column(fields[3], tasks.length);
    const parents = Array.isArray(fields[2]) ? fields[2] : null;
    tasks.forEach((task, place) => {
      const told: unknown = parents?.[place] ?? 0;
      const made = Array.isArray(told) ? told : told === 0 ? [] : [told];
      const rows = made.flatMap(
        parent => this._rowOf.get(Number(parent)) ?? []
      );
      this._rowOf.set(task, this._task.length);
      this._task.push(task);
      this._function.push(functions[place] ?? 0);
      this._origin.push(origins[place] ?? -1);
      this._submitted.push(time);
      this._parents.push(rows.length);
      this._links.push(...rows);
      this._state.push(STATE.waiting);
      this._engine.push(-1);
      this._start.push(0);
      this._seconds.push(-1);
      this._size.push(0);
      this._memory.push(0);
      this._ended.push(0);
    });
    return true;
  }

  private _change(
    state: number,
    time: number,
    fields: readonly unknown[]
  ): boolean {
    const tasks = numbers(fields[0]);
    if (tasks === null) {
      return false;
    }
    const ran = fields.length > 3;
    const nanos = column(fields[3], tasks.length);
    const sizes = column(fields[4], tasks.length);
    const starts = Array.isArray(fields[2]) ? fields[2] : null;
    let next = typeof fields[2] === 'number' ? fields[2] * 1e-6 : 0;
    const begun = state === STATE.cancelled ? this._begun() : null;
    tasks.forEach((task, place) => {
      const row = this._rowOf.get(task);
      if (row === undefined) {
        return;
      }
      this._held.get(this._engine[row] ?? -1)?.delete(row);
      this._state[row] = state;
      this._ended[row] = state >= STATE.done ? time : 0;
      if (state === STATE.cancelled) {
        const start = begun?.has(row) === true ? (this._start[row] ?? 0) : 0;
        this._start[row] = start;
        this._seconds[row] = start > 0 ? time - start : -1;
        return;
      }
      const engine = state === STATE.waiting ? -1 : Number(fields[1]);
      this._engine[row] = engine;
      this._start[row] = 0;
      if (state === STATE.running) {
        this._start[row] = time + place * APART;
        const held = this._held.get(engine) ?? new Set();
        this._held.set(engine, held.add(row));
      }
      this._seconds[row] = -1;
      if (ran) {
        const seconds = (nanos[place] ?? 0) * 1e-9;
        this._start[row] =
          starts === null ? next : Number(starts[place] ?? 0) * 1e-6;
        next += next > 0 ? seconds : 0;
        this._seconds[row] = (this._start[row] ?? 0) > 0 ? seconds : -1;
        this._size[row] = sizes[place] ?? 0;
        this._memory[row] = Number(fields[5] ?? 0);
      }
    });
    return true;
  }

  /** The tasks that engines run: of those that each has, the one that was sent first. */
  private _begun(): Set<number> {
    return new Set([...this._held.values()].flatMap(([first]) => first ?? []));
  }

  private _fail(task: number, error: string, traceback: string): void {
    this._details.set(task, { ...this._detail(task), error, traceback });
  }

  private _try(time: number, fields: readonly unknown[]): void {
    const [task, engine, start, nanos, reason] = fields;
    const detail = this._detail(Number(task));
    const began = Number(start) * 1e-6;
    const tried: ITry = {
      engine: Number(engine),
      start: began,
      ended: began > 0 ? began + Number(nanos) * 1e-9 : time,
      reason: String(reason)
    };
    this._details.set(Number(task), {
      ...detail,
      tries: [...detail.tries, tried].slice(-TRIES)
    });
  }

  private _detail(task: number): ITaskDetail {
    return this._details.get(task) ?? { ...NOTHING, task };
  }

  private _began: number;
  private _details = new Map<number, ITaskDetail>();
  private _ended: number[] = [];
  /** What each engine has and has not finished, in the order in which it was sent. */
  private _held = new Map<number, Set<number>>();
  private _engine: number[] = [];
  private _engines: IGraphEngine[] = [];
  private _function: number[] = [];
  private _functions: string[] = [];
  private _last = 0;
  private _links: number[] = [];
  private _memory: number[] = [];
  private _origin: number[] = [];
  private _parents: number[] = [];
  private _rowOf = new Map<number, number>();
  private _seconds: number[] = [];
  private _size: number[] = [];
  private _start: number[] = [];
  private _state: number[] = [];
  private _submitted: number[] = [];
  private _task: number[] = [];
}

/** A number, a list of numbers, or `"first-last"`. */
function numbers(told: unknown): number[] | null {
  if (typeof told === 'number') {
    return [told];
  }
  if (typeof told === 'string') {
    const [first, last] = told.split('-').map(Number);
    return first === undefined || last === undefined || !(last >= first)
      ? null
      : Array.from({ length: last - first + 1 }, (_, place) => first + place);
  }
  return Array.isArray(told) ? told.map(Number) : null;
}

/** One number for all, or a list. */
function column(told: unknown, count: number): readonly number[] {
  return Array.isArray(told)
    ? told.map(Number)
    : new Array<number>(count).fill(typeof told === 'number' ? told : 0);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
