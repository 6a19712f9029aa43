/** Whether the database answers; provided by whoever puts the server together. */
export abstract class DatabaseProbe {
  abstract isReachable(): Promise<boolean>;
}
