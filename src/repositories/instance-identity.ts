import { randomBytes } from 'node:crypto';

/** Under which id this process writes. One that has lost its lease goes on under a new id. */
export class InstanceIdentity {
  private current = makeInstanceId();

  get id(): string {
    return this.current;
  }

  /** Gives the process a new id; connections of the journal that are made from now on bear it. */
  renew(): string {
    this.current = makeInstanceId();
    return this.current;
  }
}

function makeInstanceId(): string {
  return `inst_${randomBytes(9).toString('base64url')}`;
}
