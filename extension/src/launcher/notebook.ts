/** The notebook that the card in the launcher makes: small, whole and explained. */

/** Return a notebook that teaches the first steps. */
export function firstNotebook(kernelspec: {
  readonly name: string;
  readonly display_name: string;
  readonly language: string;
}): object {
  return {
    cells: CELLS.map(([kind, source, tag], number) => ({
      id: `eflows-${number}`,
      cell_type: kind,
      metadata: tag === undefined ? {} : { tags: [tag] },
      source,
      ...(kind === 'code' ? { execution_count: null, outputs: [] } : {})
    })),
    metadata: {
      kernelspec: { ...kernelspec },
      language_info: { name: kernelspec.language }
    },
    nbformat: 4,
    nbformat_minor: 5
  };
}

const CELLS: readonly (readonly ['markdown' | 'code', string, string?])[] = [
  [
    'markdown',
    '# A workflow\n\nSimulate some members of an ensemble at the same time, and take their mean. Choose *Run All Cells*, and open the run view by the button beside the type of the cell.'
  ],
  [
    'markdown',
    '## Parameters\n\n`eflows run NOTEBOOK -p members=20` runs the notebook with other ones.'
  ],
  [
    'code',
    'members: int = 8  # how many are simulated\nseconds: float = 1.0  # how long each takes',
    'parameters'
  ],
  [
    'markdown',
    '## Tasks\n\nA call of a task function returns at once, with a future in the place of the result. Tasks run on engines, beside each other.'
  ],
  [
    'code',
    'import random\nimport time\n\nimport eflows_nb as ef\n\nef.start()  # one engine a core; does not wait for them'
  ],
  [
    'code',
    '@ef.task\ndef simulate(member, seconds):\n    time.sleep(seconds)  # put your simulation here\n    return random.Random(member).gauss(10.0, 2.0)\n\n\n@ef.task\ndef mean(values):\n    return sum(values) / len(values)'
  ],
  [
    'markdown',
    '## Workflow\n\nWho waits for whom follows from the arguments: `mean` reads what all members give.'
  ],
  [
    'code',
    'results = [simulate(member, seconds) for member in range(members)]\nef.wait_on(mean(results))'
  ],
  ['code', 'ef.summary()  # what it cost, and why it was not faster']
];
