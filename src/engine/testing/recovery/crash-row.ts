import { DrivenExecution } from '../driven-execution.js';
import { resume } from '../resume-driven.js';
import { workflowOf } from './failure-points.js';
import { type MatrixRow, type MatrixStep, PlayedRow, type Standing } from './matrix-row.js';
import { Outside } from './outside.js';

/** How a row stood before a step that changed something. */
interface Before {
  step: number;
  events: number;
  outside: Outside;
}

/**
 * Plays a row once, then again and again with a crash after an event of its commands: what is not in the journal by then
 * is lost, whoever sent a command sends it once more, and everything has to come to the same end.
 * @param cuts a crash after each `every`th event, from the first one on that `from` says
 */
export async function crashRow(row: MatrixRow, cuts: { from: number; every: number }): Promise<void> {
  const whole = await PlayedRow.begin(row);
  const befores: Before[] = [];
  const outcomes: string[] = [];
  for (const [step, each] of row.steps.entries()) {
    const before = { step, events: whole.execution.events.length, outside: whole.outside.copy() };
    const { outcome } = await whole.step(each, step);
    outcomes.push(outcome);
    if (outcome === 'done') befores.push(before);
  }
  const { events } = whole.execution;
  const first = befores[0]?.events ?? events.length;
  for (let cut = first + 1 + (cuts.from % cuts.every); cut <= events.length; cut += cuts.every) {
    const before = befores.findLast(({ events: length }) => length < cut) as Before;
    const again = await goOn(row, whole, before, cut);
    const { step } = before;
    for (const [index, each] of row.steps.entries()) {
      if (index < step) continue;
      const { outcome } = await again.step(each, index);
      await answerWhatAsks(again, each);
      expect([cut, index, outcome]).toEqual([cut, index, index === step ? 'unchanged' : outcomes[index]]);
    }
    expect([cut, endOf(again)]).toEqual([cut, endOf(whole)]);
    again.check();
  }
}

/** Lets a row come to its point with a crash after each event on the way; it has to come there all the same. */
export async function crashBefore(row: MatrixRow): Promise<void> {
  const { graph, point } = row;
  const whole = await PlayedRow.begin(row);
  const { events } = whole.execution;
  const outside = new Outside();
  if (point.service) outside.misbehave(graph[point.at], point.service.how, point.service.times);
  const every = graph.nodes.length > 50 ? 19 : 1;
  for (let cut = 1; cut <= events.length; cut += every) {
    const again = await goOn(row, whole, { step: 0, events: 0, outside }, cut);
    expect([cut, endOf(again)]).toEqual([cut, endOf(whole)]);
    again.check();
  }
}

/** Another process takes the row up from the journal as it then was. */
async function goOn(row: MatrixRow, whole: PlayedRow, before: Before, cut: number): Promise<PlayedRow> {
  const events = whole.execution.events.slice(0, cut);
  const execution = new DrivenExecution(workflowOf(row.graph, row.point), { events });
  const outside = before.outside
    .copy()
    .replay(events.slice(before.events), Math.floor(cut / 2) % 2 === 0)
    .serve(execution);
  const again = new PlayedRow(execution, outside);
  await execution.start().run();
  await answerWhatAsks(again, row.steps[before.step]);
  return again;
}

/** A node that asks since the process died in it once more, in a resume, is to be tried again. */
async function answerWhatAsks({ execution }: PlayedRow, step?: MatrixStep): Promise<void> {
  if (step?.does !== 'resume' && step?.does !== 'resume from') return;
  while (execution.state.status === 'paused' && execution.state.pauseCode === 'OUTCOME_UNKNOWN') {
    await resume(execution);
    await execution.run();
  }
}

function endOf(row: PlayedRow): Partial<Standing> {
  const { requests: _, handlers: __, ...end } = row.standing();
  return end;
}
