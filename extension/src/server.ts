import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** Ask our extension of the Jupyter server; null when it did not answer at all. */
export async function askServer(
  settings: ServerConnection.ISettings,
  path: string,
  init: RequestInit
): Promise<Response | null> {
  const url = URLExt.join(settings.baseUrl, 'eflows', path);
  try {
    return await ServerConnection.makeRequest(url, init, settings);
  } catch (error) {
    if (error instanceof ServerConnection.NetworkError) {
      return null;
    }
    throw error;
  }
}
