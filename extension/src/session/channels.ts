import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { KernelChannel } from './channel';
import type { IEflowsChannels } from './tokens';

/**
 * The channels to the kernels of all open notebooks.
 *
 * All are listened to, not only the current one: a session is announced once,
 * and another notebook may be in front then.
 */
export class NotebookChannels implements IEflowsChannels, IDisposable {
  constructor(tracker: INotebookTracker) {
    tracker.widgetAdded.connect((_, panel) => this._listen(panel), this);
    tracker.forEach(panel => this._listen(panel));
  }

  get changed(): ISignal<this, NotebookPanel> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._channels.forEach(channel => channel.dispose());
    this._channels.clear();
    Signal.clearData(this);
  }

  channelOf(panel: NotebookPanel): KernelChannel | null {
    const kernel = panel.sessionContext.session?.kernel ?? null;
    if (kernel === null || !kernel.handleComms || this._isDisposed) {
      return null;
    }
    const known = this._channels.get(kernel);
    if (known !== undefined) {
      return known;
    }
    const channel = new KernelChannel(kernel);
    this._channels.set(kernel, channel);
    kernel.disposed.connect(() => {
      channel.dispose();
      this._channels.delete(kernel);
    }, this);
    return channel;
  }

  private _listen(panel: NotebookPanel): void {
    panel.sessionContext.kernelChanged.connect(() => {
      this.channelOf(panel);
      this._changed.emit(panel);
    }, this);
    this.channelOf(panel);
  }

  private _changed = new Signal<this, NotebookPanel>(this);
  private _channels = new Map<Kernel.IKernelConnection, KernelChannel>();
  private _isDisposed = false;
}
