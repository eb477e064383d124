import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { cellsPlugin } from './cells/plugin';
import { clustersPlugin, machinePlugin } from './clusters/plugin';
import { insertPlugin } from './insert/plugin';
import { launcherPlugin } from './launcher/plugin';
import { panelPlugin } from './panel/plugin';
import { replayPlugin } from './replay/plugin';
import { runPlugin } from './run/plugin';
import { runsPlugin } from './runs/plugin';
import { channelsPlugin, sessionPlugin } from './session/plugin';
import { settingsPlugin } from './settings/plugin';
import { statusPlugin } from './status/plugin';
import { outputPlugin } from './widget/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  settingsPlugin,
  panelPlugin,
  channelsPlugin,
  sessionPlugin,
  cellsPlugin,
  runPlugin,
  replayPlugin,
  machinePlugin,
  clustersPlugin,
  runsPlugin,
  insertPlugin,
  launcherPlugin,
  statusPlugin,
  outputPlugin
];

export default plugins;
