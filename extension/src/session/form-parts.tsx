import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import React from 'react';

import type { ILauncher } from '../clusters/protocol';
import type { IEflowsMachine } from '../clusters/tokens';
import { Sign } from '../signs/sign';
import type { IPendingWish, IStartOptions } from './engines';
import { ENGINES_LIMIT } from './start-draft';

/** What the section can do with the engines of the current notebook. */
export interface IControls {
  /** Something of what follows is another. */
  readonly changed: ISignal<IControls, void>;
  readonly machine: IEflowsMachine | null;
  readonly launchers: readonly ILauncher[];
  /** How many engines to propose; 0 for one a core. */
  readonly proposed: number;
  readonly pending: IPendingWish | null;
  readonly error: string;
  start(options: IStartOptions): void;
  scale(number: number): void;
  stop(): void;
}

/** How many engines there are to be. */
export function EnginesInput(props: {
  value: string;
  hint?: string;
  isPossible: boolean;
  type: (text: string) => void;
}): JSX.Element {
  return (
    <input
      type="number"
      min={1}
      max={ENGINES_LIMIT}
      step={1}
      placeholder={props.hint}
      value={props.value}
      aria-invalid={!props.isPossible}
      onChange={event => props.type(event.target.value)}
      data-testid="eflows-number"
    />
  );
}

/** What comes of the last wish, or what is wrong with the next one. */
export function Answer(props: {
  controls: IControls;
  mistake: 'engines' | 'cores' | null;
  /** How many cores there are to share. */
  cores?: number;
  isAtWork?: boolean | undefined;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { controls, mistake, trans } = props;
  if (mistake !== null) {
    return (
      <p className="eflows-Reason" role="alert">
        {mistake === 'engines'
          ? trans.__(
              'Give a whole number of engines, 1 to %1.',
              String(ENGINES_LIMIT)
            )
          : trans.__(
              'Give each engine a whole number of cores, 1 to %1.',
              String(props.cores ?? 1)
            )}
      </p>
    );
  }
  const { pending, error } = controls;
  if (pending !== null) {
    return (
      <p
        className="eflows-Secondary eflows-Coming"
        role="status"
        data-testid="eflows-pending"
      >
        <Sign name="cluster-starting" />
        {pendingLabel(pending, props.isAtWork === true, trans)}
      </p>
    );
  }
  return error === '' ? null : (
    <p className="eflows-Reason" role="alert" data-testid="eflows-refusal">
      {explained(error, trans)}
    </p>
  );
}

function pendingLabel(
  pending: IPendingWish,
  isAtWork: boolean,
  trans: TranslationBundle
): string {
  switch (pending.wish.do) {
    case 'start':
      if (isAtWork) {
        return trans.__(
          'A task is running in the kernel. The engines start when it has ended.'
        );
      }
      return pending.waits
        ? trans.__('A cell is running. The engines start when it has ended.')
        : trans.__('Starting…');
    case 'scale':
      return trans.__('Scaling…');
    case 'stop':
      return pending.wish.cancel
        ? trans.__('Cancelling the tasks and stopping…')
        : trans.__('The engines stop when their tasks have ended.');
  }
}

function explained(error: string, trans: TranslationBundle): string {
  return error.startsWith('ModuleNotFoundError')
    ? trans.__(
        'The kernel of this notebook has no eflows_nb. Install it in the environment of the kernel, or choose another kernel. (%1)',
        error
      )
    : error;
}
