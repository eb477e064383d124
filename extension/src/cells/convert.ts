import type { ServerConnection } from '@jupyterlab/services';

import { isRecord } from '../core/record';
import { askServer } from '../server';
import { readConverted, type Form, type IConverted } from './forms';

/** Why the server has not converted a notebook. */
export interface IRefusal {
  /** 0 when it did not answer at all. */
  readonly status: number;
  /** In its own words, empty without any. */
  readonly reason: string;
}

/** Asks the server for a notebook in another form. */
export async function convert(
  notebook: object,
  form: Form,
  settings: ServerConnection.ISettings
): Promise<IConverted | IRefusal> {
  const body = JSON.stringify({ notebook, form });
  const response = await askServer(settings, 'convert', {
    method: 'POST',
    body
  });
  if (response === null) {
    return { status: 0, reason: '' };
  }
  const answer: unknown = await response.json().catch(() => null);
  const made = response.ok ? readConverted(answer) : null;
  if (made !== null) {
    return made;
  }
  const reason = isRecord(answer) ? answer.message : undefined;
  return {
    status: response.status,
    reason: typeof reason === 'string' ? reason : response.statusText
  };
}
