import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { ICluster } from './protocol';

/** What asking for the list can give; status 0 means no answer at all. */
export type Answer =
  | { readonly kind: 'listed'; readonly clusters: readonly ICluster[] }
  | { readonly kind: 'failed'; readonly status: number };

/** What can be asked of the server. */
export interface IClusterRequests {
  list(): Promise<Answer>;
  /** Stop a cluster; whether it is gone. */
  stop(id: string): Promise<boolean>;
}

/** The clusters on the server's machine, as it told them last. */
export class ClustersModel implements IDisposable {
  constructor(requests: IClusterRequests) {
    this._requests = requests;
  }

  /** Something of what follows is another. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Null until the server was first asked. */
  get answer(): Answer | null {
    return this._answer;
  }

  /** Id of the cluster that could not be stopped, null when there is none. */
  get unstopped(): string | null {
    return this._unstopped;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Whether a cluster has been asked to stop and is still there. */
  isStopping(id: string): boolean {
    return this._stopping.has(id);
  }

  /** Ask the server again; calls during a request share one more. */
  async refresh(): Promise<void> {
    if (this._refreshing) {
      this._again = true;
      return;
    }
    this._refreshing = true;
    try {
      do {
        this._again = false;
        this._answer = await this._requests.list();
        this._emit();
      } while (this._again && !this._isDisposed);
    } finally {
      this._refreshing = false;
    }
  }

  /** Stop a cluster and all of its processes. */
  async stop(id: string): Promise<void> {
    this._stopping.add(id);
    this._unstopped = null;
    this._emit();
    try {
      this._unstopped = (await this._requests.stop(id)) ? null : id;
    } finally {
      this._stopping.delete(id);
    }
    await this.refresh();
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _again = false;
  private _answer: Answer | null = null;
  private _changed = new Signal<this, void>(this);
  private _isDisposed = false;
  private _refreshing = false;
  private _requests: IClusterRequests;
  private _stopping = new Set<string>();
  private _unstopped: string | null = null;
}
