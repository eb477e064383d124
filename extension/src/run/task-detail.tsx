import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { formatSeconds, oneLine, plain } from '../core/format';
import type { ITry, IValue } from '../core/protocol';
import { STATE } from '../core/tasks';
import { stateLabel } from '../session/labels';
import { TASK_STATES } from '../session/protocol';
import type { RunModel } from './model';

const NAME_LIMIT = 60;
const TEXT_LIMIT = 200;
const REASON_LIMIT = 300;

/** What the selected task read and made, how often it was tried, and what it wrote. */
export function TaskDetail(props: {
  model: RunModel;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { model, trans } = props;
  const { detail, table, selected: row } = model;
  if (detail === null && !model.isPast) {
    return null; // the kernel has not answered yet
  }
  const state = table.state[row] ?? 0;
  const began = (table.start[row] ?? 0) > 0;
  return (
    <>
      <Tries tries={detail?.tries ?? []} model={model} trans={trans} />
      <Values
        title={trans.__('Inputs')}
        values={detail?.inputs ?? null}
        none={trans.__('It was called without arguments.')}
        testid="eflows-inputs"
        model={model}
        trans={trans}
      />
      {state !== STATE.failed && state !== STATE.cancelled && (
        <Values
          title={trans.__('Outputs')}
          values={detail?.outputs ?? null}
          none={trans.__('It makes nothing.')}
          testid="eflows-outputs"
          model={model}
          trans={trans}
        />
      )}
      {(began || model.isPast) && (
        <Log
          log={detail?.log ?? null}
          isCut={detail?.logCut ?? false}
          isPast={model.isPast}
          trans={trans}
        />
      )}
    </>
  );
}

function Values(props: {
  title: string;
  values: readonly IValue[] | null;
  none: string;
  testid: string;
  model: RunModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { title, values, none, testid, model, trans } = props;
  return (
    <div className="eflows-Detail" data-testid={testid}>
      <h4>{title}</h4>
      {values === null ? (
        <p className="eflows-Secondary">
          {model.isPast
            ? trans.__('Not in the journal.')
            : trans.__('Not kept: the kernel knows them of the last tasks.')}
        </p>
      ) : values.length === 0 ? (
        <p className="eflows-Secondary">{none}</p>
      ) : (
        <ul>
          {values.map((value, place) => (
            <Value key={place} value={value} model={model} trans={trans} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Value(props: {
  value: IValue;
  model: RunModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { value, model, trans } = props;
  const maker = value.task > 0 ? model.table.rowOf(value.task) : -1;
  return (
    <li>
      <span className="eflows-Detail-name">
        {value.name !== '' && <b>{oneLine(value.name, NAME_LIMIT)}</b>}
        <span className="eflows-Secondary">
          {[value.type, value.about]
            .filter(part => part !== '')
            .map(part => oneLine(part, NAME_LIMIT))
            .join(', ')}
        </span>
        {maker >= 0 && (
          <button
            onClick={() => model.select(maker, { reveal: true })}
            title={trans.__('Select the task that has made it')}
          >
            {`#${value.task}`}
          </button>
        )}
      </span>
      {value.text !== '' && <code>{oneLine(value.text, TEXT_LIMIT)}</code>}
    </li>
  );
}

/** All tries, when there was more than one. */
function Tries(props: {
  tries: readonly ITry[];
  model: RunModel;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { tries, model, trans } = props;
  const { table, selected: row } = model;
  const shown = tries.filter(tried => tried.ended <= table.now + 1);
  if (shown.length === 0) {
    return null;
  }
  const zero = table.submitted[0] ?? 0;
  const state = TASK_STATES[table.state[row] ?? 0] ?? 'waiting';
  const start = table.start[row] ?? 0;
  const last =
    start > 0
      ? when(
          trans,
          table.engine[row] ?? -1,
          start - zero,
          table.endOf(row) - zero
        )
      : '';
  return (
    <div className="eflows-Detail" data-testid="eflows-tries">
      <h4>{trans.__('Tries (%1)', shown.length + 1)}</h4>
      <ol>
        {shown.map((tried, place) => (
          <li key={place}>
            <span className="eflows-Secondary">
              {when(
                trans,
                tried.engine,
                tried.start > 0 ? tried.start - zero : -1,
                tried.ended - zero
              )}
            </span>
            <span>{oneLine(tried.reason, REASON_LIMIT)}</span>
          </li>
        ))}
        <li>
          <span className="eflows-Secondary">{last}</span>
          <span>{stateLabel(state, trans)}</span>
        </li>
      </ol>
    </div>
  );
}

function when(
  trans: TranslationBundle,
  engine: number,
  start: number,
  end: number
): string {
  return start < 0
    ? trans.__('engine %1, until %2', engine, formatSeconds(end))
    : trans.__(
        'engine %1, at %2 for %3',
        engine,
        formatSeconds(start),
        formatSeconds(end - start)
      );
}

function Log(props: {
  log: string | null;
  isCut: boolean;
  isPast: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { log, isCut, isPast, trans } = props;
  return (
    <div className="eflows-Detail" data-testid="eflows-log">
      <h4>{isCut ? trans.__('End of its log') : trans.__('Log')}</h4>
      {log === null || log === '' ? (
        <p className="eflows-Secondary">
          {isPast
            ? trans.__('Not in the journal.')
            : trans.__('It has written nothing.')}
        </p>
      ) : (
        <pre
          className="eflows-Traceback"
          tabIndex={0}
          role="region"
          aria-label={trans.__('Log of the task')}
        >
          {plain(log)}
        </pre>
      )}
    </div>
  );
}
