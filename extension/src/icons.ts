import { LabIcon } from '@jupyterlab/ui-components';

import eflowsSvg from '../style/icons/eflows.svg';

/** Three vertices of a task graph: the sign of eFlows. */
export const eflowsIcon = new LabIcon({
  name: 'eflows-nb:eflows',
  svgstr: eflowsSvg
});
