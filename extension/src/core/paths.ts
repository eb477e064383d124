import { STATE, type TaskTable } from './tasks';

/** The chain of tasks that took longest, in order, and its seconds. */
export interface ICriticalPath {
  readonly rows: readonly number[];
  readonly seconds: number;
}

/** The longest chain of the tasks that ran: no number of engines makes it shorter. */
export function criticalPath(table: TaskTable): ICriticalPath {
  const finish = new Float64Array(table.rows);
  const before = new Int32Array(table.rows).fill(-1);
  let last = -1;
  for (let row = 0; row < table.rows; row++) {
    let latest = -1;
    const end = table.firstLink[row + 1] ?? 0;
    for (let link = table.firstLink[row] ?? 0; link < end; link++) {
      const parent = table.links[link] ?? 0;
      if (latest < 0 || (finish[parent] ?? 0) > (finish[latest] ?? 0)) {
        latest = parent;
      }
    }
    const lasted = table.endOf(row) - table.startOf(row);
    finish[row] = lasted + (latest < 0 ? 0 : (finish[latest] ?? 0));
    before[row] = latest;
    if (last < 0 || (finish[row] ?? 0) > (finish[last] ?? 0)) {
      last = row;
    }
  }
  const seconds = last < 0 ? 0 : (finish[last] ?? 0);
  const rows: number[] = [];
  for (let row = seconds > 0 ? last : -1; row >= 0; row = before[row] ?? -1) {
    rows.push(row);
  }
  return { rows: rows.reverse(), seconds };
}

/** What a run comes to; times are those of the table, Infinity for what has not been. */
export interface IRunTotals {
  /** When the first task was submitted, and when the first one began. */
  readonly submitted: number;
  readonly begun: number;
  /** When the last one that began has ended, or the time now. */
  readonly ended: number;
  /** How long all tasks ran together, in seconds. */
  readonly busy: number;
  readonly critical: ICriticalPath;
}

export function runTotals(table: TaskTable): IRunTotals {
  let submitted = Infinity;
  let begun = Infinity;
  let ended = 0;
  let busy = 0;
  for (let row = 0; row < table.rows; row++) {
    submitted = Math.min(submitted, table.submitted[row] ?? 0);
    const start = table.startOf(row);
    if (start > 0) {
      const end = table.endOf(row);
      begun = Math.min(begun, start);
      ended = Math.max(ended, end);
      busy += end - start;
    }
  }
  return { submitted, begun, ended, busy, critical: criticalPath(table) };
}

/** The next failed row after this one, beginning anew at the end; -1 when none failed. */
export function nextFailed(table: TaskTable, row: number): number {
  for (let step = 1; step <= table.rows; step++) {
    const candidate = (row + step + table.rows) % table.rows;
    if (table.state[candidate] === STATE.failed) {
      return candidate;
    }
  }
  return -1;
}

/**
 * The rows that a text finds: a task's number as `#7` or `7`, the name of a
 * state, or a part of a function's name or of an error.
 */
export function find(
  table: TaskTable,
  text: string,
  states: readonly string[]
): Int32Array {
  const wanted = text.trim().toLowerCase();
  const number = /^#?\d+$/.test(wanted) ? Number(wanted.replace('#', '')) : -1;
  const state = states.findIndex(name => name.toLowerCase() === wanted);
  const named = table.functions.map(name =>
    name.toLowerCase().includes(wanted)
  );
  const found: number[] = [];
  for (let row = 0; row < table.rows; row++) {
    const task = table.task[row] ?? -1;
    if (
      task === number ||
      table.state[row] === state ||
      named[table.function[row] ?? -1] === true ||
      (table.state[row] === STATE.failed &&
        table.errors.get(task)?.toLowerCase().includes(wanted) === true)
    ) {
      found.push(row);
    }
  }
  return Int32Array.from(found);
}
