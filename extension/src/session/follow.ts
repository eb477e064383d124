import { PathExt } from '@jupyterlab/coreutils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import type { SessionModel } from './model';
import type { IEflowsChannels } from './tokens';

/** Keeps a session model at the notebook that the user looks at. */
export class NotebookFollower implements IDisposable {
  constructor(
    tracker: INotebookTracker,
    channels: IEflowsChannels,
    model: SessionModel
  ) {
    this._channels = channels;
    this._model = model;
    tracker.widgetAdded.connect((_, panel) => this._listen(panel), this);
    tracker.forEach(panel => this._listen(panel));
    tracker.currentChanged.connect((_, panel) => this._enter(panel), this);
    channels.changed.connect((_, panel) => this._onKernel(panel), this);
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
    Signal.clearData(this);
  }

  private _listen(panel: NotebookPanel): void {
    panel.context.pathChanged.connect(() => this._onPath(panel), this);
  }

  private _enter(panel: NotebookPanel | null): void {
    this._panel = panel;
    if (panel === null) {
      this._model.follow(null, null);
    } else {
      const path = PathExt.basename(panel.context.path);
      const channel = this._channels.channelOf(panel);
      const kernel = panel.sessionContext.session?.kernel ?? null;
      this._model.follow(path, channel, channel === null && kernel !== null);
    }
  }

  private _onKernel(panel: NotebookPanel): void {
    if (panel === this._panel) {
      this._enter(panel);
    }
  }

  private _onPath(panel: NotebookPanel): void {
    if (panel === this._panel) {
      this._model.rename(PathExt.basename(panel.context.path));
    }
  }

  private _channels: IEflowsChannels;
  private _isDisposed = false;
  private _model: SessionModel;
  private _panel: NotebookPanel | null = null;
}
