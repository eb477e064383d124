import type { IGraphEngine, IGraphPart } from './protocol';

/** States by the number that stands for them in a column. */
export const STATE = {
  waiting: 0,
  ready: 1,
  running: 2,
  done: 3,
  failed: 4,
  cancelled: 5,
  cached: 6,
  sent: 7
} as const;

export const STATE_COUNT = 8;

/** Whether a task in this state has not ended. */
export function isUnfinished(state: number): boolean {
  return state <= STATE.running || state === STATE.sent;
}

/** Whether a task in this state has made, or found, its result. */
export function hasResult(state: number): boolean {
  return state === STATE.done || state === STATE.cached;
}

/** All tasks of a session in rows, in the order of their submission. */
export class TaskTable {
  rows = 0;
  /** Seconds since the epoch from which all times are counted. */
  began = 0;
  /** When the kernel told this last. */
  now = 0;
  complete = true;
  /** From when to when a past run went on; null for one that may go on. */
  span: readonly [number, number] | null = null;
  stream = '';
  sequence = -1;
  functions: string[] = [];
  engines: readonly IGraphEngine[] = [];
  /** Error of failed tasks by their number. */
  readonly errors = new Map<number, string>();
  /** Id of the cell of a cell execution. */
  readonly cells = new Map<number, string>();
  /** Rises whenever anything changes. */
  version = 0;

  task = new Int32Array(1024);
  function = new Int32Array(1024);
  origin = new Int32Array(1024);
  submitted = new Float64Array(1024);
  state = new Uint8Array(1024);
  engine = new Int32Array(1024);
  start = new Float64Array(1024);
  seconds = new Float32Array(1024);
  size = new Float32Array(1024);
  memory = new Float32Array(1024);
  /** Where the parents of a row begin in `links`; those of row r end where r + 1's begin. */
  firstLink = new Int32Array(1025);
  links = new Int32Array(1024);

  /** Number of tasks in each state. */
  readonly counts = new Int32Array(STATE_COUNT);
  /** The same for each function, `STATE_COUNT` entries each. */
  functionCounts = new Int32Array(0);

  /**
   * Add a part.
   *
   * @returns false when parts before it are missing: everything must be asked for
   */
  apply(part: IGraphPart): boolean {
    if (part.stream === this.stream && part.sequence <= this.sequence) {
      return true; // for another page, or known already
    }
    const isNext =
      part.stream === this.stream &&
      part.sequence === this.sequence + 1 &&
      part.base === this.rows &&
      part.firstFunction === this.functions.length;
    if (!isNext) {
      if (part.base > 0 || part.firstFunction > 0) {
        return false;
      }
      this._clear();
    }
    this.stream = part.stream;
    this.sequence = part.sequence;
    this.complete = part.complete;
    this.began = part.began;
    this.now = part.now;
    this.functions.push(...part.functions);
    this.engines = part.engines ?? this.engines;
    part.errors.forEach(([task, error]) => this.errors.set(task, error));
    part.cells.forEach(([origin, cell]) => this.cells.set(origin, cell));
    this._append(part);
    this._change(part);
    this.settle();
    return true;
  }

  /** Find out what follows from the states of the tasks, which are others now. */
  settle(): void {
    this._findReady();
    this._findRunning();
    this._count();
    this.version++;
  }

  /**
   * Take what has not ended as cancelled: its session is over, and nobody will
   * do it any more.
   *
   * @returns how many tasks that were
   */
  end(): number {
    let count = 0;
    for (let row = 0; row < this.rows; row++) {
      if (isUnfinished(this.state[row] ?? 0)) {
        const start = this.startOf(row);
        this.start[row] = start;
        this.seconds[row] = start > 0 ? Math.max(0, this.now - start) : -1;
        this.state[row] = STATE.cancelled;
        count++;
      }
    }
    this.engines = this.engines.map(engine => ({
      ...engine,
      left: engine.left ?? this.now
    }));
    this.settle();
    return count;
  }

