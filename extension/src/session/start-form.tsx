import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import type { ILauncher } from '../clusters/protocol';
import { formatBytes } from '../core/format';
import { Answer, EnginesInput, type IControls } from './form-parts';
import { NOTHING_TYPED, readStart, type IStartTexts } from './start-draft';

/** Starts engines. */
export function StartForm(props: {
  controls: IControls;
  /** Whether a task runs in the kernel itself, and has to end before. */
  isAtWork?: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { controls, trans } = props;
  const [chosen, choose] = useState('');
  const [texts, setTexts] = useState(NOTHING_TYPED);
  const type = (change: Partial<IStartTexts>): void =>
    setTexts({ ...texts, ...change });
  const launcher =
    controls.launchers.find(({ name }) => name === chosen) ??
    controls.launchers[0];
  const needsHosts = launcher?.hosts === true;
  const machine = launcher?.cores ?? 0;
  const reading = readStart(texts, launcher, controls.proposed);
  const { mistake, number, options } = reading;
  return (
    <form
      className="eflows-Form"
      aria-label={trans.__('Start engines')}
      noValidate
      onSubmit={event => {
        event.preventDefault();
        if (options !== null && controls.pending === null) {
          controls.start(options);
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
      {needsHosts && (
        <TextField
          label={trans.__('Hosts')}
          placeholder="n1, n2"
          hint={trans.__('As SSH knows them, without a password.')}
          value={texts.hosts}
          type={hosts => type({ hosts })}
          testId="eflows-hosts"
        />
      )}
      <label>
        <span>{trans.__('Engines')}</span>
        <EnginesInput
          value={reading.engines}
          hint={trans.__('one a core')}
          isPossible={mistake !== 'engines'}
          type={engines => type({ engines, cores: '' })}
        />
      </label>
      {machine > 0 && (
        <label title={trans.__('As many engines as fit are started')}>
          <span>{trans.__('Cores each')}</span>
          <input
            type="number"
            min={1}
            max={machine}
            step={1}
            value={reading.cores}
            aria-invalid={mistake === 'cores'}
            onChange={event => type({ cores: event.target.value })}
            data-testid="eflows-cores"
          />
        </label>
      )}
      {launcher !== undefined && number !== null && machine > 0 && (
        <p className="eflows-Secondary" data-testid="eflows-share">
          {mistake === null && shares(launcher, number, trans)}
        </p>
      )}
      <details className="eflows-More">
        <summary data-testid="eflows-more">{trans.__('More')}</summary>
        <TextField
          label={trans.__('Checkpoint')}
          placeholder={trans.__('such as results')}
          hint={trans.__(
            'Results of tasks are kept in this folder. Started with it again, only what is missing is computed.'
          )}
          value={texts.checkpoint}
          type={checkpoint => type({ checkpoint })}
          testId="eflows-checkpoint"
        />
        {needsHosts && (
          <TextField
            label={trans.__('Address')}
            placeholder={trans.__('found out')}
            hint={trans.__('At which the hosts reach the kernel’s machine.')}
            value={texts.address}
            type={address => type({ address })}
            testId="eflows-address"
          />
        )}
      </details>
      <Answer
        controls={controls}
        mistake={mistake}
        cores={machine}
        isAtWork={props.isAtWork}
        trans={trans}
      />
      <button
        className="jp-mod-styled jp-mod-accept eflows-Button"
        disabled={options === null || controls.pending !== null}
        data-testid="eflows-start"
      >
        {trans.__('Start engines')}
      </button>
    </form>
  );
}

function TextField(props: {
  label: string;
  placeholder: string;
  hint: string;
  value: string;
  type: (text: string) => void;
  testId: string;
}): JSX.Element {
  const id = `${props.testId}-hint`;
  return (
    <>
      <label>
        <span>{props.label}</span>
        <input
          type="text"
          spellCheck={false}
          placeholder={props.placeholder}
          value={props.value}
          aria-describedby={id}
          onChange={event => props.type(event.target.value)}
          data-testid={props.testId}
        />
      </label>
      <p className="eflows-Secondary" id={id}>
        {props.hint}
      </p>
    </>
  );
}

function shares(
  launcher: ILauncher,
  engines: number,
  trans: TranslationBundle
): string {
  // As `divided` in eflows_nb/clusters/machine.py divides a machine.
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
