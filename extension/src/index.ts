import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { clustersPlugin } from './clusters/plugin';
import { panelPlugin } from './panel/plugin';
import { sessionPlugin } from './session/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  panelPlugin,
  sessionPlugin,
  clustersPlugin
];

export default plugins;
