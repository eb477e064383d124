import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';

import type { KernelChannel } from './channel';
import type { IEnginesKernel } from './engines';

/** The kernel of a notebook, as one whose engines can be started. */
export class NotebookEngines implements IEnginesKernel {
  constructor(panel: NotebookPanel, channel: KernelChannel) {
    this._panel = panel;
    this._channel = channel;
  }

  get latest(): unknown {
    return this._channel.latest;
  }

  get heard(): KernelChannel['heard'] {
    return this._channel.heard;
  }

  get isBusy(): boolean {
    return this._kernel?.status === 'busy';
  }

  request(request: Parameters<KernelChannel['request']>[0]): void {
    this._channel.request(request);
  }

  async run(code: string, begun: () => void): Promise<string> {
    const kernel = this._kernel;
    if (kernel === null) {
      return '';
    }
    const future = kernel.requestExecute({
      code,
      silent: true,
      store_history: false,
      stop_on_error: false
    });
    future.onIOPub = ({ header, content }) => {
      if (
        header.msg_type === 'status' &&
        'execution_state' in content &&
        content.execution_state === 'busy'
      ) {
        begun();
      }
    };
    try {
      const { content } = await future.done;
      return content.status === 'error'
        ? `${content.ename}: ${content.evalue}`
        : '';
    } catch (reason) {
      // The kernel ended or was restarted meanwhile.
      return String(reason);
    }
  }

  private get _kernel(): Kernel.IKernelConnection | null {
    return this._panel.sessionContext.session?.kernel ?? null;
  }

  private _channel: KernelChannel;
  private _panel: NotebookPanel;
}
