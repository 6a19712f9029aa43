import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { Log } from '../config/logger.js';
import { GroupCommit } from '../engine/journal/group-commit.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { JournalRepository } from '../repositories/journal.repository.js';
import { Clock } from './clock.js';

/** Room in the queue that is taken until it is given back; once. */
export type Place = () => void;

/** The journal's queue of this instance; a new one begins when the instance goes on under a new id. */
@Injectable()
export class JournalQueue {
  private queue: GroupCommit | undefined;
  private onLeaseLost: () => void = () => undefined;
  /** Who waits for room looks again when the queue has some, or when a new one has begun. */
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly config: Config,
    private readonly identity: InstanceIdentity,
    private readonly repository: JournalRepository,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  get current(): GroupCommit {
    this.queue ??= this.make();
    return this.queue;
  }

  /** Who is told that a batch found the lease gone. */
  begin(onLeaseLost: () => void): void {
    this.onLeaseLost = onLeaseLost;
  }

  /** Drops what is queued and takes nothing in until it is renewed. */
  stop(): void {
    this.current.stop();
  }

  /** Goes on under the instance's present id. */
  renew(): void {
    this.queue = undefined;
    for (const look of this.waiting) look();
  }

  /**
   * A place in the queue for so many characters, taken as soon as there is room; undefined after `ms` of waiting in vain.
   * Of many who wait, no more go on than there is room for.
   */
  placeWithin(ms: number, characters: number): Place | Promise<Place | undefined> {
    if (!this.current.isFull) return takePlace(this.current, characters);
    return new Promise((resolve) => {
      const end = (place?: Place) => {
        this.waiting.delete(look);
        giveUp();
        resolve(place);
      };
      const look = () => {
        if (this.current.isFull) this.current.whenRoom(look);
        else if (this.waiting.has(look)) end(takePlace(this.current, characters));
      };
      const giveUp = this.clock.setTimer(ms, end);
      this.waiting.add(look);
      look();
    });
  }

  private make(): GroupCommit {
    const { journalLanes: lanes, queueLimit } = this.config;
    return new GroupCommit({ instanceId: this.identity.id, lanes, queueLimit }, this.repository, this.clock, {
      leaseLost: () => this.onLeaseLost(),
      troubled: (message) => this.log.warn({ reason: message }, 'a batch could not be confirmed; sending it again'),
    });
  }
}

function takePlace(queue: GroupCommit, characters: number): Place {
  queue.added(characters);
  return () => queue.removed(characters);
}
