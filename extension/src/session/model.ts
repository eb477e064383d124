import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { readMessage, type ISession } from './protocol';

/** Where messages about a session come from. */
export interface ISessionSource {
  /** What the kernel said last, not checked yet; null while it has no session. */
  readonly latest: unknown;
  /** It said something, or it began anew and what it said is no longer true. */
  readonly changed: ISignal<ISessionSource, void>;
}

/** What is known about the session of the current notebook. */
export type SessionStatus =
  | { readonly kind: 'no-notebook' }
  | { readonly kind: 'no-kernel'; readonly notebook: string }
  /** JupyterLab lets one notebook hear a kernel, the first that was opened. */
  | { readonly kind: 'shared-kernel'; readonly notebook: string }
  | { readonly kind: 'no-session'; readonly notebook: string }
  | {
      readonly kind: 'other-version';
      readonly notebook: string;
      readonly version: number;
    }
  | {
      readonly kind: 'session';
      readonly notebook: string;
      readonly session: ISession;
    };

/** The session of the current notebook, as its kernel tells it. */
export class SessionModel implements IDisposable {
  /** The status is another one. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get status(): SessionStatus {
    return this._status;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Follow a notebook.
   *
   * @param notebook its name, null when there is none
   * @param source what its kernel says, null when it cannot be heard
   * @param isShared whether there is a kernel nevertheless, heard by another notebook
   */
  follow(
    notebook: string | null,
    source: ISessionSource | null,
    isShared = false
  ): void {
    this._source?.changed.disconnect(this._read, this);
    this._notebook = notebook;
    this._source = source;
    this._isShared = isShared;
    source?.changed.connect(this._read, this);
    this._status =
      notebook === null
        ? { kind: 'no-notebook' }
        : { kind: 'no-session', notebook };
    this._read();
  }

  /** The notebook has another name now. */
  rename(notebook: string): void {
    this._notebook = notebook;
    this._read();
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._source?.changed.disconnect(this._read, this);
    Signal.clearData(this);
  }

  private _read(): void {
    this._status = this._statusNow() ?? this._status;
    this._changed.emit();
  }

  /** Null when the kernel said what this version does not know. */
  private _statusNow(): SessionStatus | null {
    const notebook = this._notebook;
    if (notebook === null) {
      return { kind: 'no-notebook' };
    }
    if (this._source === null) {
      return {
        kind: this._isShared ? 'shared-kernel' : 'no-kernel',
        notebook
      };
    }
    if (this._source.latest === null) {
      return { kind: 'no-session', notebook };
    }
    const reading = readMessage(this._source.latest);
    return reading.kind === 'unknown' ? null : { notebook, ...reading };
  }

  private _changed = new Signal<this, void>(this);
  private _isDisposed = false;
  private _isShared = false;
  private _notebook: string | null = null;
  private _source: ISessionSource | null = null;
  private _status: SessionStatus = { kind: 'no-notebook' };
}
