import type { RevisionChanges } from '../../engine/definition/compare-revisions.js';
import {
  component,
  count,
  dateTime,
  described,
  integer,
  list,
  nullable,
  record,
  type Schema,
  text,
} from '../../http/openapi/api-schema.js';
import type { RevisionDifference, RevisionRow } from '../workflow-revisions.js';

const number = integer('Number of the revision', { minimum: 1 });

export const revisionList = record<{ versions: RevisionRow[]; count: number }>({
  versions: list(
    component(
      'WorkflowRevision',
      record<RevisionRow>(
        {
          revision: number,
          version: text("The author's own version"),
          changelog: nullable(text('What is new in it')),
          author: nullable(text('Who made it')),
          createdAt: dateTime('When it was made'),
          totalNodes: count('Nodes'),
        },
        'A row of the history of a workflow',
      ),
    ),
    'The newest first',
  ),
  count: count('How many there are'),
});

const ids = (description: string) => list(text('Id; of an edge without one: `source -> target`'), description);
const paths = (description: string) => list(text('A dotted path'), description);

const partChanges: Schema<RevisionChanges['nodes']> = component(
  'PartChanges',
  record<RevisionChanges['nodes']>(
    {
      added: ids('Only in the second revision'),
      removed: ids('Only in the first revision'),
      changed: list(
        record<{ id: string; paths: string[] }>({
          id: text('Id; of an edge without one: `source -> target`'),
          paths: paths('Where it differs'),
        }),
        'In both, but not alike',
      ),
    },
    'How nodes or edges differ',
  ),
);

export const revisionDifference = component(
  'RevisionDifference',
  record<RevisionDifference>(
    {
      from: described(number, 'The first revision'),
      to: described(number, 'The second revision'),
      nodes: partChanges,
      edges: partChanges,
      settings: paths('Where the settings differ'),
      version: paths('Where the version differs'),
    },
    'What has to be changed in the first revision to get the second',
  ),
);
