import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { readConverted, type Form, type IConverted } from './forms';

/** Asks the server for a notebook in another form. */
export async function convert(
  notebook: object,
  form: Form,
  settings: ServerConnection.ISettings
): Promise<IConverted | { readonly reason: string }> {
  const url = URLExt.join(settings.baseUrl, 'eflows', 'convert');
  const body = JSON.stringify({ notebook, form });
  const init = { method: 'POST', body };
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(url, init, settings);
  } catch (error) {
    if (error instanceof ServerConnection.NetworkError) {
      return { reason: error.message };
    }
    throw error;
  }
  const answer: unknown = await response.json().catch(() => null);
  const made = response.ok ? readConverted(answer) : null;
  if (made !== null) {
    return made;
  }
  const isReason =
    typeof answer === 'object' && answer !== null && 'message' in answer;
  return { reason: String(isReason ? answer.message : response.statusText) };
}
