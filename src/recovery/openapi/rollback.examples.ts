import type { RollbackAnswer } from '../../engine/recovery/rollback-answer.js';
import type { RollbackPoint } from '../../engine/recovery/rollback-points.js';

export const examplePoint: RollbackPoint = {
  nodeId: 'reserve',
  nodeName: 'Reserve stock',
  timestamp: 1_704_355_200_120,
  state: { variables: {}, outputs: { status: 201, body: { id: 'res-7' } } },
  canRollback: true,
  safe: true,
  warnings: [],
};

/** The card that was charged after the stock was reserved gets its money back. */
export const exampleRollback: RollbackAnswer = {
  success: true,
  status: 'completed',
  rolledBackTo: 'reserve',
  affectedNodes: ['charge'],
  message: 'Successfully rolled back to node: reserve',
  warnings: [],
  plan: {
    hash: 'k2hlbvhG0b1ZfPL0h9rV4xwkpiTWq3v0mG3d8H2c1nE',
    seq: 9,
    targetNodeId: 'reserve',
    steps: [
      {
        order: 1,
        nodeId: 'charge',
        nodeName: 'Charge card',
        nodeType: 'external-api',
        run: 1,
        effect: 'external',
        action: 'compensate',
        description: 'DELETE https://pay.example/charges/{{ outputs.body.id }}',
        completedAt: 1_704_355_200_480,
        warnings: [],
      },
    ],
    warnings: [],
  },
};
