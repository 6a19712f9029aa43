import { DataFlow } from '../data-flow.js';
import { ExecutionEvaluations } from '../expressions/execution-evaluations.js';
import { PinnedEnvironment } from '../expressions/pinned-environment.js';
import { carriedDecisions } from '../recovery/carried-decisions.js';
import type { ResumeMaterial, ResumeRequest } from '../recovery/resume-plan.js';
import type { Command } from '../state/decide-command.js';
import { type DrivenExecution, EXECUTION_ID } from './driven-execution.js';

/** Resumes an execution as a person asks, with everything at hand that this needs. */
export async function resume(
  execution: DrivenExecution,
  request: ResumeRequest = {},
  by: Pick<Command, 'actor' | 'reason' | 'commandId'> = {},
): Promise<boolean> {
  const material = await materialFor(execution, request);
  return execution.command({ kind: 'carry-on', ...request, ...by, material });
}

/** What a resume needs beside the state. */
async function materialFor(execution: DrivenExecution, { workflowRevision }: ResumeRequest): Promise<ResumeMaterial> {
  await execution.settle();
  const { state, catalog, turns } = execution;
  const present = execution.revision(state.revision);
  const next = execution.revision(workflowRevision ?? state.revision);
  if (workflowRevision === undefined) return { present, next, catalog };
  const source = { executionId: EXECUTION_ID, plan: next.plan, state, flow: new DataFlow(next.plan, state) };
  const environment = new PinnedEnvironment(0, () => 0, new ExecutionEvaluations(turns));
  const edges = carriedDecisions(source, present.plan, () => environment);
  await execution.settle();
  return { present, next, catalog, decided: { seq: state.seq, edges: await edges } };
}
