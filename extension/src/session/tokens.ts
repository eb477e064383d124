import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

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
