import {
  CommsOverSubshells,
  KernelMessage,
  type Kernel
} from '@jupyterlab/services';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { IPageRequest } from '../core/protocol';
import { isRecord } from '../core/record';
import type { ISessionSource } from './model';
import { ASK_AFTER, COMM } from './protocol';

/** Something that a kernel said beside the state of its session. */
export interface IHeard {
  readonly data: unknown;
  readonly buffers: readonly (ArrayBuffer | ArrayBufferView)[];
}

type Watch = NonNullable<IPageRequest['watch']>;

/** A session does not outlive these. */
const ENDS = ['restarting', 'autorestarting', 'dead'] as const;

/**
 * The live channel to the session in a kernel.
 *
 * The kernel speaks over one comm of a known id, to which every page listens.
 * To be told, a page asks with a `comm_info_request` on the control channel.
 * That is answered while a cell runs, also after a reload, when JupyterLab
 * itself still waits for the main shell; and unlike a message over a subshell it
 * does not make JupyterLab and the server take a busy kernel for an idle one.
 * The comm is never closed from here: it belongs to all pages.
 */
export class KernelChannel implements ISessionSource, IDisposable {
  constructor(kernel: Kernel.IKernelConnection) {
    this._kernel = kernel;
    kernel.connectionStatusChanged.connect(this._onConnection, this);
    kernel.statusChanged.connect(this._onStatus, this);
    this._listen();
    this._onConnection(kernel, kernel.connectionStatus);
  }

  get latest(): unknown {
    return this._latest;
  }

  /** Whether the kernel is known to have no session. */
  get hasNone(): boolean {
    return this._hasNone;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The kernel said something that is not the state of its session. */
  get heard(): ISignal<this, IHeard> {
    return this._heardElse;
  }

  /**
   * Be told of the task graph, until what is returned is disposed.
   *
   * @param watch returns what is known of it, whenever the kernel is asked
   */
  watch(watch: () => Watch): IDisposable {
    this._watches.add(watch);
    this._ask();
    return new DisposableDelegate(() => this._watches.delete(watch));
  }

  /** The same for the cells of the notebook. */
  watchCells(watch: () => Watch): IDisposable {
    this._cellWatches.add(watch);
    this._ask();
    return new DisposableDelegate(() => this._cellWatches.delete(watch));
  }

  /** Ask for something beside the state of the session. */
  request(request: IPageRequest): void {
    this._ask(request);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._comm?.dispose();
    Signal.clearData(this);
  }

  private _onConnection(
    _: Kernel.IKernelConnection,
    status: Kernel.ConnectionStatus
  ): void {
    if (status === 'connected') {
      // A restart of the kernel has disposed the comm.
      this._listen();
      this._ask();
    }
  }

  private _onStatus(
    _: Kernel.IKernelConnection,
    status: KernelMessage.Status
  ): void {
    if (ENDS.some(end => end === status)) {
      this._set(null, true);
    }
  }

  private _listen(): void {
    if (this._isDisposed || this._kernel.hasComm(COMM)) {
      return;
    }
    const comm = this._kernel.createComm(COMM, COMM);
    // Creating and ending a subshell would show the kernel as idle.
    comm.commsOverSubshells = CommsOverSubshells.Disabled;
    comm.onMsg = message =>
      this._hear(message.content.data, message.buffers ?? []);
    this._comm = comm;
  }

  private _hear(data: unknown, buffers: IHeard['buffers']): void {
    // The first message of a session comes unasked.
    if (this._latest === null || ++this._heard >= ASK_AFTER) {
      this._ask();
    }
    if (isOfTasks(data)) {
      this._heardElse.emit({ data, buffers });
    } else {
      this._set(data);
    }
  }

  private _ask(request: IPageRequest = {}): void {
    const { isDisposed, status } = this._kernel;
    // JupyterLab throws at who speaks to a dead kernel.
    if (this._isDisposed || isDisposed || status === 'dead') {
      return;
    }
    this._heard = 0;
    const question = KernelMessage.createMessage({
      msgType: 'comm_info_request',
      channel: 'shell',
      username: this._kernel.username,
      session: this._kernel.clientId,
      content: { target_name: COMM }
    });
    const behind = farthestBehind(this._watches);
    const watch = behind === undefined ? {} : { watch: behind };
    const cellsBehind = farthestBehind(this._cellWatches);
    const cells = cellsBehind === undefined ? {} : { cells: cellsBehind };
    const asked: IPageRequest = { ...watch, ...cells, ...request };
    if (Object.keys(asked).length > 0) {
      Object.assign(question.content, { eflows: asked });
    }
    // Kernels answer shell requests on the control channel as well; the types
    // do not know it.
    const message = {
      ...question,
      channel: 'control'
    } as unknown as KernelMessage.IControlMessage;
    const future = this._kernel.sendControlMessage(message, true, true);
    // A kernel that ends or restarts meanwhile is asked when it is back.
    future.done.then(
      reply => this._onAnswer(reply),
      () => undefined
    );
  }

  /** A kernel that knows no comm of ours has no session, and will say when it has. */
  private _onAnswer(reply: unknown): void {
    const content = isRecord(reply) ? reply.content : null;
    const comms = isRecord(content) ? content.comms : null;
    if (
      isRecord(comms) &&
      !(COMM in comms) &&
      this._latest === null &&
      !this._hasNone &&
      !this._isDisposed
    ) {
      this._set(null, true);
    }
  }

  private _set(latest: unknown, hasNone = false): void {
    this._latest = latest;
    this._hasNone = hasNone;
    this._changed.emit();
  }

  private _cellWatches = new Set<() => Watch>();
  private _changed = new Signal<this, void>(this);
  private _comm: Kernel.IComm | null = null;
  private _hasNone = false;
  private _heard = 0;
  private _heardElse = new Signal<this, IHeard>(this);
  private _isDisposed = false;
  private _kernel: Kernel.IKernelConnection;
  private _latest: unknown = null;
  private _watches = new Set<() => Watch>();
}

/** Of those who watch, who knows least: the others leave out what they have. */
function farthestBehind(watches: ReadonlySet<() => Watch>): Watch | undefined {
  return [...watches]
    .map(watch => watch())
    .sort((one, other) => one.sequence - other.sequence)[0];
}

/** Whether a message is not the state of a session. */
function isOfTasks(data: unknown): boolean {
  return (
    typeof data === 'object' &&
    data !== null &&
    'kind' in data &&
    data.kind !== 'session'
  );
}
