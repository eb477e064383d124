import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import {
  find,
  nextFailed,
  runTotals,
  type ICriticalPath,
  type IRunTotals
} from '../core/paths';
import {
  readGraphMessage,
  type IPageRequest,
  type ITaskDetail
} from '../core/protocol';
import type { IPastRun } from '../core/journal';
import { Replay } from '../core/replay';
import type { IMarks } from '../core/scene';
import { isUnfinished, STATE, TaskTable } from '../core/tasks';
import { TASK_STATES } from '../session/protocol';

type Watch = NonNullable<IPageRequest['watch']>;

/** What is to be seen of a run. */
export type RunStatus =
  | 'no-kernel'
  | 'no-session'
  | 'loading'
  | 'shown'
  /** The tasks of a session that is over. */
  | 'ended'
  /** The tasks as they were when the notebook was closed. */
  | 'closed';

const TICK_MS = 500;
const TOTALS_MS = 1000;
const LOG_MS = 2000;

/** Where a task graph comes from. */
export interface IGraphSource {
  /** Null while the kernel has no session. */
  readonly latest: unknown;
  readonly changed: ISignal<IGraphSource, void>;
  readonly heard: ISignal<
    IGraphSource,
    {
      readonly data: unknown;
      readonly buffers: readonly (ArrayBuffer | ArrayBufferView)[];
    }
  >;
  watch(watch: () => Watch): IDisposable;
  request(request: IPageRequest): void;
}

/** What is known of a run, and what of it is looked at. */
export class RunModel implements IDisposable {
  readonly table = new TaskTable();

  /** Tasks, or what is looked at, are others. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The task that was chosen should be brought into sight. */
  get revealed(): ISignal<this, number> {
    return this._revealed;
  }

  get status(): RunStatus {
    if (this._replay !== null) {
      return 'shown';
    }
    const isKept = this.table.rows > 0;
    if (this._isClosed) {
      return isKept ? 'closed' : 'no-kernel';
    }
    if (this._source === null || this._source.latest === null) {
      const without = this._source === null ? 'no-kernel' : 'no-session';
      return isKept && this._lost !== null ? 'ended' : without;
    }
    return this.table.sequence < 0 ? 'loading' : 'shown';
  }

  /** How many tasks had not ended when their session did. */
  get lost(): number {
    return this._lost ?? 0;
  }

  get marks(): IMarks {
    return {
      selected: this._selected,
      found: this._query === '' ? null : this._found,
      isFound: this._query === '' ? null : this._isFound,
      critical: this._showsCritical ? this.critical.rows : null
    };
  }

  /** Row of the selected task, -1 for none. */
  get selected(): number {
    return this._selected;
  }

  get query(): string {
    return this._query;
  }

  get found(): Int32Array {
    return this._found;
  }

  get showsCritical(): boolean {
    return this._showsCritical;
  }

  get critical(): ICriticalPath {
    return this.totals.critical;
  }

  /** What the run comes to; while it goes on as it was less than a second ago, for it takes all tasks. */
  get totals(): IRunTotals {
    const { table } = this;
    const { generation, version } = table;
    const now = performance.now();
    const isDue =
      this._totalled.generation !== generation ||
      this._replay !== null ||
      !table.isLive ||
      now - this._totalled.at >= TOTALS_MS;
    if (this._totalled.version !== version && isDue) {
      this._totalled = { generation, version, at: now };
      this._totals = runTotals(table);
    }
    return this._totals;
  }

  /** Whether the run is a past one, of which a journal tells. */
  get isPast(): boolean {
    return this._past !== null;
  }

  /** What is told of the selected task alone; null until the kernel has told. */
  get detail(): ITaskDetail | null {
    const detail = this._detail;
    const task = this.table.task[this._selected];
    return detail !== null && detail.task === task ? detail : null;
  }

  /** What came of the last wish, empty for nothing. */
  get notice(): string {
    return this._notice;
  }

