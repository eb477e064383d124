import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { panelPlugin } from './panel/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [panelPlugin];

export default plugins;
