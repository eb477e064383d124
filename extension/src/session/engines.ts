import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import type { IPageRequest } from '../core/protocol';

/** What `ef.start` can be told. */
export interface IStartOptions {
  /** Without it one a core. */
  readonly number?: number;
  /** Without it on the kernel's machine. */
  readonly hosts?: readonly string[];
  /** At which all hosts reach the kernel's machine; without it that is found out. */
  readonly address?: string;
  /** Folder in which results are kept; without it they are not. */
  readonly checkpoint?: string;
}

/** What can be wanted with the engines of a kernel. */
export type EnginesWish =
  | ({ readonly do: 'start' } & IStartOptions)
  | { readonly do: 'scale'; readonly number: number }
  | { readonly do: 'stop'; readonly cancel: boolean };

/** The kernel whose engines are meant. */
export interface IEnginesKernel {
  /** Null while the kernel has no session that could be asked. */
  readonly latest: unknown;
  readonly heard: ISignal<unknown, { readonly data: unknown }>;
  request(request: IPageRequest): void;
  /** Whether it seems to run a cell, so that code has to wait. */
  readonly isBusy: boolean;
  /** Run code in silence, and say when it begins; returns the error, empty for none. */
  run(code: string, begun: () => void): Promise<string>;
}

/** What was wanted and is not done yet. */
export interface IPendingWish {
  readonly wish: EnginesWish;
  /** Whether it waits for the cell that runs. */
  readonly waits: boolean;
  /** Whether the session was asked, and not code run. */
  readonly isAsked: boolean;
}

/**
 * What the user wants with the engines of the current notebook.
 *
 * A kernel with a session is asked on the control channel, and does it while a
 * cell runs. One without cannot hear that: the engines are started by code, which
 * waits for the cell that runs.
 */
export class EngineWishes implements IDisposable {
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What is not done yet, null when there is nothing. */
  get pending(): IPendingWish | null {
    return this._pending.get(this._kernel) ?? null;
  }

  /** Why the last wish could not be fulfilled, empty when it could. */
  get error(): string {
    return this._errors.get(this._kernel) ?? '';
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

  /** Mean the engines of another kernel from now on. */
  follow(kernel: IEnginesKernel | null): void {
    if (kernel !== this._kernel) {
      this._kernel = kernel ?? NOBODY;
      this.lookForLoss();
      this._emit();
    }
  }

  /** Say what is wanted; a later wish takes the place of one that is pending. */
  async wish(wish: EnginesWish): Promise<void> {
    const kernel = this._kernel;
    if (kernel === NOBODY) {
      return;
    }
    this._errors.delete(kernel);
    const isAsked = kernel.latest !== null;
    const pending = { wish, waits: !isAsked && kernel.isBusy, isAsked };
    this._pending.set(kernel, pending);
    this._emit();
    const error = isAsked
      ? await this._ask(kernel, wish)
      : await this._run(kernel, wish, waits => {
          pending.waits = waits;
          this._emit();
        });
    if (this._pending.get(kernel) === pending) {
      this._pending.delete(kernel);
      this._errors.set(kernel, error);
      this._emit();
    }
  }

  /** Give up what was asked of a session that is gone, and will not answer any more. */
  lookForLoss(): void {
    // Another notebook may have come to the front, whose wishes are not meant yet.
    if (this._kernel.latest === null && this.pending?.isAsked === true) {
      this._pending.delete(this._kernel);
      this._lost.emit(this._kernel);
      this._emit();
    }
  }

  /** Run the code of a wish; a kernel that looks idle and does not begin it has a cell to end. */
  private async _run(
    kernel: IEnginesKernel,
    wish: EnginesWish,
    tell: (waits: boolean) => void
  ): Promise<string> {
    const late = setTimeout(() => tell(true), LATE_MILLISECONDS);
    const begun = (): void => {
      clearTimeout(late);
      tell(false);
    };
    try {
      return await kernel.run(codeOf(wish), begun);
    } finally {
      clearTimeout(late);
    }
  }

  private _ask(kernel: IEnginesKernel, wish: EnginesWish): Promise<string> {
    const request = `engines-${++this._requests}-${Math.random()}`;
    return new Promise(resolve => {
      const end = (error: string): void => {
        kernel.heard.disconnect(hear);
        this._lost.disconnect(lose);
        resolve(error);
      };
      const hear = (_: unknown, { data }: { readonly data: unknown }): void => {
        const error = answerTo(request, data);
        if (error !== null) {
          end(error);
        }
      };
      const lose = (_: unknown, lost: IEnginesKernel): void => {
        if (lost === kernel) {
          end('');
        }
      };
      kernel.heard.connect(hear);
      this._lost.connect(lose);
      const asked = { engines: wish, request };
      kernel.request(asked);
    });
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _errors = new WeakMap<IEnginesKernel, string>();
  private _isDisposed = false;
  private _kernel: IEnginesKernel = NOBODY;
  private _lost = new Signal<this, IEnginesKernel>(this);
  private _pending = new WeakMap<IEnginesKernel, IPendingWish>();
  private _requests = 0;
}

/** An idle kernel begins code sooner, also a remote one. */
const LATE_MILLISECONDS = 500;

/** Stands for no kernel: it is never asked. */
const NOBODY: IEnginesKernel = {
  latest: null,
  heard: new Signal<unknown, { readonly data: unknown }>({}),
  request: () => undefined,
  isBusy: false,
  run: () => Promise.resolve('')
};

/** The code of a wish, which binds no name of the user's. */
function codeOf(wish: EnginesWish): string {
  const ef = "__import__('eflows_nb')";
  switch (wish.do) {
    case 'start':
      return `${ef}.start(${startArguments(wish)})`;
    case 'scale':
      return `${ef}.scale(${Math.trunc(wish.number)})`;
    case 'stop':
      return `${ef}.stop()`;
  }
}

function startArguments({ number, ...named }: IStartOptions): string {
  const { hosts, address, checkpoint } = named;
  return [
    ...(number === undefined ? [] : [String(Math.trunc(number))]),
    ...Object.entries({ hosts, address, checkpoint })
      .filter(([, value]) => value !== undefined)
      // A text of JSON is one of Python as well.
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  ].join(', ');
}

/** The error in the answer to a request; null when this is another message. */
function answerTo(request: string, data: unknown): string | null {
  return typeof data === 'object' &&
    data !== null &&
    'kind' in data &&
    data.kind === 'engines' &&
    'request' in data &&
    data.request === request &&
    'error' in data &&
    typeof data.error === 'string'
    ? data.error
    : null;
}
