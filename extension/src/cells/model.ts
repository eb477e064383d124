import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { IPageRequest } from '../core/protocol';
import { readMessage } from '../session/protocol';
import {
  readCellsMessage,
  readOutputsMessage,
  type ICellFacts,
  type IKeptOutputs
} from './protocol';
import { isAtWork } from './relations';

type Watch = NonNullable<IPageRequest['cells']>;

const TICK_MS = 500;

/** Where news of cells come from. */
export interface ICellSource {
  /** The session; null while the kernel has none. */
  readonly latest: unknown;
  /** Whether the kernel is known to have none. */
  readonly hasNone: boolean;
  readonly changed: ISignal<ICellSource, void>;
  readonly heard: ISignal<ICellSource, { readonly data: unknown }>;
  watchCells(watch: () => Watch): IDisposable;
  request(request: IPageRequest): void;
}

/** What is known of the cells of a notebook. */
export class CellsModel implements IDisposable {
  /** The last execution of each cell by its identity. */
  get cells(): ReadonlyMap<string, ICellFacts> {
    return this._cells;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The kernel has told what a cell has shown. */
  get outputs(): ISignal<this, IKeptOutputs> {
    return this._outputs;
  }

  /** Order of the last execution before this page heard of the kernel. */
  get before(): number {
    return this._before;
  }

  /** Whether the kernel is known to have no session; not where there is no kernel. */
  get hasNone(): boolean {
    return this._source?.hasNone ?? false;
  }

  /** Seconds since the session began, as the tasks' times are counted. */
  get now(): number {
    return this._told + (performance.now() - this._heardAt) / 1000;
  }

  /** Name of the cluster, empty without one. */
  get cluster(): string {
    const reading = readMessage(this._source?.latest ?? null);
    return reading.kind === 'session' ? reading.session.cluster : '';
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      clearInterval(this._clock);
      this._leave();
      Signal.clearData(this);
    }
  }

  /** Hear of another kernel; null while there is none. */
  follow(source: ICellSource | null): void {
    if (source === this._source) {
      return;
    }
    this._leave();
    this._source = source;
    this._clear();
    if (source !== null) {
      source.heard.connect(this._hear, this);
      source.changed.connect(this._onSession, this);
      this._watching = source.watchCells(() => this._watch());
    }
  }

  /** Ask for the tasks of a cell to be cancelled; also while a cell runs. */
  cancel(cell: string): void {
    this._source?.request({ cancel_cells: [cell] });
  }

  /** Ask what cells have shown. */
  askForOutputs(cells: readonly string[]): void {
    this._source?.request({ outputs: cells });
  }

  private _watch(): Watch {
    return { stream: this._stream, sequence: this._sequence };
  }

  private _hear(_: ICellSource, heard: { readonly data: unknown }): void {
    const part = readCellsMessage(heard.data);
    if (part === null) {
      const outputs = readOutputsMessage(heard.data);
      if (outputs !== null) {
        this._outputs.emit(outputs);
      }
      return;
    }
    const isKnown = part.stream === this._stream;
    if (isKnown && part.sequence <= this._sequence) {
      return; // for another page
    }
    if (!part.all && !(isKnown && part.sequence === this._sequence + 1)) {
      this._sequence = -1;
      this._source?.request({});
      return;
    }
    if (part.all) {
      this._cells.clear();
      if (this._before < 0) {
        this._before = Math.max(0, ...part.cells.map(facts => facts.order));
      }
    }
    part.cells.forEach(facts => this._cells.set(facts.cell, facts));
    this._stream = part.stream;
    this._sequence = part.sequence;
    this._told = part.now;
    this._heardAt = performance.now();
    this._tick();
    this._changed.emit();
  }

  /** Let time go on for cells at work, also while nothing is told. */
  private _tick(): void {
    if (![...this._cells.values()].some(isAtWork)) {
      clearInterval(this._clock);
      this._clock = undefined;
    } else {
      this._clock ??= setInterval(() => this._changed.emit(), TICK_MS);
    }
  }

  private _onSession(): void {
    if (this._source?.latest === null) {
      this._clear(); // the kernel begins anew
    } else if (this.cluster !== this._cluster) {
      this._cluster = this.cluster;
      this._changed.emit();
    }
  }

  private _clear(): void {
    this._cells.clear();
    this._before = -1;
    this._stream = '';
    this._sequence = -1;
    this._tick();
    this._changed.emit();
  }

  private _leave(): void {
    this._source?.heard.disconnect(this._hear, this);
    this._source?.changed.disconnect(this._onSession, this);
    this._watching?.dispose();
    this._watching = null;
    this._source = null;
  }

  private _before = -1;
  private _cells = new Map<string, ICellFacts>();
  private _changed = new Signal<this, void>(this);
  private _cluster = '';
  private _clock: ReturnType<typeof setInterval> | undefined;
  private _heardAt = 0;
  private _isDisposed = false;
  private _outputs = new Signal<this, IKeptOutputs>(this);
  private _sequence = -1;
  private _source: ICellSource | null = null;
  private _stream = '';
  private _told = 0;
  private _watching: IDisposable | null = null;
}