  /** Why the kernel did not do what was wished for last. */
  get refusal(): string {
    return this._refusal;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._leave();
      Signal.clearData(this);
    }
  }

  /**
   * Show what another kernel does.
   *
   * @param source null while there is none
   * @param isClosed whether its notebook is closed, and it may go on
   */
  follow(source: IGraphSource | null, isClosed = false): void {
    if (source === this._source && isClosed === this._isClosed) {
      return;
    }
    this._leave();
    this._source = source;
    this._isClosed = isClosed;
    this.table.sequence = -1;
    if (source !== null) {
      source.heard.connect(this._hear, this);
      source.changed.connect(this._onSession, this);
      this._watching = source.watch(() => this._watch());
    } else if (!isClosed) {
      this._end();
    }
    this._changed.emit();
  }

  /** Show a past run; it can be rewound with what is returned. */
  load(run: IPastRun): Replay {
    this.follow(null);
    this._past = run;
    this._replay = new Replay(this.table, run);
    this._changed.emit();
    return this._replay;
  }

  /** Show the past run as it was at a time, in seconds since it began. */
  rewind(time: number): void {
    this._replay?.show(time);
    this._findAgain();
    this._changed.emit();
  }

  select(row: number, options: { reveal?: boolean } = {}): void {
    this._selected = row < this.table.rows ? row : -1;
    this._notice = '';
    this._detail =
      this._past?.details.get(this.table.task[row] ?? -1) ?? this._detail;
    this._askForDetail();
    this._changed.emit();
    if (options.reveal === true && row >= 0) {
      this._revealed.emit(row);
    }
  }

  /** Select a task by its number, as soon as it is known. */
  selectTask(task: number): void {
    const row = this.table.rowOf(task);
    this._wanted = row < 0 ? task : -1;
    if (row >= 0) {
      this.select(row, { reveal: true });
    }
  }

  find(text: string): void {
    this._query = text.trim();
    this._findAgain();
    this._changed.emit();
  }

  /** Go to the next of what was found, or with -1 to the one before. */
  findNext(step: 1 | -1): void {
    const found = this._found;
    if (found.length > 0) {
      const next =
        step > 0
          ? found.find(row => row > this._selected)
          : [...found].reverse().find(row => row < this._selected);
      const first = step > 0 ? found[0] : found[found.length - 1];
      this.select(next ?? first ?? -1, { reveal: true });
    }
  }

  nextError(): void {
    const row = nextFailed(this.table, this._selected);
    if (row >= 0) {
      this.select(row, { reveal: true });
    }
  }

  showCritical(shows: boolean): void {
    this._showsCritical = shows;
    this._changed.emit();
  }

  /** Ask for tasks to be cancelled; also while a cell runs. */
  cancel(rows: readonly number[]): void {
    const cancel = rows.map(row => this.table.task[row] ?? 0);
    this._request = String(++this._requests);
    this._source?.request({ cancel, request: this._request });
  }

  /** Whether a task has not ended. */
  canCancel(row: number): boolean {
    const state = this.table.state[row];
    return (
      this._source !== null &&
      row >= 0 &&
      state !== undefined &&
      isUnfinished(state)
    );
  }

  private _watch(): Watch {
    const { stream, sequence } = this.table;
    return { stream, sequence };
  }

  private _hear(
    _: IGraphSource,
    heard: {
      readonly data: unknown;
      readonly buffers: readonly (ArrayBuffer | ArrayBufferView)[];
    }
  ): void {
    const message = readGraphMessage(heard.data, heard.buffers);
    switch (message?.kind) {
      case 'graph': {
        const generation = this.table.generation;
        if (!this.table.apply(message)) {
          this._askForAll();
          return;
        }
        if (this._lost !== null) {
          this._lost = null;
          this._selected = -1; // these are tasks of another session
        } else if (this.table.generation !== generation) {
          this._selected = Math.min(this._selected, this.table.rows - 1);
        }
        this._findAgain();
        if (this._wanted >= 0) {
          this.selectTask(this._wanted);
        }
        this._askForDetail({ onlyIfChanged: true });
        this._heardAt = performance.now();
        this._toldNow = message.now;
        this._tick();
        break;
      }
      case 'task':
        this._detail = message;
        break;
      case 'answer':
        if (message.request !== this._request) {
          return;
        }
        this._notice = message.cancelled === 0 ? 'ended' : 'cancelled';
        break;
      case 'error':
        if (message.request !== this._request || this._request === '') {
          console.warn(message.error); // of another page perhaps
          return;
        }
        this._notice = 'refused';
        this._refusal = message.error;
        break;
      default:
        return;
    }
    this._changed.emit();
  }

  /** Let time go on for tasks that run, also while nothing is told. */
  private _tick(): void {
    const runs = (this.table.counts[STATE.running] ?? 0) > 0;
    if (!runs) {
      this._stop();
    } else {
      this._clock ??= setInterval(() => {
        const since = (performance.now() - this._heardAt) / 1000;
        this.table.now = this._toldNow + since;
        this.table.version++;
        if (this.table.state[this._selected] === STATE.running) {
          this._askForDetail({ afterMs: LOG_MS }); // it may have written something
        }
        this._changed.emit();
      }, TICK_MS);
    }
  }

  private _stop(): void {
    clearInterval(this._clock);
    this._clock = undefined;
  }

  /** Ask what is known of the selected task, unless that was asked already. */
  private _askForDetail(
    options: { onlyIfChanged?: boolean; afterMs?: number } = {}
  ): void {
    const { table, _selected: row } = this;
    if (row < 0 || this._source === null) {
      this._askedFor = '';
      return;
    }
    const now = performance.now();
    const about = `${table.task[row]}/${table.state[row]}/${table.engine[row]}`;
    const since = now - this._askedAt;
    const isKnown = about === this._askedFor;
    if (
      (options.onlyIfChanged === true && isKnown) ||
      (options.afterMs !== undefined && since < options.afterMs)
    ) {
      return;
    }
    this._askedFor = about;
    this._askedAt = now;
    this._source.request({ task: table.task[row] ?? 0 });
  }

  private _askForAll(): void {
    if (!this._asked) {
      this._asked = true;
      this.table.sequence = -1;
      this._source?.request({});
      this._asked = false;
    }
  }

  private _onSession(): void {
    if (this._source?.latest === null) {
      this._end(); // a kernel that began anew has other tasks
    }
    const now = this.status;
    if (now !== this._told) {
      this._told = now;
      this._changed.emit();
    }
  }

  /** Keep the tasks of a session that is over as they were. */
  private _end(): void {
    this.table.sequence = -1;
    this._stop();
    if (this._replay === null && this._lost === null && this.table.rows > 0) {
      this._lost = this.table.end();
      this._findAgain();
    }
  }

  private _findAgain(): void {
    this._found =
      this._query === ''
        ? new Int32Array(0)
        : find(this.table, this._query, TASK_STATES);
    this._isFound = new Uint8Array(this._query === '' ? 0 : this.table.rows);
    this._found.forEach(row => (this._isFound[row] = 1));
  }

  private _leave(): void {
    this._source?.heard.disconnect(this._hear, this);
    this._source?.changed.disconnect(this._onSession, this);
    this._watching?.dispose();
    this._watching = null;
    this._source = null;
    this._stop(); // nobody tells any more when what runs has ended
  }

  private _asked = false;
  private _askedAt = 0;
  private _askedFor = '';
  private _changed = new Signal<this, void>(this);
  private _clock: ReturnType<typeof setInterval> | undefined;
  private _detail: ITaskDetail | null = null;
  private _found: Int32Array = new Int32Array(0);
  private _heardAt = 0;
  private _isDisposed = false;
  private _isClosed = false;
  private _isFound = new Uint8Array(0);
  /** Null while their session goes on, as far as is known. */
  private _lost: number | null = null;
  private _notice: '' | 'cancelled' | 'ended' | 'refused' = '';
  private _past: IPastRun | null = null;
  private _query = '';
  private _refusal = '';
  private _replay: Replay | null = null;
  private _request = '';
  private _requests = 0;
  private _revealed = new Signal<this, number>(this);
  private _selected = -1;
  private _showsCritical = false;
  private _source: IGraphSource | null = null;
  private _told = '';
  private _totalled = { generation: -1, version: -1, at: -Infinity };
  private _totals: IRunTotals = runTotals(this.table);
  private _toldNow = 0;
  private _wanted = -1;
  private _watching: IDisposable | null = null;
}
