import type { RollbackScope } from '../../recovery/planned-rollback.js';
import type { SettledStatus } from '../../journal/events.js';
import type { ModelNode, RecoveryModel } from './recovery-model.js';

/** What becomes of a command: a code when it is refused. */
export type CommandEnd = 'done' | 'unchanged' | 'INVALID_TRANSITION' | 'CONFLICT' | 'NOT_FOUND' | 'ROLLBACK_UNSAFE';

interface ModelRollback {
  target: string | null;
  scope: RollbackScope;
  affected: ModelNode[];
  /** In the order of undoing, those that have a step and are not undone. */
  toDo: ModelNode[];
  then: 'paused' | 'cancelled';
}

/** What the spec says that the commands of the matrix do. */
export class CommandModel {
  /** Nodes that the service refuses to undo. */
  readonly keeps = new Set<string>();
  /** Handlers called since this was last emptied, and the events of undoing. */
  handlers: string[] = [];
  undoing: string[] = [];
  /** A rollback that stopped half-way. */
  stopped: ModelRollback | undefined;
  /** Done, and nothing has happened since. */
  private justDone: { target: string | null; scope: RollbackScope } | undefined;

  constructor(readonly model: RecoveryModel) {}

  resume(): CommandEnd {
    const refusal = this.refusesResume();
    if (refusal) return refusal;
    for (const node of this.failed()) this.model.reset(node, node.isInDoubt);
    return this.goOn();
  }

  resumeFrom(id: string): CommandEnd {
    const refusal = this.refusesResume();
    if (refusal) return refusal;
    if (!this.model.nodes.has(id)) return 'NOT_FOUND';
    const failed = this.failed();
    const isOpen = (node: ModelNode) => ['pending', 'running'].includes(node.status) || failed.includes(node);
    if (this.model.before(id).some(isOpen)) return 'CONFLICT';
    const again = new Set([...failed, this.model.node(id), ...this.model.after(id)]);
    for (const node of this.nodes) if (this.model.isBetweenAttempts(node)) again.add(node);
    for (const node of again) if (node.status !== 'pending') this.model.reset(node);
    return this.goOn();
  }

  rollback(target: string | null, scope: RollbackScope, force: boolean): CommandEnd {
    const isSame = (other?: { target: string | null; scope: RollbackScope }) =>
      other?.target === target && other.scope === scope;
    if (this.stopped) return isSame(this.stopped) ? this.undo(this.stopped) : 'CONFLICT';
    if (isSame(this.justDone)) return 'unchanged';
    if (this.model.status === 'running') return 'INVALID_TRANSITION';
    if (target !== null && !this.model.nodes.has(target)) return 'NOT_FOUND';
    if (target !== null && this.model.node(target).status !== 'completed') return 'CONFLICT';
    const affected = this.affected(target, scope);
    if (!force && affected.some(({ isInDoubt }) => isInDoubt)) return 'ROLLBACK_UNSAFE';
    return this.undo({ target, scope, affected, toDo: this.stepsOf(affected), then: 'paused' });
  }

  cancel(rollback: boolean): CommandEnd {
    const { stopped, model } = this;
    if (stopped && rollback) return stopped.then === 'cancelled' ? this.undo(stopped) : 'CONFLICT';
    if (model.status === 'cancelled' && !stopped) return 'unchanged';
    if (!stopped && (model.status === 'completed' || model.status === 'failed')) return 'INVALID_TRANSITION';
    this.stopped = undefined;
    this.justDone = undefined;
    model.status = 'cancelled';
    model.abort();
    if (!rollback) {
      model.endOpen();
      return 'done';
    }
    const affected = this.affected(null, 'after');
    this.undo({ target: null, scope: 'after', affected, toDo: this.stepsOf(affected), then: 'cancelled' });
    this.justDone = undefined;
    return 'done';
  }

  settle(id: string, as: SettledStatus): CommandEnd {
    const { stopped, model } = this;
    const node = model.node(id);
    if (stopped) {
      if (stopped.toDo[0] !== node || as !== 'completed') return 'CONFLICT';
      node.effects.delete(node.run);
      stopped.toDo.shift();
      return 'done';
    }
    if (model.status !== 'paused' && model.status !== 'failed') return 'INVALID_TRANSITION';
    if (model.after(id).some(({ status }) => status !== 'pending')) return 'CONFLICT';
    if (as === 'completed') model.complete(node, ['settled'], false);
    else if (as === 'skipped') model.skip(node);
    else model.reset(node, false);
    this.justDone = undefined;
    return 'done';
  }

  private get nodes(): ModelNode[] {
    return [...this.model.nodes.values()];
  }

  private refusesResume(): CommandEnd | undefined {
    if (this.stopped) return 'CONFLICT';
    return this.model.status === 'paused' || this.model.status === 'failed' ? undefined : 'INVALID_TRANSITION';
  }

  private failed(): ModelNode[] {
    return this.nodes.filter((node) => node.status === 'failed' && !this.model.isHandled(node));
  }

  private goOn(): CommandEnd {
    this.justDone = undefined;
    this.model.run();
    return 'done';
  }

  /** What has come after the target, by the journal. */
  private affected(target: string | null, scope: RollbackScope): ModelNode[] {
    const since = target === null ? 0 : (this.model.node(target).touched ?? 0);
    const among = target !== null && scope === 'dependants' ? this.model.after(target) : this.nodes;
    return among.filter(({ touched }) => touched !== undefined && touched > since);
  }

  /** Each after all that depends on it, the newest first. */
  private stepsOf(affected: readonly ModelNode[]): ModelNode[] {
    const left = new Set(affected);
    const order: ModelNode[] = [];
    while (left.size > 0) {
      const free = [...left].filter(({ id }) => !this.model.after(id).some((node) => left.has(node)));
      const [newest] = free.sort((one, other) => (other.touched ?? 0) - (one.touched ?? 0));
      if (!newest) throw new Error('Nodes depend on each other in a circle');
      left.delete(newest);
      order.push(newest);
    }
    return order.filter(({ status, isInDoubt }) => status === 'completed' || status === 'failed' || isInDoubt);
  }

  private undo(rollback: ModelRollback): CommandEnd {
    const { toDo, affected, then, target, scope } = rollback;
    const { model } = this;
    const undone = new Set(affected.filter((node) => !toDo.includes(node)));
    this.stopped = undefined;
    model.status = then;
    for (let node = toDo[0]; node; node = toDo[0]) {
      if (!this.undoNode(node)) {
        this.stopped = rollback;
        break;
      }
      undone.add(node);
      toDo.shift();
    }
    const stands = (node: ModelNode) => !undone.has(node) && affected.includes(node);
    for (const node of undone) {
      if (node.status !== 'pending' && !model.after(node.id).some(stands)) model.reset(node);
    }
    this.justDone = this.stopped ? undefined : { target, scope };
    return 'done';
  }

  /** False when its handler fails for good, after as many attempts as the node itself has. */
  private undoNode(node: ModelNode): boolean {
    const { id } = node;
    if (!this.model.isActing(node) || (node.status !== 'completed' && !node.isInDoubt)) {
      this.undoing.push(`node:rolled-back ${id} nothing-to-do`);
      return true;
    }
    const isKept = this.keeps.has(id);
    const attempts = isKept ? 1 + this.model.maxRetries(node) : 1;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      this.handlers.push(id);
      this.undoing.push(
        `node:rolling-back ${id}`,
        isKept ? `node:rollback-failed ${id}` : `node:rolled-back ${id} undone`,
      );
    }
    if (!isKept) node.effects.delete(node.run);
    return !isKept;
  }
}
