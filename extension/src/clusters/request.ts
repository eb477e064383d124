import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';

import { askServer } from '../server';
import type { Answer, IClusterRequests } from './model';
import { readListing } from './protocol';

/** Asks the Jupyter server about the clusters on its machine. */
export class ClusterRequests implements IClusterRequests {
  constructor(settings: ServerConnection.ISettings) {
    this._settings = settings;
  }

  async list(): Promise<Answer> {
    const response = await this._fetch('GET', 'clusters');
    if (response === null || !response.ok) {
      return { kind: 'failed', status: response?.status ?? 0 };
    }
    const listing = readListing(await response.json().catch(() => null));
    return listing === null
      ? { kind: 'failed', status: response.status }
      : { kind: 'listed', ...listing };
  }

  async stop(id: string): Promise<boolean> {
    const path = URLExt.join('clusters', encodeURIComponent(id));
    const response = await this._fetch('DELETE', path);
    // What is not there any more has been stopped as well.
    return response !== null && (response.ok || response.status === 404);
  }

  private _fetch(method: string, path: string): Promise<Response | null> {
    return askServer(this._settings, path, { method });
  }

  private _settings: ServerConnection.ISettings;
}
