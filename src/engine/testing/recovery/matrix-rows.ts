import { FAILURE_POINTS, type FailurePoint } from './failure-points.js';
import { GRAPHS, type MatrixGraph } from './graphs.js';
import type { MatrixRow, MatrixStep } from './matrix-row.js';

/** One or more commands, for any graph; its name goes on a sentence that tells how the execution stands. */
export interface MatrixCommand {
  name: string;
  steps(graph: MatrixGraph, point: FailurePoint): MatrixStep[];
}

/** Every command in every way in which every graph can stand. */
export function rowsOf(commands: readonly MatrixCommand[], points = FAILURE_POINTS): MatrixRow[] {
  return GRAPHS.flatMap((graph) =>
    points.flatMap((point) =>
      commands.map((command) => ({
        name: `${graph.name}: ${point.name}; ${command.name}`,
        graph,
        point,
        steps: command.steps(graph, point),
      })),
    ),
  );
}
