import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { ILauncher, IListing, IProcess } from './protocol';
import type { IEflowsMachine } from './tokens';

/** What can be started when the server does not say. */
const USUAL: readonly ILauncher[] = [
  { name: 'local', hosts: false, cores: 0, memory: 0, gpus: 0 }
];

/** How `ef.start(hosts=...)` may call the machine of the kernel. */
const HERE = 'localhost';

/** What asking for the list can give; status 0 means no answer at all. */
export type Answer =
  | ({ readonly kind: 'listed' } & IListing)
  | { readonly kind: 'failed'; readonly status: number };

/** What can be asked of the server. */
export interface IClusterRequests {
  list(): Promise<Answer>;
  /** Stop a cluster; whether it is gone. */
  stop(id: string): Promise<boolean>;
}

/** The clusters on the server's machine, as it told them last. */
export class ClustersModel implements IEflowsMachine, IDisposable {
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

  get launchers(): readonly ILauncher[] {
    const told = this._answer?.kind === 'listed' ? this._answer.launchers : [];
    return told.length > 0 ? told : USUAL;
  }

  usageOf(host: string, pid: number): IProcess | null {
    const answer = this._answer;
    // A process of another host may have the same number.
    if (answer?.kind !== 'listed' || ![answer.host, HERE].includes(host)) {
      return null;
    }
    const processes = answer.clusters.flatMap(cluster => cluster.processes);
    return processes.find(process => process.pid === pid) ?? null;
  }

  attend(isWatching: () => boolean): IDisposable {
    this._watchers.add(isWatching);
    return new DisposableDelegate(() => this._watchers.delete(isWatching));
  }

  /** Whether somebody sees what the server tells. */
  get isWatched(): boolean {
    return [...this._watchers].some(isWatching => isWatching());
  }

  /** Whether there is something whose use changes all the time. */
  get isBusy(): boolean {
    const answer = this._answer;
    return answer?.kind === 'listed' && answer.clusters.length > 0;
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
  private _watchers = new Set<() => boolean>();
}
