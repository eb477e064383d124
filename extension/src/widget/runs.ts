import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import { ReplayView } from '../replay/view';
import type { ITaskActions } from '../run/inspector';
import { RunModel } from '../run/model';
import { saveText } from '../run/save';
import { RunView } from '../run/view';
import { readJournalMessage, WidgetSource, type IWidgetModel } from './source';
import { words } from './words';

/** A widget knows its kernel, and not the cells of its notebook. */
const NO_CELLS: ITaskActions = {
  hasCell: () => false,
  goToCell: () => undefined,
  hasLine: () => false,
  goToLine: () => undefined,
  runCell: () => undefined
};

/** What a widget shows. */
export interface IShownRun {
  /** Whether the kernel has told anything: after it has gone it does not. */
  readonly isThere: boolean;
  /** It is there. */
  readonly came: ISignal<IShownRun, void>;
  /** Make something that shows it; at each place stands another. */
  view(): Widget;
}

/** The tasks of the session in the kernel, live. */
export class LiveRun implements IShownRun, IDisposable {
  constructor(model: IWidgetModel) {
    this._source = new WidgetSource(model);
    this._source.changed.connect(() => this._came.emit());
    this._run.follow(this._source);
  }

  get isThere(): boolean {
    return this._source.latest !== null;
  }

  get came(): ISignal<this, void> {
    return this._came;
  }

  get isDisposed(): boolean {
    return this._run.isDisposed;
  }

  dispose(): void {
    this._run.dispose();
    this._source.dispose();
    Signal.clearData(this);
  }

  view(): Widget {
    const view = new RunView(this._run, NO_CELLS, saveText, words);
    view.title.label = 'run';
    return view;
  }

  private _came = new Signal<this, void>(this);
  private _run = new RunModel();
  private _source: WidgetSource;
}

/** A run that a journal tells of, with a slider for the time. */
export class PastRun implements IShownRun, IDisposable {
  constructor(model: IWidgetModel) {
    this._model = model;
    model.on('msg:custom', this._hear);
    model.send({ journal: true });
  }

  get isThere(): boolean {
    return this._text !== null;
  }

  get came(): ISignal<this, void> {
    return this._came;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._model.off('msg:custom', this._hear);
    Signal.clearData(this);
  }

  view(): Widget {
    const view = new ReplayView(words);
    view.load(this._text ?? '');
    return view;
  }

  private _hear = (
    data: unknown,
    buffers: readonly (ArrayBuffer | ArrayBufferView)[]
  ): void => {
    const text = readJournalMessage(data, buffers);
    if (text !== null && this._text === null) {
      this._text = text;
      this._came.emit();
    }
  };

  private _came = new Signal<this, void>(this);
  private _isDisposed = false;
  private _model: IWidgetModel;
  private _text: string | null = null;
}
