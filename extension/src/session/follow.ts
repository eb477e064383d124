import { PathExt } from '@jupyterlab/coreutils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { KernelChannel } from './channel';
import type { SessionModel } from './model';

/**
 * Keeps a session model at the notebook that the user looks at.
 *
 * The kernels of all open notebooks are listened to, not only the current one:
 * a session is announced once, and another notebook may be in front then.
 */
export class NotebookFollower implements IDisposable {
  constructor(tracker: INotebookTracker, model: SessionModel) {
    this._model = model;
    tracker.widgetAdded.connect((_, panel) => this._listen(panel), this);
    tracker.forEach(panel => this._listen(panel));
    tracker.currentChanged.connect((_, panel) => this._enter(panel), this);
    this._enter(tracker.currentWidget);
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

  private _listen(panel: NotebookPanel): void {
    const { context, sessionContext } = panel;
    sessionContext.kernelChanged.connect(() => this._onKernel(panel), this);
    context.pathChanged.connect(() => this._onPath(panel), this);
    this._onKernel(panel);
  }

  private _enter(panel: NotebookPanel | null): void {
    this._panel = panel;
    if (panel === null) {
      this._model.follow(null, null);
    } else {
      const path = PathExt.basename(panel.context.path);
      this._model.follow(path, this._channelOf(panel));
    }
  }

  private _onKernel(panel: NotebookPanel): void {
    const channel = this._channelOf(panel);
    if (panel === this._panel) {
      this._model.follow(PathExt.basename(panel.context.path), channel);
    }
  }

  private _onPath(panel: NotebookPanel): void {
    if (panel === this._panel) {
      this._model.rename(PathExt.basename(panel.context.path));
    }
  }

  private _channelOf(panel: NotebookPanel): KernelChannel | null {
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

  private _channels = new Map<Kernel.IKernelConnection, KernelChannel>();
  private _isDisposed = false;
  private _model: SessionModel;
  private _panel: NotebookPanel | null = null;
}
