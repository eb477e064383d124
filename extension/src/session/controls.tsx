import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import React, { useState } from 'react';

import type { ILauncher } from '../clusters/protocol';
import type { IEflowsMachine } from '../clusters/tokens';
import { formatBytes } from '../core/format';
import { Sign } from '../signs/sign';
import type { IPendingWish } from './engines';
import type { ISession } from './protocol';

const ENGINES_LIMIT = 4096;

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
  /**
   * @param number null for one a core
   * @param hosts none for the kernel's machine
   */
  start(number: number | null, hosts: readonly string[]): void;
  scale(number: number): void;
  stop(): void;
}

/** Starts engines where there are none, and scales and stops them where there are. */
export function EngineControls(props: {
  session: ISession;
  controls: IControls;
  trans: TranslationBundle;
}): JSX.Element {
  const { session, controls, trans } = props;
  const isThere =
    session.cluster !== 'inline' &&
    (session.state === 'ready' || session.state === 'starting');
  return isThere ? (
    <ScaleForm
      // A number that was typed does not outlive what it was meant for.
      key={session.requested}
      requested={session.requested}
      controls={controls}
      trans={trans}
    />
  ) : (
    <StartForm
      controls={controls}
      isAtWork={session.tasks.running > 0}
      trans={trans}
    />
  );
}

/** Starts engines. */
export function StartForm(props: {
  controls: IControls;
  /** Whether a task runs in the kernel itself, and has to end before. */
  isAtWork?: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { controls, trans } = props;
  const [chosen, choose] = useState('');
  const [typed, type] = useState('');
  const [named, name] = useState('');
  const launcher =
    controls.launchers.find(({ name }) => name === chosen) ??
    controls.launchers[0];
  const needsHosts = launcher?.hosts === true;
  const hosts = needsHosts ? named.split(/[\s,]+/).filter(Boolean) : [];
  // How many cores hosts have is known when they are reached.
  const usual = needsHosts
    ? null
    : controls.proposed || (launcher?.cores ?? 0) || 2;
  const number = typed === '' ? usual : Number(typed);
  const isPossible = number === null || isEngines(number);
  const isWhole = isPossible && (!needsHosts || hosts.length > 0);
  return (
    <form
      className="eflows-Form"
      aria-label={trans.__('Start engines')}
      noValidate
      onSubmit={event => {
        event.preventDefault();
        if (isWhole && controls.pending === null) {
          controls.start(number, hosts);
        }
      }}
    >
      <label>
        <span>{trans.__('Cluster')}</span>
        <select
          value={launcher?.name}
          onChange={event => choose(event.target.value)}
          data-testid="eflows-launcher"
        >
          {controls.launchers.map(({ name }) => (
            <option key={name} value={name}>
              {launcherLabel(name, trans)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{trans.__('Engines')}</span>
        <EnginesInput
          value={typed === '' ? String(usual ?? '') : typed}
          hint={trans.__('one a core')}
          isPossible={isPossible}
          type={type}
        />
      </label>
      {needsHosts && (
        <label>
          <span>{trans.__('Hosts')}</span>
          <input
            type="text"
            spellCheck={false}
            placeholder="n1, n2"
            value={named}
            onChange={event => name(event.target.value)}
            data-testid="eflows-hosts"
          />
        </label>
      )}
      {needsHosts && (
        <p className="eflows-Secondary">
          {trans.__('As SSH knows them, without a password.')}
        </p>
      )}
      {launcher !== undefined && number !== null && launcher.cores > 0 && (
        <p className="eflows-Secondary" data-testid="eflows-share">
          {isPossible && shares(launcher, number, trans)}
        </p>
      )}
      <Answer
        controls={controls}
        isPossible={isPossible}
        isAtWork={props.isAtWork}
        trans={trans}
      />
      <button
        className="jp-mod-styled jp-mod-accept eflows-Button"
        disabled={!isWhole || controls.pending !== null}
        data-testid="eflows-start"
      >
        {trans.__('Start engines')}
      </button>
    </form>
  );
}

function ScaleForm(props: {
  requested: number;
  controls: IControls;
  trans: TranslationBundle;
}): JSX.Element {
  const { requested, controls, trans } = props;
  const [typed, type] = useState('');
  const number = typed === '' ? requested : Number(typed);
  const isPossible = isEngines(number);
  const { pending } = controls;
  const isStopping = pending?.wish.do === 'stop';
  return (
    <form
      className="eflows-Form"
      aria-label={trans.__('Scale or stop the engines')}
      noValidate
      onSubmit={event => {
        event.preventDefault();
        if (isPossible && number !== requested && pending === null) {
          controls.scale(number);
        }
      }}
    >
      <div className="eflows-Row">
        <label>
          <span>{trans.__('Engines')}</span>
          <EnginesInput
            value={typed === '' ? String(requested) : typed}
            isPossible={isPossible}
            type={type}
          />
        </label>
        <button
          className="jp-mod-styled jp-mod-accept eflows-Button"
          disabled={!isPossible || number === requested || pending !== null}
          data-testid="eflows-scale"
        >
          {trans.__('Scale')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject eflows-Button"
          onClick={() => controls.stop()}
          data-testid="eflows-stop"
        >
          {isStopping ? trans.__('Stopping…') : trans.__('Stop')}
        </button>
      </div>
      <Answer controls={controls} isPossible={isPossible} trans={trans} />
    </form>
  );
}

function EnginesInput(props: {
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
function Answer(props: {
  controls: IControls;
  isPossible: boolean;
  isAtWork?: boolean | undefined;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { controls, isPossible, trans } = props;
  if (!isPossible) {
    return (
      <p className="eflows-Reason" role="alert">
        {trans.__(
          'Give a whole number of engines, 1 to %1.',
          String(ENGINES_LIMIT)
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

function shares(
  launcher: ILauncher,
  engines: number,
  trans: TranslationBundle
): string {
  // As `share_of` in eflows_nb/clusters/machine.py divides a machine.
  const cores = Math.max(1, Math.floor(launcher.cores / engines));
  const memory = formatBytes(launcher.memory / engines);
  const each = trans._n(
    'Each has %1 core and %2 of memory.',
    'Each has %1 cores and %2 of memory.',
    cores,
    memory
  );
  const many =
    engines > launcher.cores
      ? ` ${trans._n('They share %1 core.', 'They share %1 cores.', launcher.cores)}`
      : '';
  const gpus =
    launcher.gpus > 0
      ? ` ${trans._n('There is %1 GPU.', 'There are %1 GPUs.', launcher.gpus)}`
      : '';
  return each + many + gpus;
}

function launcherLabel(name: string, trans: TranslationBundle): string {
  switch (name) {
    case 'local':
      return trans.__('This machine');
    case 'hosts':
      return trans.__('Other hosts, by SSH');
    default:
      return name;
  }
}

function isEngines(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= ENGINES_LIMIT;
}
