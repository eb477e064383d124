import type { IPastRun } from './journal';
import { STATE, type TaskTable } from './tasks';

/** Shows a past run as it was at any time. */
export class Replay {
  /** When something happened first and last, seconds since the run began. */
  readonly begin: number;
  readonly end: number;

  constructor(table: TaskTable, run: IPastRun) {
    this._table = table;
    this._run = run;
    table.apply(run.part);
    const { submitted, start, seconds } = run.part.added;
    this.begin = submitted[0] ?? 0;
    let end = this.begin;
    for (let row = 0; row < submitted.length; row++) {
      const ran = (start[row] ?? 0) + Math.max(0, seconds[row] ?? 0);
      end = Math.max(end, ran, run.ended[row] ?? 0, submitted[row] ?? 0);
    }
    this.end = end;
    table.span = [this.begin, end];
    this.show(end);
  }

  /** Let the table be as it was at a time; what was not submitted then waits. */
  show(time: number): void {
    const { added } = this._run.part;
    const { ended } = this._run;
    const table = this._table;
    for (let row = 0; row < table.rows; row++) {
      const start = added.start[row] ?? 0;
      const seconds = added.seconds[row] ?? -1;
      const ran = start > 0 && seconds >= 0;
      const end = ran ? start + seconds : (ended[row] ?? 0);
      const over = (added.state[row] ?? 0) >= STATE.done && end <= time;
      const began = start > 0 && start <= time;
      table.start[row] = began ? start : 0;
      table.seconds[row] = over && began ? seconds : -1;
      table.engine[row] = began || over ? (added.engine[row] ?? -1) : -1;
      table.state[row] = over
        ? (added.state[row] ?? 0)
        : began
          ? STATE.running
          : STATE.waiting;
    }
    table.now = time;
    table.settle();
  }

  private _run: IPastRun;
  private _table: TaskTable;
}
