import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { IPageRequest } from '../core/protocol';
import type { IGraphSource } from '../run/model';
import { ASK_AFTER, VERSION } from '../session/protocol';

type Watch = NonNullable<IPageRequest['watch']>;
type Buffers = readonly (ArrayBuffer | ArrayBufferView)[];

/** What is used of a widget's model, as anywidget gives it. */
export interface IWidgetModel {
  get(name: string): unknown;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
  send(content: unknown): void;
}

/** The task graph of a session as the kernel tells it over the comm of a widget. */
export class WidgetSource implements IGraphSource {
  constructor(model: IWidgetModel) {
    this._model = model;
    model.on('msg:custom', this._hear);
  }

  /** Null until the kernel has told something: it may have gone. */
  get latest(): unknown {
    return this._latest;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get heard(): ISignal<
    this,
    { readonly data: unknown; readonly buffers: Buffers }
  > {
    return this._heard;
  }

  watch(watch: () => Watch): IDisposable {
    this._watch = watch;
    this._ask();
    return new DisposableDelegate(() => (this._watch = null));
  }

  request(request: IPageRequest): void {
    this._ask(request);
  }

  dispose(): void {
    this._watch = null;
    this._model.off('msg:custom', this._hear);
    Signal.clearData(this);
  }

  private _hear = (data: unknown, buffers: Buffers): void => {
    const isFirst = this._latest === null;
    this._latest = data;
    if (isFirst) {
      this._changed.emit();
    }
    this._heard.emit({ data, buffers });
    // The kernel tells the less often, the longer it has heard nothing.
    if (++this._count >= ASK_AFTER) {
      this._ask();
    }
  };

  private _ask(request: IPageRequest = {}): void {
    this._count = 0;
    const watch = this._watch === null ? {} : { watch: this._watch() };
    this._model.send({ ...watch, ...request });
  }

  private _changed = new Signal<this, void>(this);
  private _count = 0;
  private _heard = new Signal<
    this,
    { readonly data: unknown; readonly buffers: Buffers }
  >(this);
  private _latest: unknown = null;
  private _model: IWidgetModel;
  private _watch: (() => Watch) | null = null;
}

/** The journal that a kernel sent; null for what is none. */
export function readJournalMessage(
  data: unknown,
  buffers: Buffers
): string | null {
  const isOne =
    typeof data === 'object' &&
    data !== null &&
    'kind' in data &&
    data.kind === 'journal' &&
    'version' in data &&
    data.version === VERSION;
  const [text] = buffers;
  return isOne && text !== undefined ? new TextDecoder().decode(text) : null;
}
