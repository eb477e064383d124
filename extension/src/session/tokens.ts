import type { NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { KernelChannel } from './channel';
import type { SessionStatus } from './model';

/** The session of the current notebook, as other plugins see it. */
export interface IEflowsSession {
  readonly status: SessionStatus;
  /** The status is another one. */
  readonly changed: ISignal<IEflowsSession, void>;
}

/** How a plugin asks for the session of the current notebook. */
export const IEflowsSession = new Token<IEflowsSession>(
  'eflows-nb:IEflowsSession',
  'The eFlows session of the current notebook, live.'
);

/** The channels to the kernels of all open notebooks. */
export interface IEflowsChannels {
  /** The channel to a notebook's kernel, null while it has none. */
  channelOf(panel: NotebookPanel): KernelChannel | null;
  /** A notebook has another kernel, and so another channel. */
  readonly changed: ISignal<IEflowsChannels, NotebookPanel>;
}

/** How a plugin asks for the channels to kernels. */
export const IEflowsChannels = new Token<IEflowsChannels>(
  'eflows-nb:IEflowsChannels',
  'The channels on which kernels tell of their eFlows sessions.'
);
