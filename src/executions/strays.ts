import type { Log } from '../config/logger.js';
import type { ClaimRepository } from '../repositories/claim.repository.js';

/** What it asks of whoever has the executions in memory. */
export interface StraysHost {
  /** Those that are in memory, or on their way there. */
  inHand(): Iterable<string>;
  /** Brings one into memory and drives it on. */
  takeUp(executionId: string): Promise<void>;
}

/**
 * Executions that bear this instance's name and are not in its memory: the answer to their claim was lost, or they could
 * not be read. Nobody else may take them as long as this instance lives.
 */
export class Strays {
  private looking = false;

  constructor(
    private readonly claims: Pick<ClaimRepository, 'held'>,
    private readonly log: Pick<Log, 'warn'>,
    private readonly host: StraysHost,
  ) {}

  /** Looks once, unless it is looking already, and takes them up one after the other. Never throws. */
  async takeUp(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      // One that leaves memory while the database is asked still bears the name in the answer.
      const before = new Set(this.host.inHand());
      const held = await this.claims.held();
      const now = new Set(this.host.inHand());
      for (const id of held) if (!before.has(id) && !now.has(id)) await this.takeOne(id);
    } catch (error) {
      this.log.warn({ err: error }, 'could not look for executions that bear the name of this instance; trying again');
    } finally {
      this.looking = false;
    }
  }

  /** One that cannot be read must not stop the others. */
  private async takeOne(executionId: string): Promise<void> {
    try {
      await this.host.takeUp(executionId);
    } catch (error) {
      this.log.warn(
        { executionId, err: error },
        'could not take up what bears the name of this instance; trying again',
      );
    }
  }
}
