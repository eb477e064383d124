import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { IRun, IRunListing } from './protocol';

/** What asking for the runs can give; status 0 means no answer at all. */
export type RunsAnswer =
  | ({ readonly kind: 'listed' } & IRunListing)
  | { readonly kind: 'failed'; readonly status: number };

/** What can be asked of the server. */
export interface IRunRequests {
  list(): Promise<RunsAnswer>;
  /** Remove a journal; the status of the answer. */
  remove(path: string): Promise<number>;
}

/** The runs whose journals the server has, as it told them last. */
export class RunsModel implements IDisposable {
  constructor(requests: IRunRequests) {
    this._requests = requests;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Null until the server was first asked. */
  get answer(): RunsAnswer | null {
    return this._answer;
  }

  /** Status of the answer to the last removal, 204 when it was removed. */
  get removal(): number {
    return this._removal;
  }

  /** Whether asking again soon tells more. */
  get goesOn(): boolean {
    const answer = this._answer;
    return (
      answer?.kind === 'listed' &&
      answer.runs.some(run => run.state === 'running' || !run.counted)
    );
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  async refresh(): Promise<void> {
    const asked = ++this._asked;
    const answer = await this._requests.list();
    if (asked === this._asked && !this._isDisposed) {
      this._answer = answer;
      this._changed.emit();
    }
  }

  async remove(run: IRun): Promise<void> {
    this._removal = await this._requests.remove(run.path);
    await this.refresh();
  }

  private _answer: RunsAnswer | null = null;
  private _asked = 0;
  private _changed = new Signal<this, void>(this);
  private _isDisposed = false;
  private _removal = 204;
  private _requests: IRunRequests;
}

/** The name by which people know a run: its notebook, else the folder of its journal. */
export function nameOf(run: IRun): string {
  if (run.notebook !== '') {
    return run.notebook;
  }
  const folders = run.path.split('/').slice(0, -1);
  if (folders.at(-1) === '.eflows') {
    folders.pop();
  }
  return folders.at(-1) ?? run.session;
}
