import { NodeError, type NodeErrorData } from '../errors.js';
import type { JsonObject } from '../json.js';
import type { NodeCatalog, ProbeResult } from '../ports.js';
import { callAt } from '../scheduling/call-at.js';
import { AttemptContext, type AttemptInput, type ContextPorts } from './attempt-context.js';
import { describeError } from './describe-error.js';
import { NodeWork } from './node-work.js';
import { plainOutput } from './plain-output.js';
import { resolveConfig } from './resolve-config.js';
import { attemptLimit, type AttemptOutcome } from './run-node.js';

/** How long a probe may take where neither node nor type has a limit for an attempt. */
const PROBE_LIMIT_MS = 30_000;

/** What a probe came to: the attempt's own outcome, that it did not happen, or that nobody can tell, and why. */
export type ProbeOutcome =
  | Exclude<AttemptOutcome, { kind: 'waiting' }>
  | { kind: 'did-not-happen' }
  | { kind: 'unknown'; why?: NodeErrorData };

/** What a probe needs from outside. */
export interface ProbePorts extends Omit<ContextPorts, 'checkpoint'> {
  catalog: NodeCatalog;
  /** Resolves once it is committed that the attempt was cut off. */
  committed(): Promise<void>;
}

/**
 * Asks a node's type what came of the attempt that was cut off, with that attempt's key and config. It changes nothing
 * outside, so it may be asked any number of times. It settles exactly once.
 */
export class Probe extends NodeWork<ProbeOutcome> {
  /** @param input of the attempt that was cut off */
  constructor(
    input: AttemptInput,
    private readonly ports: ProbePorts,
    onOutcome: (outcome: ProbeOutcome) => void,
  ) {
    super(input, onOutcome);
  }

  start(): void {
    this.ask().then(
      (result) => this.settle(this.read(result)),
      (error: unknown) => this.settle({ kind: 'unknown', why: describeError(error).error }),
    );
  }

  /** The attempt has failed with this, and nobody knows what came of it. */
  giveUp(reason: NodeError): void {
    this.abort(reason);
    this.settle({ kind: 'failed', error: { code: reason.code, message: reason.message }, known: false });
  }

  private async ask(): Promise<ProbeResult> {
    await this.ports.committed();
    const config = await resolveConfig(this.input, this.ports.catalog);
    if (this.settled) return { happened: 'unknown' };
    if (this.abortReason) throw this.abortReason;
    const { type } = this.input.node;
    if (!type.probe) throw new NodeError('NO_PROBE', `The node type "${type.type}" has no probe`);
    this.context = new AttemptContext(this.input, config, { ...this.ports, checkpoint: refuseCheckpoint });
    this.limit(config);
    return type.probe(this.context);
  }

  private limit(config: JsonObject): void {
    const { scheduler } = this.ports;
    const limitMs = attemptLimit(this.input.node, config) ?? PROBE_LIMIT_MS;
    this.stopTimer = callAt(scheduler, scheduler.now() + limitMs, () => {
      const late = new NodeError('TIMEOUT', `The probe took longer than ${limitMs} ms`);
      this.abort(late);
      this.settle({ kind: 'unknown', why: { code: late.code, message: late.message } });
    });
  }

  /** Own types may give anything at all. */
  private read(result: ProbeResult | undefined): ProbeOutcome {
    if (result?.happened === false) return { kind: 'did-not-happen' };
    if (result?.happened !== true) return { kind: 'unknown' };
    try {
      return { kind: 'completed', ...plainOutput(result), network: this.context?.networkUse };
    } catch (error) {
      return { kind: 'unknown', why: describeError(error).error };
    }
  }
}

function refuseCheckpoint(): Promise<never> {
  return Promise.reject(
    new NodeError('NO_CHECKPOINT', 'A probe looks at an attempt that has ended: it keeps no checkpoint'),
  );
}