  /** Row of a task's number, -1 when there is none. */
  rowOf(task: number): number {
    return this._rowOf[task] ?? -1;
  }

  /** Rows of the tasks that made what this one reads. */
  parentsOf(row: number): Int32Array {
    return this.links.subarray(this.firstLink[row], this.firstLink[row + 1]);
  }

  /** Rows of the tasks that read what this one makes. */
  childrenOf(row: number): number[] {
    const children: number[] = [];
    for (let child = row + 1; child < this.rows; child++) {
      const end = this.firstLink[child + 1] ?? 0;
      for (let link = this.firstLink[child] ?? 0; link < end; link++) {
        if (this.links[link] === row) {
          children.push(child);
          break;
        }
      }
    }
    return children;
  }

  nameOf(row: number): string {
    return this.functions[this.function[row] ?? -1] ?? '';
  }

  /**
   * When a task began; 0 for one that has not. Of one that runs it is only known
   * when it was sent, and when the one before it on its engine ended.
   */
  startOf(row: number): number {
    const start = this.start[row] ?? 0;
    switch (this.state[row]) {
      case STATE.sent:
        return 0;
      case STATE.running:
        return start > 0
          ? Math.max(start, this._ended[this.engine[row] ?? -1] ?? 0)
          : 0;
      default:
        return start;
    }
  }

  /** How many tasks the engine of a sent one has before it, the one that it runs among them. */
  aheadOf(row: number): number {
    const { state, engine, start } = this;
    let count = 0;
    for (let other = 0; other < this.rows; other++) {
      if (
        (state[other] === STATE.running || state[other] === STATE.sent) &&
        engine[other] === engine[row] &&
        isBefore(start, other, row)
      ) {
        count++;
      }
    }
    return count;
  }

  /** When a task ended or, while it runs, the time now; 0 for one that has not begun. */
  endOf(row: number): number {
    const start = this.startOf(row);
    const seconds = this.seconds[row] ?? -1;
    if (start <= 0) {
      return 0;
    }
    return seconds >= 0 ? start + seconds : Math.max(this.now, start);
  }

  /** Whether any task has not ended. */
  get isLive(): boolean {
    const { counts } = this;
    return (
      (counts[STATE.waiting] ?? 0) +
        (counts[STATE.ready] ?? 0) +
        (counts[STATE.sent] ?? 0) +
        (counts[STATE.running] ?? 0) >
      0
    );
  }

  private _clear(): void {
    this.rows = 0;
    this.functions = [];
    this.engines = [];
    this.errors.clear();
    this.cells.clear();
    this._rowOf = [];
    this.generation++;
  }

  /** Rises when rows stand for other tasks than before. */
  generation = 0;

  private _append(part: IGraphPart): void {
    const { added } = part;
    const count = added.task.length;
    const rows = this.rows + count;
    this._grow(rows);
    this.task.set(added.task, this.rows);
    this.function.set(added.function, this.rows);
    this.origin.set(added.origin, this.rows);
    this.submitted.set(added.submitted, this.rows);
    this.state.set(added.state, this.rows);
    this.engine.set(added.engine, this.rows);
    this.start.set(added.start, this.rows);
    this.seconds.set(added.seconds, this.rows);
    this.size.set(added.size, this.rows);
    this.memory.set(added.memory, this.rows);
    let link = this.firstLink[this.rows] ?? 0;
    this.links = grown(this.links, link + added.links.length);
    this.links.set(added.links, link);
    for (let entry = 0; entry < count; entry++) {
      link += added.parents[entry] ?? 0;
      this.firstLink[this.rows + entry + 1] = link;
      this._rowOf[added.task[entry] ?? 0] = this.rows + entry;
    }
    this.rows = rows;
  }

