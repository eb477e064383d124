import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

/** A notebook that is open in a tab. */
export interface IOpenNotebook {
  readonly isDisposed: boolean;
  readonly disposed: ISignal<unknown, unknown>;
  readonly context: {
    readonly path: string;
    readonly pathChanged: ISignal<unknown, string>;
  };
}

/** All that are open. */
export interface IOpenNotebooks<N> {
  find(isWanted: (notebook: N) => boolean): N | undefined;
  readonly widgetAdded: ISignal<unknown, N>;
}

/** What happened to a file or folder. */
export interface IFileChange {
  readonly type: string;
  readonly oldValue: { readonly path?: string } | null;
  readonly newValue: { readonly path?: string } | null;
}

/**
 * The notebook that a run view is about.
 *
 * It may be closed and opened again, in several tabs, and get another name
 * whether it is open or not.
 */
export class NotebookBinding<N extends IOpenNotebook> implements IDisposable {
  constructor(
    path: string,
    notebooks: IOpenNotebooks<N>,
    files: { readonly fileChanged: ISignal<unknown, IFileChange> }
  ) {
    this._path = path;
    this._notebooks = notebooks;
    notebooks.widgetAdded.connect(this._bind, this);
    files.fileChanged.connect(this._onFile, this);
    this._bind();
  }

  /** Null while it is not open. */
  get notebook(): N | null {
    return this._notebook;
  }

  get path(): string {
    return this._path;
  }

  /** It was opened or closed, or has another name. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
    }
  }

  private _bind(): void {
    if (this._notebook !== null) {
      return;
    }
    const found = this._notebooks.find(
      ({ isDisposed, context }) => !isDisposed && context.path === this._path
    );
    if (found !== undefined) {
      this._notebook = found;
      found.disposed.connect(this._onClosed, this);
      found.context.pathChanged.connect(this._onPath, this);
      this._changed.emit();
    }
  }

  private _onClosed(): void {
    this._notebook?.context.pathChanged.disconnect(this._onPath, this);
    this._notebook = null;
    this._bind();
    if (this._notebook === null) {
      this._changed.emit();
    }
  }

  private _onPath(_: unknown, path: string): void {
    this._path = path;
    this._changed.emit();
  }

  private _onFile(_: unknown, { type, oldValue, newValue }: IFileChange): void {
    const from = oldValue?.path;
    const to = newValue?.path;
    // An open notebook says itself when it gets another name.
    if (type !== 'rename' || this._notebook !== null || !from || !to) {
      return;
    }
    if (this._path === from || this._path.startsWith(`${from}/`)) {
      this._path = to + this._path.slice(from.length);
      this._changed.emit();
      this._bind();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _isDisposed = false;
  private _notebook: N | null = null;
  private _notebooks: IOpenNotebooks<N>;
  private _path: string;
}
