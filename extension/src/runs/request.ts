import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';

import { askServer } from '../server';
import type { IRunRequests, RunsAnswer } from './model';
import { readRuns } from './protocol';

/** What comes of asking for a journal; status 0 means no answer at all. */
export type JournalAnswer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'failed'; readonly status: number };

/** Asks the Jupyter server for runs and their journals. */
export class RunRequests implements IRunRequests {
  constructor(settings: ServerConnection.ISettings) {
    this._settings = settings;
  }

  async list(): Promise<RunsAnswer> {
    const response = await this._fetch('GET', '');
    if (response === null || !response.ok) {
      return { kind: 'failed', status: response?.status ?? 0 };
    }
    const listing = readRuns(await response.json().catch(() => null));
    return listing === null
      ? { kind: 'failed', status: response.status }
      : { kind: 'listed', ...listing };
  }

  async journal(path: string): Promise<JournalAnswer> {
    const response = await this._fetch('GET', path);
    if (response === null || !response.ok) {
      return { kind: 'failed', status: response?.status ?? 0 };
    }
    try {
      return { kind: 'text', text: await response.text() };
    } catch {
      // The connection broke, or the text is longer than the browser can have.
      return { kind: 'failed', status: 0 };
    }
  }

  async remove(path: string): Promise<number> {
    return (await this._fetch('DELETE', path))?.status ?? 0;
  }

  private _fetch(method: string, path: string): Promise<Response | null> {
    return askServer(
      this._settings,
      URLExt.join('runs', URLExt.encodeParts(path)),
      { method }
    );
  }

  private _settings: ServerConnection.ISettings;
}