  private _change(part: IGraphPart): void {
    const { changed } = part;
    for (let entry = 0; entry < changed.row.length; entry++) {
      const row = changed.row[entry] ?? 0;
      if (row < this.rows) {
        this.state[row] = changed.state[entry] ?? 0;
        this.engine[row] = changed.engine[entry] ?? -1;
        this.start[row] = changed.start[entry] ?? 0;
        this.seconds[row] = changed.seconds[entry] ?? -1;
        this.size[row] = changed.size[entry] ?? 0;
        this.memory[row] = changed.memory[entry] ?? 0;
      }
    }
  }

  private _grow(rows: number): void {
    this.task = grown(this.task, rows);
    this.function = grown(this.function, rows);
    this.origin = grown(this.origin, rows);
    this.submitted = grown(this.submitted, rows);
    this.state = grown(this.state, rows);
    this.engine = grown(this.engine, rows);
    this.start = grown(this.start, rows);
    this.seconds = grown(this.seconds, rows);
    this.size = grown(this.size, rows);
    this.memory = grown(this.memory, rows);
    this.firstLink = grown(this.firstLink, rows + 1);
  }

  /** A task is ready when all that it reads is made; the kernel does not tell. */
  private _findReady(): void {
    const { state, links, firstLink } = this;
    for (let row = 0; row < this.rows; row++) {
      if ((state[row] ?? 0) > STATE.ready) {
        continue;
      }
      let ready: number = STATE.ready;
      const end = firstLink[row + 1] ?? 0;
      for (let link = firstLink[row] ?? 0; link < end; link++) {
        if (!hasResult(state[links[link] ?? 0] ?? 0)) {
          ready = STATE.waiting;
          break;
        }
      }
      state[row] = ready;
    }
  }

  /**
   * Find of each engine the task that it runs, and when the one before it ended.
   * It has many tasks in advance, and of those the one that was sent first runs.
   */
  private _findRunning(): void {
    const { state, engine, start, seconds } = this;
    const heads: number[] = [];
    const ended: number[] = [];
    for (let row = 0; row < this.rows; row++) {
      const where = engine[row] ?? -1;
      const began = start[row] ?? 0;
      if (where < 0 || began <= 0) {
        continue;
      }
      if (state[row] === STATE.running || state[row] === STATE.sent) {
        const head = heads[where];
        if (head === undefined || isBefore(start, row, head)) {
          heads[where] = row;
          if (head !== undefined) {
            state[head] = STATE.sent;
          }
          state[row] = STATE.running;
        } else {
          state[row] = STATE.sent;
        }
      } else {
        const end = began + (seconds[row] ?? 0);
        if (end > (ended[where] ?? 0)) {
          ended[where] = end;
        }
      }
    }
    this._ended = ended;
  }

  private _count(): void {
    const { counts, state } = this;
    const each = new Int32Array(this.functions.length * STATE_COUNT);
    for (let row = 0; row < this.rows; row++) {
      const place = (this.function[row] ?? 0) * STATE_COUNT + (state[row] ?? 0);
      each[place] = (each[place] ?? 0) + 1;
    }
    counts.fill(0);
    each.forEach((count, place) => {
      const code = place % STATE_COUNT;
      counts[code] = (counts[code] ?? 0) + count;
    });
    this.functionCounts = each;
  }

  private _ended: number[] = [];
  private _rowOf: number[] = [];
}

/** Whether one row was sent before another. */
function isBefore(start: Float64Array, row: number, other: number): boolean {
  const difference = (start[row] ?? 0) - (start[other] ?? 0);
  return difference < 0 || (difference === 0 && row < other);
}

/** A column with room for so many entries. */
export function grown<
  T extends Int32Array | Float64Array | Float32Array | Uint8Array
>(column: T, size: number): T {
  if (size <= column.length) {
    return column;
  }
  const create = column.constructor as new (size: number) => T;
  const larger = new create(Math.max(size, column.length * 2));
  larger.set(column);
  return larger;
}
