/** Whether the database answers and takes writes; provided by whoever puts the server together. */
export abstract class DatabaseProbe {
  abstract isUsable(): Promise<boolean>;
}
