import type { ResumeContext } from '../../engine/recovery/resume-outlook.js';
import { executionId } from '../../executions/openapi/execution-parts.schema.js';
import { nodeId } from '../../executions/openapi/node-record.schema.js';
import {
  component,
  constant,
  flag,
  freeObject,
  list,
  nullable,
  optional,
  record,
  text,
} from '../../http/openapi/api-schema.js';
import type { ResumeOutcome, ResumePreview } from '../resume-manager.js';

const warnings = list(text('A warning'), 'What acts outside once more without having been undone, in words');

const resumeContext = component(
  'ResumeContext',
  record<ResumeContext>(
    {
      executionId,
      checkpointNodeId: nullable(text('The node that completed last; null when none has')),
      resumeFromNode: nullable(text('The first node to run; null when nothing is left to run')),
      resumeFromNodes: list(nodeId, 'All nodes that may run at once, in the order of the graph'),
      skippedNodes: list(nodeId, 'The completed ones, which are kept, in the order of the graph'),
      preservedState: record<ResumeContext['preservedState']>(
        { variables: freeObject('The variables with which it goes on') },
        'What is known',
      ),
    },
    'From where an execution goes on',
  ),
);

export const resumeOutcome = record<ResumeOutcome>(
  {
    success: constant(true, 'It goes on'),
    resumeContext,
    warnings,
    message: text('The same in words'),
  },
  'What a resume did',
);

export const resumePreview = record<ResumePreview>(
  {
    canResume: flag('It would go on'),
    reason: optional(text('Why not')),
    resumeContext,
    willRun: list(nodeId, 'Nodes that have yet to run, in the order of the graph; a branch may leave some of them out'),
    warnings,
    compatible: optional(flag('When another revision is asked for: whether it fits what has run already')),
  },
  'With `dryRun`: what the resume would do',
);
