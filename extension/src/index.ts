import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { clustersPlugin } from './clusters/plugin';
import { panelPlugin } from './panel/plugin';
import { replayPlugin } from './replay/plugin';
import { runPlugin } from './run/plugin';
import { channelsPlugin, sessionPlugin } from './session/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  panelPlugin,
  channelsPlugin,
  sessionPlugin,
  runPlugin,
  replayPlugin,
  clustersPlugin
];

export default plugins;
