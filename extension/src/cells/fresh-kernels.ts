import type { ISignal } from '@lumino/signaling';

/** A kernel that may begin anew. */
export interface IRestartable {
  readonly statusChanged: ISignal<IRestartable, string>;
}

/** Tells of kernels whether something has been done since they began. */
export class FreshKernels {
  /** Whether this is the first call for the kernel since it began. */
  take(kernel: IRestartable): boolean {
    if (this._known.has(kernel)) {
      return false;
    }
    this._known.add(kernel);
    // A slot that is connected already is not connected again.
    kernel.statusChanged.connect(this._onStatus, this);
    return true;
  }

  private _onStatus(kernel: IRestartable, status: string): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this._known.delete(kernel);
    }
  }

  private _known = new WeakSet<IRestartable>();
}
