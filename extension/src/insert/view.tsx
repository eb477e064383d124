import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import React from 'react';

import { DIRECTIONS, ON_FAILURE, RESERVED, type OptionName } from './decorator';
import type { TaskDraft } from './model';
import type { IParameter } from './python';

/** The form of the dialog that makes a task function. */
export class TaskForm extends ReactWidget {
  constructor(draft: TaskDraft, trans: TranslationBundle) {
    super();
    this._draft = draft;
    this._trans = trans;
    this.addClass('eflows-TaskForm');
  }

  protected render(): JSX.Element {
    return (
      <UseSignal signal={this._draft.changed}>
        {() => <Form draft={this._draft} trans={this._trans} />}
      </UseSignal>
    );
  }

  private _draft: TaskDraft;
  private _trans: TranslationBundle;
}

function Form(props: {
  draft: TaskDraft;
  trans: TranslationBundle;
}): JSX.Element {
  const { draft, trans } = props;
  const made = draft.function;
  return (
    <>
      {draft.found === null && (
        <>
          <label className="eflows-Field">
            <span>{trans.__('New function')}</span>
            <input
              type="text"
              spellCheck={false}
              value={draft.signature}
              aria-invalid={made === null}
              onChange={event => draft.setSignature(event.target.value)}
              data-testid="eflows-signature"
            />
          </label>
          {made === null && (
            <p className="eflows-Reason" role="alert">
              {trans.__(
                'Give a name and parameters, such as simulate(member, seconds=1.0).'
              )}
            </p>
          )}
        </>
      )}
      {made !== null && made.parameters.length > 0 && (
        <fieldset>
          <legend>{trans.__('What the task does with its parameters')}</legend>
          {made.parameters.map(parameter => (
            <Direction
              key={parameter.name}
              parameter={parameter}
              draft={draft}
              trans={trans}
            />
          ))}
        </fieldset>
      )}
      <fieldset className="eflows-Options">
        <legend>{trans.__('Options')}</legend>
        {optionsOf(trans).map(([name, label, hint]) => (
          <label className="eflows-Field" key={name} title={hint}>
            <span>{label}</span>
            <input
              type="text"
              spellCheck={false}
              placeholder={hint}
              value={draft.decoration.options[name]}
              aria-invalid={draft.mistakes.includes(name)}
              onChange={event => draft.setOption(name, event.target.value)}
              data-testid={`eflows-option-${name}`}
            />
          </label>
        ))}
        <label className="eflows-Field">
          <span>{trans.__('On failure')}</span>
          <select
            value={draft.decoration.onFailure}
            onChange={event => draft.setOnFailure(event.target.value)}
            data-testid="eflows-on-failure"
          >
            {ON_FAILURE.map(policy => (
              <option key={policy} value={policy}>
                {failureLabel(policy, trans)}
              </option>
            ))}
          </select>
        </label>
      </fieldset>
      {draft.mistakes.length > 0 && (
        <p className="eflows-Reason" role="alert" data-testid="eflows-mistakes">
          {mistakeLabel(draft.mistakes, trans)}
        </p>
      )}
      <p className="eflows-PreviewTitle">{trans.__('This is inserted:')}</p>
      <pre className="eflows-Code" data-testid="eflows-preview">
        {draft.decorator === ''
          ? '…'
          : `${draft.decorator}\ndef ${made?.name ?? ''}(…):`}
      </pre>
    </>
  );
}

function Direction(props: {
  parameter: IParameter;
  draft: TaskDraft;
  trans: TranslationBundle;
}): JSX.Element {
  const { parameter, draft, trans } = props;
  const { name, kind } = parameter;
  const stars = kind === 'plain' ? '' : kind === 'list' ? '*' : '**';
  if (RESERVED.has(name)) {
    return (
      <p className="eflows-Secondary">
        {trans.__(
          '%1 is read: a parameter of this name can have no other direction, since it is an option of a task.',
          name
        )}
      </p>
    );
  }
  return (
    <label className="eflows-Field">
      <code>{stars + name}</code>
      <select
        value={draft.directionOf(name)}
        onChange={event => draft.choose(name, event.target.value)}
        data-testid="eflows-direction"
      >
        {groupsOf(trans).map(([label, directions]) => (
          <optgroup key={label} label={label}>
            {directions.map(direction => (
              <option key={direction} value={direction}>
                {directionLabel(direction, trans)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

function groupsOf(
  trans: TranslationBundle
): readonly (readonly [string, readonly string[]])[] {
  return [
    [trans.__('Value'), DIRECTIONS.value],
    [trans.__('Path of a file'), DIRECTIONS.file],
    [trans.__('Path of a folder'), DIRECTIONS.directory],
    [trans.__('List, each item for itself'), DIRECTIONS.collection],
    [trans.__('Dictionary, each value for itself'), DIRECTIONS.dictionary]
  ];
}

function directionLabel(direction: string, trans: TranslationBundle): string {
  switch (direction) {
    case 'IN':
      return trans.__('IN: reads it');
    case 'INOUT':
      return trans.__('INOUT: changes it');
    case 'OUT':
      return trans.__('OUT: fills it');
    case 'IN_DELETE':
      return trans.__('IN_DELETE: is the last to read it');
    case 'CONCURRENT':
      return trans.__('CONCURRENT: changes it together with others');
    case 'COMMUTATIVE':
      return trans.__('COMMUTATIVE: changes it in any order');
    default:
      return direction;
  }
}

function optionsOf(
  trans: TranslationBundle
): readonly (readonly [OptionName, string, string])[] {
  return [
    ['returns', trans.__('Returns'), trans.__('values, 1 future each')],
    ['cores', trans.__('Cores'), trans.__('of its engine')],
    ['memory', trans.__('Memory'), trans.__('such as 4 GB')],
    ['gpus', trans.__('GPUs'), trans.__('none')],
    ['retries', trans.__('Retries'), trans.__('none')],
    ['time_out', trans.__('Time-out'), trans.__('in seconds')],
    ['priority', trans.__('Priority'), trans.__('0; higher runs first')]
  ];
}

function failureLabel(policy: string, trans: TranslationBundle): string {
  switch (policy) {
    case 'retry':
      return trans.__('run it again');
    case 'ignore':
      return trans.__('ignore it');
    case 'cancel_successors':
      return trans.__('cancel what depends on it, and say nothing');
    default:
      return trans.__('fail, with what depends on it');
  }
}

function mistakeLabel(
  names: readonly OptionName[],
  trans: TranslationBundle
): string {
  const expected: Readonly<Record<OptionName, string>> = {
    returns: trans.__('Returns is a number of values, 1 or more.'),
    cores: trans.__('Cores is a number, 1 or more.'),
    memory: trans.__('Memory is bytes, or such as 4 GB.'),
    gpus: trans.__('GPUs is a number, 0 or more.'),
    retries: trans.__(
      'Retries is a number, 0 or more; what is ignored or cancelled on failure has none.'
    ),
    time_out: trans.__('Time-out is in seconds, above 0.'),
    priority: trans.__('Priority is a whole number.')
  };
  return names.map(name => expected[name]).join(' ');
}
