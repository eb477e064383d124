import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';

import type { ILauncher, IProcess } from './protocol';

/** The machine of the server, as other plugins see it. */
export interface IEflowsMachine {
  /** It has told something new. */
  readonly changed: ISignal<IEflowsMachine, void>;
  /** What can be started; the first is the usual one. */
  readonly launchers: readonly ILauncher[];
  /** What a process of a host uses; null when that is another machine, or not known yet. */
  usageOf(host: string, pid: number): IProcess | null;
  /** Let the server be asked again and again while this returns true. */
  attend(isWatching: () => boolean): IDisposable;
  /** Ask the server again, now. */
  refresh(): Promise<void>;
}

/** How a plugin asks for the machine of the server. */
export const IEflowsMachine = new Token<IEflowsMachine>(
  'eflows-nb:IEflowsMachine',
  'What runs on the machine of the server, and what it uses.'
);
